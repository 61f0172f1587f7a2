"""Stores of earlier versions open; those of later ones are refused and left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from planner.problems import InputError
from planner.runs import load_run, tables
from planner.runs.again import again
from planner.runs.location import locate
from planner.runs.store import Store

EXAMPLES = sorted(Path(__file__).parent.glob("schema_*.sql"))


def stored(example: Path, folder: Path) -> str:
    file = folder / "runs.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(example.read_text("utf-8"))
    return str(file)


def version(file: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("select version from store_schema").fetchone()[0])


def test_every_schema_so_far_has_an_example():
    assert [path.name for path in EXAMPLES] == [f"schema_{number}.sql" for number in range(1, tables.SCHEMA + 1)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_store_of_an_earlier_schema_opens(example, tmp_path):
    file = stored(example, tmp_path)
    (entry,) = Store(locate(file)).entries()
    assert version(file) == tables.SCHEMA
    run = load_run(entry.id, file)
    assert run.plan.total_cost == entry.total_cost > 0
    assert len(run.plan.commitments) > 0
    assert run.plan.audit.passed
    assert run.made_at == "2026-11-24T12:00:00Z"
    with again(run.repeatable()) as inputs:
        assert inputs.forecast.workloads == ("w",)


def test_a_step_to_the_next_schema_is_taken_once_and_keeps_everything(tmp_path, monkeypatch):
    file = stored(EXAMPLES[0], tmp_path)
    steps = []

    def step(connection: Connection) -> None:
        steps.append(1)
        connection.execute(text("alter table runs add column note text"))

    monkeypatch.setattr(tables, "SCHEMA", 2)
    monkeypatch.setattr(tables, "STEPS", {1: step})
    for _ in range(2):
        assert len(Store(locate(file)).entries()) == 1
    assert version(file) == 2
    assert steps == [1]


def test_a_step_that_fails_changes_nothing(tmp_path, monkeypatch):
    file = stored(EXAMPLES[0], tmp_path)

    def step(connection: Connection) -> None:
        connection.execute(text("drop table run_files"))
        connection.execute(text("nonsense"))

    monkeypatch.setattr(tables, "SCHEMA", 2)
    monkeypatch.setattr(tables, "STEPS", {1: step})
    with pytest.raises(InputError, match="syntax error"):
        Store(locate(file))
    monkeypatch.undo()
    assert version(file) == 1
    assert load_run(Store(locate(file)).entries()[0].id, file).input_problems() == []


def test_a_store_of_a_later_version_is_refused(tmp_path):
    file = stored(EXAMPLES[0], tmp_path)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update store_schema set version = 99")
    with pytest.raises(InputError, match="made by a later version"):
        Store(locate(file))
    assert version(file) == 99
