"""`planner alternatives`: what can be decided otherwise at little more cost."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.keeping import StoreOption
from planner.cli.rerun import Run

if TYPE_CHECKING:
    from planner.alternatives import Alternatives, DecisionRange


def _share(value: str | float) -> float:
    """`1%` and `0.01` as 0.01. Raises BadParameter where it is no share above 0."""
    text = str(value)
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise typer.BadParameter(f"{text!r} is no share such as 1%, or 0.01.")
    return share


def alternatives(
    run: Run,
    within: Annotated[
        float, typer.Option(metavar="SHARE", parser=_share, help="How much dearer plans may be: 1%, or 0.01.")
    ] = 0.01,
    json: Annotated[bool, typer.Option("--json", help="Print the ranges as JSON.")] = False,
    store: StoreOption = None,
) -> None:
    """How far each decision can go, down and up, in plans that cost little more than the run's."""
    from planner.alternatives import alternatives as ranges
    from planner.alternatives import as_json
    from planner.cli.streams import output, write_json
    from planner.runs.reference import load_run

    base = load_run(run, store).repeatable()
    with _progress() as watch:
        made = ranges(base, within, watch)
    with output():
        if json:
            write_json(as_json(made))
        else:
            _print(made)


def _print(made: Alternatives) -> None:
    from rich.table import Table

    from planner.terminal.console import make_console, print_sections
    from planner.terminal.text import clean, money, percent

    budget = made.total_cost + made.within * abs(made.total_cost)
    costs = f"{money(made.total_cost, made.currency)} for the plan, {money(budget, made.currency)} at most"
    heading = f"Plans at most {percent(made.within)} dearer: {costs}"
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("", "", "at least", "plan", "at most", ""):
        table.add_column(name, justify="left" if not name else "right", overflow="fold")
    for line in made.ranges:
        words = [_words(line, value) for value in (line.least_proven, line.plan, line.most_proven)]
        table.add_row(line.topic.value.replace("_", " "), clean(line.name), *words, _found(line))
    print_sections([heading, table], make_console())


def _found(line: DecisionRange) -> str:
    """What is proven is not always reached: then, how far a plan that was found goes."""
    same = math.isclose(line.least_proven, line.least_found, abs_tol=1e-6) and math.isclose(
        line.most_proven, line.most_found, abs_tol=1e-6
    )
    return "" if same else f"found: {_words(line, line.least_found)} to {_words(line, line.most_found)}"


def _words(line: DecisionRange, value: float) -> str:
    from planner.alternatives import Topic
    from planner.terminal.text import number, percent

    if not math.isfinite(value):
        return "not proven"
    return percent(value) if line.topic is Topic.CLOUD_SHARE else number(value)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """How many ranges are known, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console

    with Console(stderr=True).status("looking for alternatives …") as status:
        yield lambda done, of: status.update(f"looking for alternatives: {done} of {of} ranges …")
