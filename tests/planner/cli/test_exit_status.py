"""What each command gives back, and which stream gets what."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_plan import FakeAudit, FakeCheck, FakePlan, full_plan

from planner.problems import InputError, NoPlanError, OtherFigure, Problem, Relaxation


def test_plan_gives_0_prints_the_report_and_writes_below_plans(api, run):
    api()
    result = run("plan", "demand.csv")
    assert result.exit_code == 0
    assert "Total cost 1,000,000 USD" in result.stdout
    assert Path("plans/lab-2027/plan.json").is_file()
    assert result.stderr.strip() == "plan written to plans/lab-2027"


def test_options_reach_the_planner(api, run):
    calls = api()
    changes = ["--set", "a=1", "--set", "b=*2", "--variant", "cheap"]
    options = ["--gap", "0.01", "--relax", "--time-limit", "30", "--hourly", "-o", "out"]
    run("plan", "d.csv", "-a", "a.yaml", *changes, *options)
    (arguments, named) = calls[0]
    assert arguments == ("d.csv", "a.yaml")
    assert callable(named.pop("watch"))
    assert callable(named.pop("interrupted"))
    assert callable(named.pop("recall"))
    assert callable(named.pop("unchanged"))
    assert named.pop("start") is None
    changed = {"changes": ("a=1", "b=*2"), "variants": ("cheap",)}
    assert named == {"gap": 0.01, "relax": True, "solver": "HiGHS", "time_limit": 30.0, "why": None, **changed}
    assert Path("out/dispatch.parquet").exists()


def test_defaults_of_the_options(api, run):
    calls = api()
    run("plan", "d.csv")
    ((arguments, named),) = calls
    assert arguments == ("d.csv", None)
    chosen = {name: named[name] for name in ("gap", "relax", "solver", "time_limit")}
    assert chosen == {"gap": 1e-4, "relax": False, "solver": "HiGHS", "time_limit": None}
    assert not Path("plans/lab-2027/dispatch.parquet").exists()


def test_json_is_alone_on_stdout(api, run):
    api(full_plan(workload="chat é"))
    result = run("plan", "d.csv", "--json")
    assert json.loads(result.stdout) == full_plan().to_dict()
    assert "plan written to" in result.stderr


def test_json_of_nonsense_numbers_is_refused(api, run):
    api(replace(full_plan(), total_cost=float("nan")))
    assert isinstance(run("plan", "d.csv", "--json").exception, ValueError)


def test_input_errors_are_bullets_on_stderr_and_2(api, run):
    hostile = Problem("a.yaml", "servers.x.\x1b[31mprice", "x\ny", "a price")
    api(InputError([Problem("d.csv", "row 3", "-1", "0 or more"), hostile]))
    result = run("plan", "d.csv")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "2 problems in the inputs:",
        "  - d.csv: row 3: found -1; expected 0 or more",
        "  - a.yaml: servers.x.[31mprice: found x y; expected a price",
    ]
    assert not Path("plans").exists()


def test_no_plan_is_1_with_reasons_and_nothing_written(api, run):
    api(NoPlanError("infeasible", ["chat-70b: 12 GPU-hours short in 2027-03", "power limit of lab binds"]))
    result = run("plan", "d.csv", "-o", "out")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "no plan (infeasible):" in result.stderr
    assert "  - power limit of lab binds" in result.stderr
    assert not Path("out").exists()


def test_what_would_make_a_plan_is_said_and_part_of_the_json(api, run):
    power = OtherFigure("sites.lab.power_limit_kw", 180.0, 212.0, "kW", "2028-02")
    quota = OtherFigure("limits.quotas.1.max_gpus", 1000.0, 1040.0, "GPUs")
    price = OtherFigure("workloads.chat.unserved_penalty", None, None, note="at least 3 GPU-hours are left undone")
    ways = [Relaxation((power,)), Relaxation((quota, price))]
    api(NoPlanError("infeasible", ["chat falls short"], ways))
    assert run("plan", "d.csv").stderr.splitlines() == [
        "no plan (infeasible):",
        "  - chat falls short",
        "what would make one, each by itself:",
        "  - sites.lab.power_limit_kw: 212 kW instead of 180, from 2028-02",
        "  - limits.quotas.1.max_gpus: 1,040 GPUs instead of 1,000, and workloads.chat.unserved_penalty: a price "
        "instead of nothing (at least 3 GPU-hours are left undone)",
    ]
    told = json.loads(run("plan", "d.csv", "--json").stdout)
    assert told["status"] == "infeasible"
    assert [[figure["set"] for figure in way] for way in told["relaxations"]] == [
        ["sites.lab.power_limit_kw=212"],
        ["limits.quotas.1.max_gpus=1040", None],
    ]
    keys = {"key", "now", "needed", "unit", "since", "note", "set"}
    assert all(figure.keys() == keys for way in told["relaxations"] for figure in way)


def test_a_plan_that_fails_its_audit_is_never_shown(api, run):
    audit = FakeAudit(False, (FakeCheck("total-cost"), FakeCheck("demand-served", False, "3 GPU-hours hidden")))
    api(replace(full_plan(), audit=audit))
    result = run("plan", "d.csv", "--json")
    assert result.exit_code == 1
    said = {"status": "error", "reasons": ["audit: demand-served: 3 GPU-hours hidden"], "relaxations": []}
    assert json.loads(result.stdout) == said
    assert "audit: demand-served: 3 GPU-hours hidden" in result.stderr
    assert "total-cost" not in result.stderr
    assert not Path("plans").exists()


@pytest.mark.parametrize(
    ("status", "gap", "code"),
    [
        ("optimal", 0.0, 0),
        ("within_gap", 1e-4, 0),
        ("time_limit", 0.03, 0),
        ("time_limit", float("inf"), 1),
        ("time_limit", float("nan"), 1),
        ("infeasible", 0.0, 1),
        ("unbounded", 0.0, 1),
        ("error", 0.0, 1),
    ],
)
def test_status_of_the_plan_decides(api, run, status, gap, code):
    api(replace(full_plan(), status=status, gap=gap))
    result = run("plan", "d.csv")
    assert result.exit_code == code
    assert ("Total cost" in result.stdout) is (code == 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["plan"],
        ["plan", "d.csv", "e.csv"],
        ["plan", "d.csv", "--gap", "-1"],
        ["plan", "d.csv", "--gap", "1"],
        ["plan", "d.csv", "--gap", "nan"],
        ["plan", "d.csv", "--gap", "small"],
        ["plan", "d.csv", "--time-limit", "0"],
        ["plan", "d.csv", "--time-limit", "inf"],
        ["plan", "d.csv", "--time-limit", "nan"],
        ["plan", "d.csv", "--frobnicate"],
        ["plan", "d.csv", "--solver", "HIGS"],
        ["check"],
        ["catalogue", "a", "b"],
    ],
)
def test_wrong_calls_are_2_and_solve_nothing(api, run, arguments):
    calls = api()
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert calls == []


@pytest.mark.parametrize(("text", "gap"), [("1%", 0.01), ("0.01 %", 1e-4), ("1e-6", 1e-6), ("0", 0.0)])
def test_a_gap_may_be_a_percentage(api, run, text, gap):
    calls = api()
    assert run("plan", "d.csv", "--gap", text).exit_code == 0
    assert calls[0][1]["gap"] == gap


@pytest.mark.parametrize("text", ["small", "100%", "-1%", "nan%", "%", "1,5%"])
def test_a_gap_that_is_none_says_what_would_be(api, run, text):
    api()
    assert "such as 0.12, or 12%" in run("plan", "d.csv", "--gap", text).stderr


@pytest.mark.parametrize("name", ["HiGH", "GUROBI"])
def test_unknown_or_missing_solver_names_what_there_is(api, run, name):
    api()
    stderr = run("plan", "d.csv", "--solver", name).stderr
    assert f"--solver: found {name}; expected a solver that is installed" in stderr
    assert "HiGHS" in stderr


def test_another_solver_is_passed_on(api, run, monkeypatch):
    monkeypatch.setattr("hybrid_lp.solve.require_solver", lambda _: None)
    calls = api()
    assert run("plan", "d.csv", "--solver", "COIN_CMD").exit_code == 0
    assert calls[0][1]["solver"] == "COIN_CMD"


def test_no_command_shows_the_help(run):
    result = run()
    assert result.exit_code == 2
    assert "catalogue" in result.stdout + result.stderr


def test_version(run):
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("planner 0.")


def test_ctrl_c_is_130_without_a_traceback(api, run):
    api(KeyboardInterrupt())
    result = run("plan", "d.csv")
    assert result.exit_code == 130
    assert result.stderr.strip() == "interrupted"


def test_bugs_may_trace_back(api, run):
    api(ZeroDivisionError("ours"))
    assert isinstance(run("plan", "d.csv").exception, ZeroDivisionError)


class TestFolder:
    def test_one_that_is_not_empty_is_refused_before_solving(self, api, run):
        calls = api()
        Path("out").mkdir()
        Path("out/notes.txt").write_text("mine")
        result = run("plan", "d.csv", "-o", "out")
        assert result.exit_code == 2
        assert "out: found a folder that is not empty" in result.stderr
        assert "--force" in result.stderr
        assert calls == []
        assert [path.name for path in Path("out").iterdir()] == ["notes.txt"]

    def test_force_overwrites(self, api, run):
        api()
        Path("out").mkdir()
        Path("out/plan.json").write_text("old")
        assert run("plan", "d.csv", "-o", "out", "--force").exit_code == 0
        assert json.loads(Path("out/plan.json").read_text())["run"] == "lab-2027"

    def test_an_empty_one_is_used(self, api, run):
        api()
        Path("out").mkdir()
        assert run("plan", "d.csv", "-o", "out").exit_code == 0

    def test_a_file_is_no_folder_even_with_force(self, api, run):
        calls = api()
        Path("out").write_text("a file")
        for target in ("out", "out/below"):
            assert run("plan", "d.csv", "-o", target, "--force").exit_code == 2
        assert calls == []
        assert Path("out").read_text() == "a file"

    def test_one_that_cannot_be_written_is_refused_before_solving(self, api, run, monkeypatch):
        calls = api()
        monkeypatch.setattr("os.access", lambda *_: False)
        result = run("plan", "d.csv", "-o", "out")
        assert result.exit_code == 2
        assert "cannot be written" in result.stderr
        assert calls == []

    def test_failing_to_write_is_2(self, api, run, monkeypatch):
        def full_disk(*_args, **_named):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(FakePlan, "save", full_disk)
        api()
        result = run("plan", "d.csv")
        assert result.exit_code == 2
        assert "No space left on device" in result.stderr

    def test_default_folder_never_replaces_an_earlier_run(self, api, run):
        api()
        run("plan", "d.csv")
        Path("plans/lab-2027/plan.json").write_text("first")
        assert run("plan", "d.csv").exit_code == 0
        assert Path("plans/lab-2027/plan.json").read_text() == "first"
        assert Path("plans/lab-2027-2/plan.json").is_file()

    def test_force_replaces_the_default_folder(self, api, run):
        api()
        run("plan", "d.csv")
        run("plan", "d.csv", "--force")
        assert [path.name for path in Path("plans").iterdir()] == ["lab-2027"]

    @pytest.mark.parametrize("name", ["../../escape", "/etc/passwd", "..", "a\x1b[31m/b", ""])
    def test_hostile_run_names_stay_below_plans(self, api, run, name):
        api(replace(full_plan(), run=name))
        assert run("plan", "d.csv").exit_code == 0
        (made,) = Path("plans").iterdir()
        assert (made / "plan.json").is_file()
        assert [path.name for path in Path().iterdir()] == ["plans"]

    def test_all_that_is_wrong_with_the_call_at_once(self, api, run):
        api()
        Path("out").write_text("a file")
        stderr = run("plan", "d.csv", "-o", "out", "--solver", "nope").stderr
        assert stderr.startswith("2 problems")
