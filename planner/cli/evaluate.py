"""`planner evaluate`: a schedule of the user's own, priced beside the best one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.keeping import Changes, Variants
from planner.cli.plan import Assumptions, Force, TimeLimit, gap_share, progress, stopping_at_the_first_interrupt

if TYPE_CHECKING:
    from planner.evaluation.result import Evaluation


def evaluate(
    schedule: Annotated[
        list[str],
        typer.Argument(
            metavar="SCHEDULE...",
            help="Files with your orders, or a plan's folder. Columns as in a plan's purchases.csv (period, site, "
            "server, count), commitments.csv (period, offer, option, count), spend_commitments.csv (period, name, "
            "amount_per_hour) and sales.csv (period, site, server, count, acquired): in one file, or several.",
        ),
    ],
    forecast: Annotated[
        str | None,
        typer.Option(
            "--forecast",
            "-f",
            metavar="FILE",
            help="The demand. [that of the plan in whose folder the schedule lies, and its assumptions]",
        ),
    ] = None,
    assumptions: Assumptions = None,
    changes: Changes = None,
    variants: Variants = None,
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Write both plans and comparison.csv there. [nowhere]"),
    ] = None,
    force: Force = False,
    by_period: Annotated[bool, typer.Option("--by-period", help="Show the costs of every period too.")] = False,
    gap: Annotated[
        float, typer.Option(metavar="SHARE", parser=gap_share, help="The gap to prove for the best plan.")
    ] = 1e-4,
    relax: Annotated[bool, typer.Option("--relax", help="Let servers and people be fractions, in both plans.")] = False,
    solver: Annotated[str, typer.Option(metavar="NAME", help="Any solver that PuLP finds.")] = "HiGHS",
    time_limit: TimeLimit = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead.")] = False,
) -> None:
    """What a schedule of your own costs, beside the best one: what is not in it is not ordered.

    Status 1 when it leaves work undone that must be served, or does not keep a limit: it is priced all the same.
    """
    from planner.cli.engine import solver_problems
    from planner.cli.output import folder_problems
    from planner.cli.streams import ExitStatus, explain, output, write_json
    from planner.evaluation.run import evaluate as evaluated
    from planner.problems import InputError

    problems = (folder_problems(folder, force) if folder is not None else []) + solver_problems(solver)
    if problems:
        raise InputError(problems)
    with progress() as watch, stopping_at_the_first_interrupt() as interrupted:
        made = evaluated(
            list(schedule),
            forecast,
            assumptions,
            changes=tuple(changes or ()),
            variants=tuple(variants or ()),
            gap=gap,
            relax=relax,
            solver=solver,
            time_limit=time_limit,
            watch=watch,
            interrupted=interrupted,
        )
    if folder is not None:
        _save(made, folder, force)
        explain(f"evaluation written to {folder}")
    with output():
        if json:
            write_json(made.to_dict())
        else:
            _report(made, by_period=by_period)
    if not made.feasible:
        explain("the schedule does not keep every limit, or leaves work undone that must be served")
        raise typer.Exit(ExitStatus.NO_PLAN)


def _save(made: Evaluation, folder: Path, force: bool) -> None:
    from planner.problems import InputError, Problem

    try:
        made.save(folder, force)
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem(str(folder), "", reason, "a folder that can be written", "choose one with -o")
        raise InputError([problem]) from error


def _report(made: Evaluation, *, by_period: bool) -> None:
    from planner.terminal.console import make_console, print_sections
    from planner.terminal.evaluation import sections

    print_sections(sections(made, by_period=by_period), make_console())
