from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parent))

import fake_plan

from planner.terminal.console import make_console
from planner.terminal.report import print_report


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[Any, ...]]]:
    """`api(plan_or_exception)` replaces the planner's API for one test; gives the list of calls that it will get."""
    monkeypatch.setitem(sys.modules, "planner.api", sys.modules.get("planner.api"))
    return fake_plan.install


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`run("plan", "demand.csv")` in an empty folder."""
    from planner.cli.app import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`report(plan, width)`: what is printed for a plan where the output is a file of that width."""

    def printed(plan: Any, width: int | None = None) -> str:
        if width is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(width))
        stream = io.StringIO()
        print_report(plan, make_console(stream))
        return stream.getvalue()

    return printed
