"""`planner init`: an assumptions file to begin with, for one forecast."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.plan import Forecast

if TYPE_CHECKING:
    from planner.problems import Problem


class SizeOption(StrEnum):
    """How much there is to choose from."""

    small = "small"
    medium = "medium"
    large = "large"


def init(
    forecast: Forecast,
    size: Annotated[
        SizeOption,
        typer.Option(help="1 server and 3 cloud offers, 3 and 8, or everything in the catalogue."),
    ] = SizeOption.medium,
    file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the file is written. [standard output]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite that file.")] = False,
) -> None:
    """Write an assumptions file, filled in from the catalogue for this forecast, every key explained."""
    from planner.assumptions.starter import Size, starter
    from planner.cli.streams import explain, output
    from planner.forecast.read import read_forecast
    from planner.problems import InputError
    from planner.terminal.text import clean

    problems = _file_problems(file, force)
    if problems:
        raise InputError(problems)
    made = starter(read_forecast(forecast), Size(size.value))
    if file is None:
        with output():
            typer.echo(made.text, nl=False)
    else:
        _write(file, made.text, force)
        explain(f"assumptions written to {file}")
    for heading, keys in (("to be filled in", made.missing), ("to be checked", made.checks)):
        if keys:
            explain("\n".join([f"{heading}:", *(f"  - {clean(key)}" for key in keys)]))


def _file_problems(file: Path | None, force: bool) -> list[Problem]:
    """What is in the way of writing, known before anything is read."""
    from planner.problems import Problem

    if file is None:
        return []
    if file.is_dir():
        return [Problem(str(file), "", "a folder", "the name of a file", "such as assumptions.yaml")]
    if file.exists() and not force:
        return [Problem(str(file), "", "a file that exists", "a new file", "or add --force")]
    return []


def _write(file: Path, text: str, force: bool) -> None:
    from planner.problems import InputError, Problem

    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(str(file), "", reason, "a file that can be written", "choose one with -o")]) from None
