"""`planner catalogue`: what can be bought and rented by default."""

from __future__ import annotations

from typing import Annotated

import typer

_NAME_HELP = "A name, or a part of the name, of an entry, GPU or region; an entry's own name shows all of it."


_ASSUMPTIONS_HELP = "List the figures that have no source, or one that was not checked, instead."


def catalogue(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help=_NAME_HELP)] = None,
    assumptions: Annotated[bool, typer.Option("--assumptions", help=_ASSUMPTIONS_HELP)] = False,
) -> None:
    """What can be bought and rented by default, each figure with its source and date."""
    from planner.catalogue.listing import rows
    from planner.catalogue.reader import catalogue as book
    from planner.cli.streams import output
    from planner.problems import InputError, Problem
    from planner.terminal.assumed import assumption_tables
    from planner.terminal.catalogue import catalogue_tables, close_names, entry_details, matching
    from planner.terminal.console import make_console, print_sections

    every = rows()
    found = matching(every, name) if name else list(every)
    if name and not found:
        close = " or ".join(f"'{match}'" for match in close_names(every, name))
        fix = f"did you mean {close}?" if close else "`planner catalogue` lists all"
        raise InputError([Problem("catalogue", "", f"'{name}'", "a name of an entry, or a part of one", fix)])
    console, currency = make_console(), book().currency
    if assumptions:
        with output():
            print_sections(assumption_tables(found, currency, console.width), console)
        return
    entries = {(row.kind, row.name): row for row in found if name and row.name.lower() == name.lower()}
    others = [row for row in found if (row.kind, row.name) not in entries]
    details = [entry_details(entry, currency, console.width) for entry in entries.values()]
    with output():
        print_sections([*details, *catalogue_tables(others, currency, console.width)], console)
