"""`planner check`: warnings, the summary, and --strict."""

from __future__ import annotations

import pytest

from planner.cli.engine import Checked

WARNINGS = ("the load is flat", "egress of chat\x1b[2J is 0")


@pytest.fixture
def checked(monkeypatch):
    def install(warnings):
        found = Checked(warnings, 2, 26_304, 36, "2027-01", "2029-12", 12_345.0)
        monkeypatch.setattr("planner.cli.engine.check_inputs", lambda *_: found)

    return install


def test_no_problems(checked, run):
    checked(())
    result = run("check", "d.csv")
    assert result.exit_code == 0
    assert result.stdout == (
        "no problems found: 2 workloads, 26,304 hours, 36 periods (2027-01 … 2029-12), 12,345 reference GPU-hours\n"
    )


def test_warnings_are_printed_and_are_no_problem(checked, run):
    checked(WARNINGS)
    result = run("check", "d.csv")
    assert result.exit_code == 0
    assert result.stdout.startswith("2 warnings:\n  - the load is flat\n  - egress of chat[2J is 0\nno problems found")


def test_strict_makes_warnings_errors(checked, run):
    checked(WARNINGS)
    result = run("check", "d.csv", "--strict")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "  - the load is flat" in result.stderr


def test_strict_without_warnings_is_fine(checked, run):
    checked(())
    assert run("check", "d.csv", "--strict").exit_code == 0
