"""The console that reports are printed on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import NoReturn, TextIO

from rich.console import Console, RenderableType

WIDTH_OF_FILES = 120
"""Columns when the output is no terminal and COLUMNS does not say otherwise."""

LEAST_WIDTH = 40


class PlainConsole(Console):
    """A console that leaves a closed pipe to the command."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise, instead of ending the process with a status that means something else here."""
        self.quiet = True
        raise BrokenPipeError


def make_console(file: TextIO | None = None) -> Console:
    """A console without markup, highlighting and emoji codes: what files say is data.

    On a terminal as wide as the terminal; elsewhere 120 columns, unless COLUMNS says otherwise, and without colour.
    """
    stream = file if file is not None else sys.stdout
    console = PlainConsole(file=stream, markup=False, highlight=False, emoji=False)
    if "COLUMNS" not in os.environ and not console.is_terminal:
        console.width = WIDTH_OF_FILES
    console.width = max(console.width, LEAST_WIDTH)
    return console


def print_sections(parts: Iterable[RenderableType], console: Console) -> None:
    """Print one after the other, an empty line between; without blanks at line ends where only tools would see them."""
    for number, part in enumerate(parts):
        if number:
            console.print()
        if console.color_system is not None:
            console.print(part)
            continue
        with console.capture() as captured:
            console.print(part)
        console.file.write("\n".join(text.rstrip() for text in captured.get().split("\n")))
