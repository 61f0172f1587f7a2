"""`planner demand`: usage that users have → a forecast file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DemandKind(StrEnum):
    """The kinds of usage files, as the importers name them (which are not imported for --help)."""

    SLURM = "slurm"
    PROMETHEUS = "prometheus"
    FOCUS = "focus"
    OPENCOST = "opencost"


class At(StrEnum):
    """When a job's GPU-hours are counted."""

    START = "start"
    SUBMIT = "submit"


class Fill(StrEnum):
    """What to put where nothing was observed."""

    ZERO = "zero"


_KIND_HELP = (
    "slurm: sacct -X -P; prometheus: query_range JSON; focus: a FOCUS bill, CSV or Parquet; opencost: allocation JSON."
)


def demand(
    kind: Annotated[DemandKind, typer.Argument(metavar="KIND", help=_KIND_HELP)],
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files of that kind; - is standard input.")],
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FORECAST.csv", help="The forecast file to write. [standard output]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite that file.")] = False,
    workload_from: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What names the workload: a column (slurm: [Account]; focus: ServiceName, Tags.team), a label "
            "(prometheus), a property (opencost: namespace, labels.team).",
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="slurm, required: the cluster's time zone (Europe/Berlin).")
    ] = None,
    at: Annotated[
        At | None, typer.Option(help="slurm: count jobs from when they started, or were submitted. [start]")
    ] = None,
    fill_holes: Annotated[
        Fill | None, typer.Option(help="Count hours without data as 0. Otherwise they are an error.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Leave out what is before (UTC).")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Leave out what is after (UTC).")] = None,
) -> None:
    """Turn usage that you have into an hourly forecast that `planner plan` takes."""
    from planner.cli.streams import explain, output
    from planner.forecast.importers.common import Kind
    from planner.forecast.importers.run import FillHoles, Options, import_demand
    from planner.forecast.importers.slurm import Placed
    from planner.forecast.importers.written import forecast_csv, output_problems, report, write_forecast
    from planner.problems import InputError

    problems = [] if target is None else output_problems(target, force, files)
    if problems:
        raise InputError(problems)
    options = Options(
        workload_from=workload_from,
        timezone=timezone,
        at=None if at is None else Placed(at.value),
        fill_holes=None if fill_holes is None else FillHoles(fill_holes.value),
        since=since,
        until=until,
    )
    imported = import_demand(Kind(kind.value), files, options)
    text = forecast_csv(imported.hours)
    if target is not None:
        write_forecast(text, target)
        explain(f"{report(imported)}\nforecast written to {target}")
        return
    explain(report(imported))
    with output():
        typer.echo(text, nl=False)
