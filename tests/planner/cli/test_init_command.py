"""`planner init`, as a new user calls it: history → assumptions → plan."""

from __future__ import annotations

from pathlib import Path

import pytest

FORECAST = "timestamp,workload,gpu_hours\n2027-01-01,chat,744\n2027-02-01,chat,672\n2027-03-01,chat,744\n"


@pytest.fixture
def forecast() -> str:
    Path("demand.csv").write_text(FORECAST)
    return "demand.csv"


def test_to_standard_output_and_to_a_file(run, forecast):
    shown = run("init", forecast, "--size", "small")
    assert shown.exit_code == 0, shown.stderr
    assert "to be checked:\n  - demand.load_shape: " in shown.stderr
    assert not list(Path().glob("*.yaml"))
    result = run("init", forecast, "--size", "small", "-o", "a.yaml")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("assumptions written to a.yaml\n")
    assert Path("a.yaml").read_text(encoding="utf-8") == shown.stdout


def test_then_check_and_plan(run, forecast):
    assert run("init", forecast, "--size", "small", "-o", "a.yaml").exit_code == 0
    check = run("check", forecast, "-a", "a.yaml")
    assert check.exit_code == 0, check.stderr
    assert "no problems found: 1 workload" in check.stdout
    plan = run("plan", forecast, "-a", "a.yaml", "-o", "out", "--gap", "0.01")
    assert plan.exit_code == 0, plan.stderr
    assert Path("out/plan.json").is_file()


def test_nothing_is_overwritten_without_force(run, forecast):
    Path("a.yaml").write_text("mine")
    result = run("init", forecast, "-o", "a.yaml")
    assert result.exit_code == 2
    assert "a file that exists" in result.stderr
    assert Path("a.yaml").read_text() == "mine"
    assert run("init", forecast, "-o", "a.yaml", "--force").exit_code == 0
    assert Path("a.yaml").read_text().startswith("# Assumptions to begin with")


def test_wrong_input_is_2_and_writes_nothing(run, forecast):
    Path("bad.csv").write_text(FORECAST.replace("672", "x"))
    for arguments in (
        ["bad.csv", "-o", "a.yaml"],
        ["none.csv", "-o", "a.yaml"],
        [forecast, "-o", "."],
        [forecast, "-o", "no/such/folder/a.yaml"],
        [forecast, "--size", "huge", "-o", "a.yaml"],
    ):
        result = run("init", *arguments)
        assert result.exit_code == 2
        assert result.stderr
        assert not Path("a.yaml").exists()


def test_what_is_missing_is_said_on_one_line_each(run):
    Path("t.csv").write_text('timestamp,workload,input_tokens\n2027-01-01,"a\nb",1e9\n2027-02-01,"a\nb",1e9\n')
    result = run("init", "t.csv", "-o", "a.yaml")
    assert result.exit_code == 0
    assert "to be filled in:\n  - workloads.a b.throughput.H100.input_tokens_per_s: what one H100" in result.stderr
    check = run("check", "t.csv", "-a", "a.yaml")
    assert check.exit_code == 2
    assert "1 problem" in check.stderr


def test_a_forecast_from_standard_input(run, forecast):
    from typer.testing import CliRunner

    from planner.cli.app import app

    assert run("init", forecast, "-o", "a.yaml").exit_code == 0
    for command in (["init", "-", "-o", "b.yaml"], ["check", "-", "-a", "a.yaml"]):
        result = CliRunner().invoke(app, command, input=FORECAST)
        assert result.exit_code == 0, result.stderr
    assert Path("a.yaml").read_text().replace("Plan for demand.csv", '""') == Path("b.yaml").read_text()
