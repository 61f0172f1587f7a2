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

from planner.cli.keeping import (
    Changes,
    Fresh,
    Keeper,
    NoStore,
    StoreOption,
    Variants,
    open_keeper,
)
from planner.cli.shares import share
from planner.cli.streams import explain, output, write_json
from planner.problems import NoPlanError

if TYPE_CHECKING:
    from hybrid_lp.certify import Round

    from planner.cli.engine import Request, SavedPlan
    from planner.terminal.view import PlanLike


def gap_share(value: str | float) -> float:
    """The gap that was asked for. Raises BadParameter where it is no share."""
    return float(share(str(value)))


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


Folder = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where the plan is written. [plans/RUN]")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is in that folder.")]
Hourly = Annotated[bool, typer.Option("--hourly", help="Solve, and write the hourly dispatch too (Parquet).")]
TimeLimit = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", callback=_time_limit, help="Stop then, with the gap reached so far."),
]
Why = Annotated[
    bool, typer.Option("--why", help="Find, by reruns, below which prices unused options enter. [small plans: always]")
]
Json = Annotated[
    bool, typer.Option("--json", help="Print plan.json's content instead of the report, or why there is no plan.")
]


def plan(
    forecast: Forecast,
    assumptions: Assumptions = None,
    changes: Changes = None,
    variants: Variants = None,
    folder: Folder = None,
    force: Force = False,
    gap: Annotated[
        float, typer.Option(metavar="SHARE", parser=gap_share, help="The gap to prove, a share of the cost.")
    ] = 1e-4,
    relax: Annotated[bool, typer.Option("--relax", help="Let servers and people be fractions.")] = False,
    hourly: Hourly = False,
    solver: Annotated[str, typer.Option(metavar="NAME", help="Any solver that PuLP finds.")] = "HiGHS",
    time_limit: TimeLimit = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write a page, a workbook and pictures beside the plan.")
    ] = False,
    why: Why = False,
    json: Json = False,
    fresh: Fresh = False,
    store: StoreOption = None,
    no_store: NoStore = False,
) -> None:
    """What to buy, commit to and rent, period by period, at least total cost."""
    from planner.cli.engine import Request, solver_problems
    from planner.cli.output import folder_problems
    from planner.problems import InputError

    problems = folder_problems(folder, force) + solver_problems(solver)
    if problems:
        raise InputError(problems)
    keeper = open_keeper(store, no_store=no_store, fresh=fresh or hourly)
    request = Request(
        forecast,
        assumptions,
        gap,
        relax,
        solver,
        time_limit,
        hourly,
        tuple(changes or ()),
        tuple(variants or ()),
        why or None,
    )
    with no_plan_shown(json=json):
        made = make_and_keep(request, keeper, folder, force=force, report=report)
    show_plan(made, json=json)


def make_and_keep(
    request: Request, keeper: Keeper, folder: Path | None, *, force: bool, report: bool = False
) -> SavedPlan:
    """Plan, or take the kept answer; write the plan, and its report, into its folder, and keep it."""
    from planner.cli.engine import make_plan, save_plan
    from planner.cli.output import run_folder

    with progress() as watch, stopping_at_the_first_interrupt() as interrupted:
        made = make_plan(request, watch, interrupted, keeper.recall, keeper.unchanged)
    target = folder if folder is not None else run_folder(made.run, force)
    save_plan(made, target, force=force, hourly=request.hourly)
    explain(f"plan written to {target}")
    keeper.keep(made)
    if report:
        from planner.cli.report import write_report
        from planner.report.source import plan_document

        write_report(plan_document(target), target)
    return made


@contextlib.contextmanager
def no_plan_shown(*, json: bool) -> Iterator[None]:
    """Where there is no plan, why, and what would make one, as JSON on stdout too. Raises the NoPlanError again."""
    try:
        yield
    except NoPlanError as error:
        if json:
            with output():
                write_json(error.to_dict())
        raise


def show_plan(made: SavedPlan, *, json: bool) -> None:
    """The report on stdout, or plan.json's content."""
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
def progress() -> Iterator[Callable[[Round], None]]:
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
def stopping_at_the_first_interrupt() -> Iterator[Callable[[], bool]]:
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
