"""`planner sweep`: a run again and again, over a grid of assumptions or random draws of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.keeping import StoreOption
from planner.cli.plan import Force, gap_share
from planner.cli.rerun import Run

if TYPE_CHECKING:
    from planner.problems import Problem

SWEEPS = Path("sweeps")
"""Below which sweeps are kept when no folder was named."""


def sweep(
    run: Run,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN=LOW:HIGH:STEPS",
            help="'cloud.*.on_demand=-50%:+50%:11'; several make a grid; the key `demand` scales demand.",
        ),
    ] = None,
    draw: Annotated[int, typer.Option(metavar="N", min=0, help="Random draws, from --distribution.")] = 0,
    distribution: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="How assumptions are spread (docs/sweeps.md).")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the draws.")] = 1,
    folder: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where rows are kept. [sweeps/NAME]")
    ] = None,
    force: Force = False,
    gap: Annotated[
        float | None, typer.Option(metavar="SHARE", parser=gap_share, help="The gap to prove. [as the run]")
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, max=256, help="Processes on this machine.")] = 2,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Solve on a Dask cluster: the scheduler's tcp://host:8786.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON.")] = False,
    store: StoreOption = None,
) -> None:
    """Many reruns: how cost and plan move, where the plan changes, what matters most, what is regretted least."""
    from dataclasses import replace
    from functools import partial

    from planner.cli.streams import explain, output, write_json
    from planner.problems import InputError
    from planner.runs.reference import load_run
    from planner.sweep import engines, rendering
    from planner.sweep.answers import answers
    from planner.sweep.axes import axes_and_problems
    from planner.sweep.distributions import Distributions, read_distributions
    from planner.sweep.files import write_all
    from planner.sweep.run import Question, key_problems
    from planner.sweep.run import sweep as swept

    axes, problems = axes_and_problems(vary or [])
    problems += _call_problems(vary, draw, distribution)
    distributions: Distributions | None = None
    try:
        distributions = None if distribution is None else read_distributions(distribution)
    except InputError as error:
        problems += error.problems
    try:
        base = load_run(run, store).repeatable()
    except InputError as error:
        raise InputError([*problems, *error.problems]) from error
    options = base.inputs["options"]
    question = Question(
        run=base,
        axes=axes,
        distributions=distributions,
        draws=draw,
        seed=seed,
        gap=options["gap"] if gap is None else gap,
        relax=options["relax"],
        solver=options["solver"],
    )
    if problems:
        raise InputError([*problems, *key_problems(question.job(), replace(question, draws=0).points())])
    target = folder if folder is not None else SWEEPS / question.name()
    engine = partial(engines.local, workers) if dask is None else partial(engines.dask, dask)
    with _progress(target) as watch:
        found = swept(question, target, engine, force=force, watch=watch)
    said = answers(found)
    write_all(found, said, target)
    explain(f"rows, answers and pictures written to {target}")
    with output():
        if json:
            write_json(rendering.as_json(said))
        else:
            typer.echo(rendering.as_text(said))


def _call_problems(vary: list[str] | None, draw: int, distribution: Path | None) -> list[Problem]:
    from planner.problems import Problem

    if draw and distribution is None:
        return [Problem("--distribution", "", "", "a file that says how assumptions are spread, with --draw")]
    if distribution is not None and not draw:
        return [Problem("--draw", "", "", "how many draws to make, with --distribution")]
    if not vary and not draw:
        return [Problem("sweep", "", "nothing to vary", "--vary, or --draw with --distribution")]
    return []


@contextlib.contextmanager
def _progress(target: Path) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time that is left, on a terminal; when interrupted, how to go on."""
    from planner.cli.streams import explain

    try:
        if not sys.stderr.isatty():
            yield lambda _done, _of: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("sweeping"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("", total=None)
            yield lambda done, of: progress.update(bar, completed=done, total=of)
    except KeyboardInterrupt:
        explain(f"what was solved is kept in {target}: the same command goes on from there")
        raise
