"""`planner prices`: a price list that you have → an assumptions overlay."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.shares import share


class ListKind(StrEnum):
    """Who wrote the list (`planner.assumptions.prices.kinds.Kind`, known without importing it)."""

    SKYPILOT = "skypilot"
    GPUHUNT = "gpuhunt"
    AZURE = "azure"
    AWS = "aws"
    GCP = "gcp"


def prices(
    kind: Annotated[ListKind, typer.Argument(metavar="KIND", help="skypilot, gpuhunt, azure, aws or gcp.")],
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Price lists of that kind.")],
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OVERLAY.yaml", help="Where the overlay is written. [standard output]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite that file.")] = False,
    discount: Annotated[str, typer.Option(metavar="SHARE", help="Taken off every price: 0.12, or 12%.")] = "0",
    region: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Only regions like us-* (may be given again).")
    ] = None,
    gpu: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this GPU, such as H100 (may be given again).")
    ] = None,
    provider: Annotated[
        str,
        typer.Option(metavar="NAME", help="Whose prices they are, for skypilot and gpuhunt. [from the file's name]"),
    ] = "",
) -> None:
    """Turn a price list that you have into assumptions: an overlay for -a or extends:, and a report on stderr."""
    taken_off = share(discount)

    from planner.assumptions.prices.collector import Wanted
    from planner.assumptions.prices.importer import import_prices
    from planner.assumptions.prices.kinds import Kind
    from planner.cli.file_output import file_problems, write_file
    from planner.cli.streams import explain, output
    from planner.problems import InputError
    from planner.terminal.text import clean

    problems = file_problems(target, force, files)
    if problems:
        raise InputError(problems)
    wanted = Wanted(tuple(region or ()), tuple(gpu or ()), taken_off, provider.strip())
    imported = import_prices(Kind(kind), files, wanted)
    if target is None:
        with output():
            typer.echo(imported.overlay, nl=False)
    else:
        write_file(target, imported.overlay)
    explain("\n".join(clean(line) for line in imported.report))
    if target is not None:
        explain(f"assumptions written to {target}")
