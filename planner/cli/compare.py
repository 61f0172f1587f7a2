"""`planner compare`: what differs between runs, and what it costs."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated

import typer

from planner.cli.keeping import StoreOption


class Form(StrEnum):
    """How the comparison is written."""

    TEXT = "text"
    MARKDOWN = "md"
    JSON = "json"


def _share(value: str | None) -> str | None:
    if value is not None and not math.isfinite(_as_share(value)):
        raise typer.BadParameter(f"{value!r} is no share such as 5%, or 0.05.")
    return value


def _as_share(text: str) -> float:
    """`5%` and `0.05` as 0.05; not a number where it is neither."""
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return math.nan


def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN RUN...",
            help="Plans' folders, or kept runs by the beginning of id or name. The first is the base.",
        ),
    ],
    form: Annotated[Form, typer.Option("--format", metavar="FORM", help="text, md or json.")] = Form.TEXT,
    fail_if_above: Annotated[
        str | None,
        typer.Option(
            "--fail-if-above",
            metavar="SHARE",
            callback=_share,
            help="Exit with status 3 where a run costs more than the first by more than that: 5%, or 0.05.",
        ),
    ] = None,
    store: StoreOption = None,
) -> None:
    """What differs between runs: in a sentence, then inputs, orders, commitments, rentals and costs line by line."""
    from planner.cli.streams import ExitStatus, explain, output, write_json
    from planner.problems import InputError, Problem
    from planner.runs import rendering
    from planner.runs.compare import compare as difference
    from planner.runs.reference import load_run

    problems: list[Problem] = []
    found = []
    if len(names) < 2:
        problems.append(Problem("RUN", "", f"'{names[0]}' alone", "two runs or more"))
    for name in names:
        try:
            found.append(load_run(name, store))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    comparisons = [difference(found[0], other) for other in found[1:]]
    with output():
        match form:
            case Form.JSON:
                write_json(rendering.as_json(comparisons))
            case Form.MARKDOWN:
                typer.echo(rendering.as_markdown(comparisons))
            case Form.TEXT:
                typer.echo(rendering.as_text(comparisons))
    if fail_if_above is None:
        return
    limit = _as_share(fail_if_above)
    above = [made for made in comparisons if made.difference > limit * abs(made.cost_before)]
    if above:
        costly = ", ".join(made.other.name for made in above)
        explain(f"above {fail_if_above}: {costly} against {found[0].name}")
        raise typer.Exit(ExitStatus.COST_ABOVE)
