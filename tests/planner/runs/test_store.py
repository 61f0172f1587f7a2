"""The store: what is kept is what comes back; the same inputs are answered at once; nothing half-done stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from planner.problems import InputError
from planner.runs import KeptRun, load_run
from planner.runs.location import locate
from planner.runs.store import Store


@pytest.fixture
def store(store_file):
    return Store(locate(None))


def test_a_kept_run_comes_back_whole(small, store, store_file):
    run = KeptRun.of(small)
    store.keep(run)
    back = load_run(run.id[:6])
    assert back.content == small.to_dict()
    assert dict(back.files) == dict(small.files)
    assert set(back.files) == {"forecast.csv", "week.csv"}
    assert back.plan.to_dict() == small.to_dict()
    assert back.plan.calendar == small.calendar
    assert back.plan.defaults == small.defaults
    assert back.input_problems() == []
    assert load_run(small.run[:8]).id == run.id
    assert load_run(run.id.upper(), store_file).id == run.id


def test_a_folder_is_a_run_too(small, tmp_path):
    folder = small.save(tmp_path / "out")
    for reference in (folder, str(folder), folder / "plan.json"):
        run = load_run(reference)
        assert run.content == small.to_dict()
        assert dict(run.files) == dict(small.files)
    assert run.id == KeptRun.of(small).id


def test_only_the_program_that_gave_a_proven_answer_gives_it_again(small, store, other_inputs):
    run = KeptRun.of(small)
    assert store.recall(run.id) is None
    store.keep(run)
    recalled = store.recall(run.id)
    assert recalled is not None
    assert recalled.content == run.content
    stranger = other_inputs(replace(run, code="another"), "code")
    unproven = other_inputs(replace(run, content={**run.content, "status": "time_limit"}), "time")
    store.keep_all([stranger, unproven])
    assert store.recall(stranger.id) is None
    assert store.recall(unproven.id) is None


def test_a_proven_answer_is_not_replaced_by_an_unproven_one(small, store):
    proven = KeptRun.of(small)
    stopped = replace(proven, content={**proven.content, "status": "time_limit", "gap": 0.5})
    store.keep(stopped)
    store.keep(proven)
    store.keep(stopped)
    assert store.read(proven.id).content["status"] == proven.content["status"]


def test_runs_share_their_inputs_and_deleting_forgets_what_nobody_has(small, store, store_file, other_inputs):
    first = KeptRun.of(small)
    second = other_inputs(first, "b")
    store.keep_all([first, second])

    def count(table):
        with closing(sqlite3.connect(store_file)) as connection:
            return connection.execute(f"select count(*) from {table}").fetchone()[0]

    assert (count("runs"), count("files"), count("run_files")) == (2, 2, 4)
    store.delete([first.id])
    assert (count("runs"), count("files"), count("run_files")) == (1, 2, 2)
    assert load_run(second.id).input_problems() == []
    store.delete([second.id])
    assert (count("runs"), count("files"), count("run_files")) == (0, 0, 0)


def test_all_of_them_or_none(small, store, other_inputs):
    run = KeptRun.of(small)
    broken = other_inputs(replace(run, content={**run.content, "total_cost": None}), "broken")
    with pytest.raises(InputError):
        store.keep_all([run, broken])
    assert store.entries() == []


def test_references_that_mean_no_run_or_several(small, store, other_inputs):
    run = KeptRun.of(small)
    store.keep_all([run, other_inputs(run, "a"), other_inputs(run, "b")])
    with pytest.raises(InputError, match=r"one run; 2 begin so: .*other-"):
        load_run("other-")
    with pytest.raises(InputError, match="did you mean 'other-a'"):
        load_run("othr-a")
    with pytest.raises(InputError, match="'%'"):
        load_run("%")
    assert load_run("other-a").name == "other-a"


def test_without_a_store_only_folders_are_runs():
    with pytest.raises(InputError, match=r"a folder with a plan\.json"):
        load_run("abcdef")


def test_a_damaged_folder_is_a_problem(small, tmp_path):
    folder = small.save(tmp_path / "out")
    text = (folder / "plan.json").read_text("utf-8")
    for damaged in (text[: len(text) // 2], "[]", "{}", text.replace('"purchases": [', '"purchases": [1, ', 1)):
        (folder / "plan.json").write_text(damaged, "utf-8")
        with pytest.raises(InputError):
            load_run(folder)


def test_a_changed_input_is_told(small, tmp_path):
    folder = small.save(tmp_path / "out")
    (folder / "inputs" / "forecast.csv").write_text("timestamp,workload,gpu_hours\n")
    (folder / "inputs" / "week.csv").unlink()
    problems = load_run(folder).input_problems()
    assert [(problem.place, problem.value) for problem in problems] == [
        ("inputs/forecast.csv", "a file that was changed"),
        ("inputs/week.csv", "no such file"),
    ]


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at" * 50, b"x"])
def test_a_file_that_is_no_store(tmp_path, content):
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match="a store of runs that can be used"):
        Store(locate(str(file)))
    assert file.read_bytes() == content


@pytest.mark.parametrize("url", ["nonsense://x", "postgresql+nodriver://u:secret@h/db"])
def test_a_url_that_cannot_be_opened_says_no_password(url):
    with pytest.raises(InputError) as caught:
        Store(locate(url))
    assert "secret" not in str(caught.value)


def test_where_runs_are_kept(tmp_path):
    assert locate("none", {}) is None
    assert locate(None, {"PLANNER_STORE": "None"}) is None
    default = locate(None, {})
    assert default is not None
    assert not default.is_chosen
    assert Path(default.shown).name == "runs.sqlite"
    chosen = locate("x.db", {"PLANNER_STORE": "y.db"})
    assert chosen is not None
    assert chosen.is_chosen
    assert chosen.shown == "x.db"


def test_a_damaged_run_is_not_given_out(small, store, store_file):
    store.keep(KeptRun.of(small))
    with closing(sqlite3.connect(store_file)) as connection, connection:
        connection.execute("update runs set sha256 = 'other'")
    with pytest.raises(InputError, match="a damaged run"):
        load_run(small.run)


def test_commits_are_on_disk_and_readers_do_not_wait(store):
    with store._engine.begin() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
        assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1


def test_the_module_is_only_loaded_where_the_store_is_used():
    import subprocess
    import sys

    script = "import sys, planner.cli.app, planner.runs, planner.cli.runs; print('sqlalchemy' in sys.modules)"
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "False"
