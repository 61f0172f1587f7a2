"""docs/first-plan.md: what it tells the reader to do gives what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planner.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "first-plan.md"


def blocks(kind: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [content for named, content in fences if named == kind]


def test_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (forecast,), (assumptions,) = blocks("csv"), blocks("yaml")
    Path("forecast.csv").write_text(forecast, encoding="utf-8")
    Path("assumptions.yaml").write_text(assumptions, encoding="utf-8")
    commands = [line for block in blocks("") for line in block.splitlines() if line.startswith("planner ")]
    assert [command.split()[1] for command in commands] == ["check", "plan", "rerun", "compare", "report"]
    printed = ""
    for command in commands:
        words = command.replace("'", "").split()[1:]
        made = CliRunner().invoke(app, words)
        assert made.exit_code == 0, (command, made.stderr)
        printed += made.stdout
    shown = [line for block in blocks("") for line in block.splitlines() if not line.startswith("planner ")]
    quoted = [line for line in shown if line and line != "…"]
    assert len(quoted) > 8
    assert [line for line in quoted if line not in printed.splitlines()] == []
    assert Path("reports/first/report.html").is_file()
