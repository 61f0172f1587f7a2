"""`planner breakeven`: when owning or committing pays, option against option."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.plan import Assumptions


class FlowsOption(StrEnum):
    """When discounted money that flows is counted (`planner.economics.Flows`, known without importing it)."""

    YEAR_END = "year-end"
    PERIOD_MIDDLE = "period-middle"


def _months(value: float | None) -> float | None:
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise typer.BadParameter(f"{value:g} is no number of months above 0.")
    return value


def _hours(value: float) -> float:
    if not 0 < value <= 744:  # also refuses nan
        raise typer.BadParameter(f"{value:g} is no number of hours above 0, at most 744.")
    return value


def _tokens(value: str | None) -> tuple[float, float] | None:
    """`1000:2000`, or any other amounts in that ratio."""
    if value is None:
        return None
    parts = value.split(":")
    try:
        amounts = [float(part) for part in parts]
    except ValueError:
        amounts = []
    if len(amounts) != 2 or not all(0 <= each < math.inf for each in amounts) or sum(amounts) == 0:
        raise typer.BadParameter(f"{value!r} is no IN:OUT such as 1000:200, input and output tokens of a request.")
    return amounts[0], amounts[1]


def breakeven(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Only options, GPUs and rivals with this in their name.")
    ] = "",
    assumptions: Assumptions = None,
    workload: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Compare across GPUs, by the speeds of this workload. [the same GPU only]"),
    ] = None,
    tokens: Annotated[
        str | None,
        typer.Option(metavar="IN:OUT", help="Tokens of a request, to compare APIs too; only their ratio counts."),
    ] = None,
    forecast: Annotated[
        str | None,
        typer.Option(metavar="FORECAST", help="Compare by the workloads, and the tokens, of this forecast file."),
    ] = None,
    months: Annotated[
        float | None,
        typer.Option(metavar="MONTHS", callback=_months, help="Hold for so long at most. [the lifetime, or term]"),
    ] = None,
    hours_per_month: Annotated[
        float,
        typer.Option(metavar="HOURS", callback=_hours, help="Hours of full work in a month, for the months it takes."),
    ] = 730.0,
    flows: Annotated[
        FlowsOption,
        typer.Option(help="When discounted money counts: as textbooks do, or as a plan does."),
    ] = FlowsOption.YEAR_END,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    target: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.csv", help="Write the table as CSV too.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite that file.")] = False,
) -> None:
    """When owning or committing pays: hours, utilisation and months, every option held against every one rented."""
    share = _tokens(tokens)

    from planner.break_even import Terms
    from planner.break_even_answer import Question, answer, frame
    from planner.cli.file_output import file_problems, write_file
    from planner.cli.streams import explain, output, write_json
    from planner.csv_text import without_formulas
    from planner.economics import Flows
    from planner.problems import InputError, Problem
    from planner.terminal.break_even import break_even_json, break_even_sections
    from planner.terminal.console import make_console, print_sections

    problems = file_problems(target, force, [file for file in (assumptions, forecast) if file is not None])
    if target is not None and target.suffix.lower() not in ("", ".csv"):
        problems.append(Problem(str(target), "", f"the ending {target.suffix}", "a name that ends in .csv"))
    if problems:
        raise InputError(problems)
    counted = Flows.YEAR_END if flows is FlowsOption.YEAR_END else Flows.PERIOD_MIDDLE
    found = answer(assumptions, Question(name, workload, share, Terms(months, hours_per_month, counted)), forecast)
    if target is not None:
        write_file(target, without_formulas(frame(found)).to_csv(index=False, lineterminator="\n"))
        explain(f"table written to {target}")
    with output():
        if json:
            write_json(break_even_json(found))
        else:
            console = make_console()
            print_sections(break_even_sections(found, console.width), console)
