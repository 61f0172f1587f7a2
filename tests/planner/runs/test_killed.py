"""Killed at any moment, nothing kept is lost and nothing half-kept remains; several processes write at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from planner.runs.location import locate
from planner.runs.store import Store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork, no SIGKILL")

SCRIPT = Path(__file__).with_name("storing.py")


def stored(folder: Path, *arguments: str) -> list[str]:
    made = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stderr
    return (folder / "reported.txt").read_text().split()


def everything_opens(folder: Path) -> set[str]:
    location = locate(str(folder / "runs.sqlite"))
    assert location is not None
    store = Store(location)
    ids = {entry.id for entry in store.entries()}
    for run_id in ids:
        run = store.read(run_id)
        assert run.id == run_id
        assert run.opened().files["mark.txt"] == run.content["inputs"]["changes"][0]
        assert run.input_problems() == []
    with closing(sqlite3.connect(folder / "runs.sqlite")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        unused = "select count(*) from files where sha256 not in (select sha256 from run_files)"
        assert connection.execute(unused).fetchone() == (0,)
        assert connection.execute("select count(*) from runs").fetchone() == (len(ids),)
        assert connection.execute("select count(distinct run_id), count(*) from run_files").fetchone() == (
            len(ids),
            3 * len(ids),
        )
    return ids


def test_200_kills_lose_nothing_and_leave_nothing_half_done(small, tmp_path):
    folder = small.save(tmp_path / "out")
    reported = stored(folder, "kill", str(folder), "200")
    kept = everything_opens(folder)
    assert len(set(reported)) == len(reported) > 50, "hardly anything was stored: the test shows nothing"
    assert set(reported) <= kept
    assert len(kept - set(reported)) <= 200, "more than were killed between keeping and reporting"


def test_four_writers_at_once_lose_nothing(small, tmp_path):
    folder = small.save(tmp_path / "out")
    reported = stored(folder, "write", str(folder), "4", "25")
    assert len(set(reported)) == 100
    assert everything_opens(folder) == set(reported)
