"""The commands as a page: `docs/commands.md`, every option of every command, made from the commands themselves.

`python -m planner.cli.reference` in the root of the repository writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.main import get_group

from planner.cli.app import app

PAGE = Path("docs/commands.md")
PROGRAM = "planner"

_HEAD = """# Every option of every command

<!-- Made by `python -m planner.cli.reference` (`make docs`) from the commands: change those, not this. -->

`planner COMMAND --help` says the same in the terminal. Options may stand before and after arguments; `-` as a file is
standard input.
"""


def page() -> str:
    """`docs/commands.md`."""
    command = get_group(app)
    return "\n".join([_HEAD, *_sections(command, PROGRAM, "##"), _epilog(command)])


def _sections(command: TyperCommand | TyperGroup, path: str, mark: str) -> Iterator[str]:
    """A command and those below it, in the order of `--help`. path: how it is called."""
    parts = (_usage(command, path), *_tables(command, path))
    yield f"{mark} {path}\n\n{_paragraphs(command.help or '')}\n\n" + "\n\n".join(parts) + "\n"
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            if isinstance(below, TyperCommand | TyperGroup) and not below.hidden:
                yield from _sections(below, f"{path} {name}", mark if path == PROGRAM else f"{mark}#")


def _usage(command: TyperCommand | TyperGroup, path: str) -> str:
    context = command.context_class(command, info_name=path)
    return f"```\n{path} {' '.join(command.collect_usage_pieces(context))}\n```"


def _tables(command: TyperCommand | TyperGroup, path: str) -> Iterator[str]:
    """Arguments, then options; `--help` is the same everywhere and left out."""
    context = command.context_class(command, info_name=path)
    arguments, options = list[tuple[str, str]](), list[tuple[str, str]]()
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None:
            names, words = record
            (arguments if isinstance(parameter, TyperArgument) else options).append((names, words))
    for head, rows in (("argument", arguments), ("option", options)):
        if rows:
            lines = [f"| {head} | meaning |", "|---|---|"]
            lines += [f"| `{_cell(names)}` | {_cell(_escaped(words))} |" for names, words in rows]
            yield "\n".join(lines)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _escaped(text: str) -> str:
    """Words of the help as they stand: no Markdown in them."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>" else sign for sign in " ".join(text.split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _epilog(command: TyperCommand | TyperGroup) -> str:
    return f"## Exit status\n\n{_paragraphs((command.epilog or '').removeprefix('Exit status: '))}\n"


def main(root: Path) -> None:
    """Write the page below the root of the repository."""
    (root / PAGE).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path())
