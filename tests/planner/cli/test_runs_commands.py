"""`planner runs`, `show`, `rerun`, `compare`: as users call them, on a real plan."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from planner.problems import InputError

TEAM = Path(__file__).parents[3] / "inputs" / "research-team"
PLAN = ("plan", str(TEAM / "forecast.csv"), "-a", str(TEAM / "assumptions.yaml"))


@pytest.fixture
def kept(run, monkeypatch, tmp_path):
    """`run`, with a store in which two runs are kept, whose folders are `base` and `cheap`."""
    monkeypatch.setenv("PLANNER_STORE", str(tmp_path / "runs.sqlite"))
    assert run(*PLAN, "-o", "base").exit_code == 0
    made = run("rerun", "base", "--set", "cloud.*.on_demand=-60%", "-o", "cheap")
    assert made.exit_code == 0, made.stderr
    assert "against research-team" in made.stderr
    return run


def count(file: str = "runs.sqlite") -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("select count(*) from runs").fetchone()[0])


def content(folder: str) -> dict:
    return json.loads((Path(folder) / "plan.json").read_text("utf-8"))


def test_the_same_inputs_are_answered_at_once(kept, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("planner.optimise.optimise", lambda *_: pytest.fail("solved"))
        again = kept(*PLAN, "-o", "again")
        assert again.exit_code == 0, again.exception
        assert "kept answer of run research-team" in again.stderr
        changed = kept(*PLAN, "--set", "cloud.*.on_demand=-60%", "-o", "again-cheap")
        assert changed.exit_code == 0, changed.exception
    assert content("again") == content("base")
    assert content("again-cheap") == content("cheap")
    assert sorted(path.name for path in Path("again").iterdir()) == sorted(path.name for path in Path("base").iterdir())
    assert count() == 2


@pytest.mark.parametrize("option", [["--fresh"], ["--no-store"], ["--hourly"], ["--gap", "1e-3"], ["--relax"]])
def test_what_is_solved_anyway(kept, option):
    again = kept(*PLAN, *option, "-o", "again")
    assert again.exit_code == 0
    assert "kept answer" not in again.stderr


@pytest.mark.parametrize(
    ("command", "begins"),
    [
        (["rerun", "base"], True),
        (["rerun", "cheap"], True),
        (["rerun", "base", "--fresh"], False),
        ([*PLAN], True),
        ([*PLAN, "--fresh"], False),
        ([*PLAN, "--no-store"], False),
        ([*PLAN, "--gap", "1e-3"], False),
    ],
)
def test_a_changed_plan_begins_with_the_orders_of_the_kept_one(kept, monkeypatch, command, begins):
    started = []

    def plan_of_inputs(*_, start, **__):
        started.append(start is not None)
        raise InputError([])

    monkeypatch.setattr("planner.api.plan_of_inputs", plan_of_inputs)
    kept(*command, "--set", "cloud.*.on_demand=+1%")
    assert started == [begins]


def test_no_store_keeps_nothing(run, tmp_path):
    file = tmp_path / "x.sqlite"
    assert run(*PLAN, "-o", "a", "--store", str(file), "--no-store").exit_code == 0
    assert not file.exists()
    assert run(*PLAN, "-o", "b", "--store", str(file)).exit_code == 0
    assert count("x.sqlite") == 1


def test_a_store_that_cannot_be_used_is_told_before_solving(run, monkeypatch):
    monkeypatch.setattr("planner.optimise.optimise", lambda *_: pytest.fail("solved"))
    Path("notes.txt").write_text("mine")
    result = run(*PLAN, "--store", "notes.txt")
    assert result.exit_code == 2
    assert "notes.txt: found a file of another kind" in result.stderr
    assert Path("notes.txt").read_text() == "mine"


def test_the_default_store_is_no_reason_to_fail(run, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.delenv("PLANNER_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "file"))
    result = run(*PLAN, "-o", "out")
    assert result.exit_code == 0
    assert "runs are not kept" in result.stderr
    assert Path("out/plan.json").exists()


def test_a_plan_that_cannot_be_kept_is_not_lost(run, monkeypatch, tmp_path):
    from planner.problems import InputError, Problem
    from planner.runs.store import Store

    def full(*_):
        raise InputError([Problem("runs.sqlite", "", "database or disk is full", "a store of runs that can be used")])

    monkeypatch.setattr(Store, "keep", full)
    result = run(*PLAN, "-o", "out", "--store", "x.sqlite")
    assert result.exit_code == 0
    assert "the run was not kept" in result.stderr
    assert "disk is full" in result.stderr
    assert "Total cost" in result.stdout
    assert Path("out/plan.json").exists()


def test_runs_lists_what_is_kept(kept):
    result = kept("runs")
    assert result.exit_code == 0
    assert "research-team" in result.stdout
    assert "cloud.*.on_demand=-60%" in result.stdout
    entries = json.loads(kept("runs", "--json").stdout)["runs"]
    assert {entry["total_cost"] for entry in entries} == {content("base")["total_cost"], content("cheap")["total_cost"]}
    assert "no run is kept yet" in kept("runs", "--store", "other.sqlite").stderr


def test_show_is_the_report(kept):
    name = content("cheap")["run"]
    assert kept("show", name[-8:]).stdout == kept("show", "cheap").stdout
    assert "Total cost" in kept("show", name).stdout
    assert json.loads(kept("show", name, "--json").stdout) == content("cheap")


def test_the_report_of_a_kept_run_is_the_one_that_was_printed(run, monkeypatch):
    monkeypatch.setenv("PLANNER_STORE", "runs.sqlite")
    printed = run(*PLAN, "-o", "base").stdout
    assert run("show", "base").stdout == printed


def test_delete(kept):
    result = kept("runs", "delete", content("cheap")["run"], content("cheap")["run"])
    assert result.exit_code == 0
    assert count() == 1
    assert kept("show", content("cheap")["run"]).exit_code == 2
    assert kept("show", "cheap").exit_code == 0, "folders stay"
    nothing = kept("runs", "delete", content("base")["run"], "zzz", "yyy")
    assert nothing.exit_code == 2
    assert nothing.stderr.startswith("2 problems")
    assert count() == 1


def test_export_and_import(kept):
    assert kept("runs", "export", "-o", "all.zip").exit_code == 0
    assert kept("runs", "export", "-o", "all.zip").exit_code == 2, "nothing is overwritten"
    assert kept("runs", "export", content("base")["run"], "-o", "one.zip").exit_code == 0
    assert kept("runs", "import", "all.zip", "--store", "b.sqlite").exit_code == 0
    assert count("b.sqlite") == 2
    assert kept("runs", "--store", "b.sqlite").stdout == kept("runs").stdout
    assert kept("runs", "import", "one.zip", "cheap", "--store", "c.sqlite").exit_code == 0
    assert count("c.sqlite") == 2
    Path("bad.zip").write_text("no")
    broken = kept("runs", "import", "one.zip", "bad.zip", "none.zip", "--store", "d.sqlite")
    assert broken.exit_code == 2
    assert "bad.zip" in broken.stderr
    assert "none.zip" in broken.stderr
    assert not Path("d.sqlite").exists()


def test_compare(kept):
    result = kept("compare", "base", content("cheap")["run"])
    assert result.exit_code == 0
    assert result.stdout.startswith("Plan cost falls by ")
    assert "~ cloud.rented-gpu.on_demand" in result.stdout
    assert kept("compare", "base", "cheap", "--format", "md").stdout.startswith("**Plan cost falls by ")
    made = json.loads(kept("compare", "base", "cheap", "--format", "json").stdout)
    assert made["comparisons"][0]["difference"] < 0


def test_fail_if_above_has_a_status_of_its_own(kept):
    assert kept("compare", "base", "cheap", "--fail-if-above", "5%").exit_code == 0
    dearer = kept("compare", "cheap", "base", "--fail-if-above", "5%")
    assert dearer.exit_code == 3
    assert dearer.stdout.startswith("Plan cost rises by "), "the comparison is printed all the same"
    assert "above 5%" in dearer.stderr
    share = json.loads(kept("compare", "cheap", "base", "--format", "json").stdout)["comparisons"][0]["share"]
    assert kept("compare", "cheap", "base", "--fail-if-above", str(share + 1e-6)).exit_code == 0
    assert kept("compare", "cheap", "base", "--fail-if-above", str(share - 1e-6)).exit_code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "base"],
        ["compare", "base", "nowhere"],
        ["compare", "base", "cheap", "--format", "html"],
        ["compare", "base", "cheap", "--fail-if-above", "much"],
        ["compare", "base", "cheap", "--fail-if-above", "nan"],
        ["show", "nowhere"],
        ["rerun", "nowhere"],
        ["rerun", "base", "--set", "servers.*.prise=1"],
        ["rerun", "base", "--variant", "none"],
        ["rerun", "base", "--gap", "2"],
        ["rerun", "base", "-o", "cheap"],
        ["runs", "export", "-o", "base"],
        ["runs", "delete"],
        ["runs", "--store", "none"],
        ["check", PLAN[1], "-a", PLAN[3], "--set", "x=1"],
        [*PLAN, "--set", "nothing"],
    ],
)
def test_wrong_calls_are_2(kept, arguments):
    before = count()
    result = kept(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert count() == before


def test_rerun_takes_the_options_of_the_run_unless_told(kept):
    assert kept(*PLAN, "--gap", "0.01", "--relax", "-o", "wide").exit_code == 0
    assert kept("rerun", "wide", "--set", "servers.*.price=+1", "-o", "wide2").exit_code == 0
    assert content("wide2")["inputs"]["options"] == content("wide")["inputs"]["options"]
    assert kept("rerun", "wide", "--gap", "0.001", "--whole", "-o", "narrow").exit_code == 0
    options = content("narrow")["inputs"]["options"]
    assert (options["gap"], options["relax"]) == (0.001, False)


def test_check_sees_changes(run):
    assert run("check", PLAN[1], "-a", PLAN[3], "--set", "horizon.periods=12").stdout.count("12 periods") == 1
