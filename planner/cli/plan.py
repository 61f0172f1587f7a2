"""`planner plan`: from a forecast to a purchase schedule."""

from __future__ import annotations

import contextlib
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.streams import explain, output, write_json

if TYPE_CHECKING:
    from hybrid_lp.certify import Round

    from planner.terminal.view import PlanLike


def _gap(value: float) -> float:
    if not 0 <= value < 1:  # also refuses nan
        raise typer.BadParameter(f"{value:g} is no share from 0 to below 1, such as 1e-4 for 0.01 %.")
    return value


def _time_limit(value: float | None) -> float | None:
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise typer.BadParameter(f"{value:g} is no number of seconds above 0.")
    return value


Forecast = Annotated[
    str,
    typer.Argument(
        metavar="FORECAST",
        help="Demand over time, by workload: CSV, Parquet or Excel (FILE.xlsx#Sheet); - is standard input.",
    ),
]
Assumptions = Annotated[
    str | None,
    typer.Option("--assumptions", "-a", metavar="FILE", help="Prices and everything else assumed, as YAML."),
]


def plan(
    forecast: Forecast,
    assumptions: Assumptions = None,
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Where the plan is written. [plans/RUN]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is in that folder.")] = False,
    gap: Annotated[
        float, typer.Option(metavar="SHARE", callback=_gap, help="The gap to prove, a share of the cost.")
    ] = 1e-4,
    relax: Annotated[bool, typer.Option("--relax", help="Let servers and people be fractions.")] = False,
    hourly: Annotated[bool, typer.Option("--hourly", help="Write the hourly dispatch too (Parquet).")] = False,
    solver: Annotated[str, typer.Option(metavar="NAME", help="Any solver that PuLP finds.")] = "HiGHS",
    time_limit: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", callback=_time_limit, help="Stop then, with the gap reached so far."),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write a page, a workbook and pictures beside the plan.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print plan.json's content instead of the report.")] = False,
) -> None:
    """What to buy, commit to and rent, period by period, at least total cost."""
    from planner.cli.engine import Request, make_plan, save_plan, solver_problems
    from planner.cli.output import folder_problems, run_folder
    from planner.problems import InputError

    problems = folder_problems(folder, force) + solver_problems(solver)
    if problems:
        raise InputError(problems)
    request = Request(forecast, assumptions, gap, relax, solver, time_limit, hourly)
    with _progress() as watch, _stopping_at_the_first_interrupt() as interrupted:
        made = make_plan(request, watch, interrupted)
    target = folder if folder is not None else run_folder(made.run, force)
    save_plan(made, target, force=force, hourly=hourly)
    explain(f"plan written to {target}")
    if report:
        from planner.cli.report import write_report
        from planner.report.source import plan_document

        write_report(plan_document(target), target)
    with output():
        if json:
            write_json(made.to_dict())
        else:
            _report(made)


def _report(made: PlanLike) -> None:
    from planner.terminal.console import make_console
    from planner.terminal.report import print_report

    print_report(made, make_console())


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[Round], None]]:
    """Show on a terminal how far the proof is, gap against time; on stderr, and nowhere else."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    from planner.terminal.text import progress_words

    started = time.monotonic()
    with Console(stderr=True).status("planning …") as status:
        yield lambda turn: status.update(progress_words(turn.cost, turn.bound, time.monotonic() - started))


@contextlib.contextmanager
def _stopping_at_the_first_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the search with the best plan so far; a second one ends everything, as usual."""
    asked = False

    def stop(number: int, frame: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)
        explain("stopping with the best plan so far; press Ctrl-C again to give up")

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
