"""`planner runs`: the runs that are kept; deleting, exporting and importing them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planner.cli.keeping import StoreOption
from planner.cli.plan import Force

if TYPE_CHECKING:
    from planner.runs.store import Entry, Store

runs = typer.Typer(
    help="The runs that are kept: list, delete, export, import.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_ROUNDING = 1e-9
_RUNS_HELP = "The beginning of the id or name of a kept run."


@runs.callback(invoke_without_command=True)
def list_runs(
    context: typer.Context,
    store: StoreOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """The runs that are kept, the latest first."""
    context.obj = store
    if context.invoked_subcommand is not None:
        return
    from planner.cli.streams import explain, output, write_json

    entries = _opened(store).entries()
    if json:
        with output():
            write_json({"runs": [_record(entry) for entry in entries]})
    elif not entries:
        explain("no run is kept yet")
    else:
        _print(entries)


@runs.command()
def delete(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help=_RUNS_HELP)],
    store: StoreOption = None,
) -> None:
    """Forget runs, and the inputs that no other run has. Folders stay."""
    from planner.cli.streams import explain

    opened = _opened(store or context.obj)
    entries = _named(opened, names)
    opened.delete(entry.id for entry in entries)
    explain("\n".join(f"deleted {entry.name}" for entry in entries))


@runs.command()
def export(
    context: typer.Context,
    target: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.zip", help="Where they are written.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help=f"{_RUNS_HELP} [all]")] = None,
    force: Force = False,
    store: StoreOption = None,
) -> None:
    """Write runs, with their inputs, into one archive."""
    from planner.cli.file_output import file_problems
    from planner.cli.streams import explain
    from planner.problems import InputError, Problem
    from planner.runs.archive import write_archive

    problems = file_problems(target, force)
    if problems:
        raise InputError(problems)
    opened = _opened(store or context.obj)
    entries = _named(opened, names) if names else opened.entries()
    if not entries:
        raise InputError([Problem("runs", "", "none that are kept", "runs to export")])
    write_archive([opened.read(entry.id) for entry in entries], target)
    explain(f"{len(entries)} run{'s' if len(entries) != 1 else ''} written to {target}")


@runs.command("import")
def import_runs(
    context: typer.Context,
    sources: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Archives of runs, or plans' folders.")],
    store: StoreOption = None,
) -> None:
    """Keep the runs of archives, or of plans' folders: all of them, or none where one is damaged."""
    from planner.cli.streams import explain
    from planner.problems import InputError, Problem
    from planner.runs.archive import read_runs
    from planner.runs.kept import KeptRun

    found: list[KeptRun] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            found += read_runs(source)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    _opened(store or context.obj).keep_all(found)
    explain("\n".join(f"kept {run.name}" for run in found))


def _opened(store: str | None) -> Store:
    from planner.problems import InputError, Problem
    from planner.runs.reference import open_store

    opened = open_store(store)
    if opened is None:
        raise InputError([Problem("--store", "", "none", "a store of runs: a file or a database URL")])
    return opened


def _named(store: Store, names: list[str]) -> list[Entry]:
    """The runs that are meant, each once. Raises InputError with all names that mean none."""
    from planner.problems import InputError, Problem
    from planner.runs.reference import find

    found: dict[str, Entry] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            entry = find(store, name)
            found[entry.id] = entry
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return list(found.values())


def _record(entry: Entry) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(entry).items()}


def _gap(gap: float | None) -> str:
    from planner.terminal.text import at_most_percent, known

    if gap is None or not known(gap):
        return "not known"
    # Below this it is rounding, which says nothing.
    return "0 %" if abs(gap) < _ROUNDING else at_most_percent(gap)


def _print(entries: list[Entry]) -> None:
    from rich.table import Table

    from planner.cli.streams import output
    from planner.terminal.console import make_console, print_sections
    from planner.terminal.text import clean, money

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("run", "made", "total cost", "gap", "changes"):
        table.add_column(heading, justify="right" if heading in ("total cost", "gap") else "left", overflow="fold")
    for entry in entries:
        gap = _gap(entry.gap)
        cost = money(entry.total_cost, entry.currency)
        table.add_row(clean(entry.name), entry.made_at, cost, gap, clean(", ".join(entry.changes)))
    with output():
        print_sections([table], make_console())
