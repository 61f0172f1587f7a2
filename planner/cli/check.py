"""`planner check`: everything wrong with the inputs, in one list, without planning."""

from __future__ import annotations

from typing import Annotated

import typer

from planner.cli.keeping import Changes, Variants
from planner.cli.plan import Assumptions, Forecast


def check(
    forecast: Forecast,
    assumptions: Assumptions = None,
    changes: Changes = None,
    variants: Variants = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
) -> None:
    """Everything wrong with the inputs, in one list."""
    from planner.cli.engine import check_inputs
    from planner.cli.streams import ExitStatus, explain, output
    from planner.terminal.text import clean, gpu_hours, plural

    found = check_inputs(forecast, assumptions, changes or (), variants or ())
    count = len(found.warnings)
    if strict and count:
        explain("\n".join([f"{plural(count, 'warning')} (an error because of --strict):", *_bullets(found.warnings)]))
        raise typer.Exit(ExitStatus.WRONG_INPUT)
    workloads, periods = plural(found.workloads, "workload"), plural(found.periods, "period")
    summary = (
        f"no problems found: {workloads}, {plural(found.hours, 'hour')}, {periods} ({clean(found.first)} … "
        f"{clean(found.last)}), {gpu_hours(found.gpu_hours)} reference GPU-hours"
    )
    noted = [f"{plural(count, 'warning')}:", *_bullets(found.warnings)] if count else []
    with output():
        typer.echo("\n".join([*noted, summary]))


def _bullets(texts: tuple[str, ...]) -> list[str]:
    from planner.terminal.text import clean

    return [f"  - {clean(text)}" for text in texts]
