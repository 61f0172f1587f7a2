"""docs/commands.md: every option of every command, as the commands are."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from planner.cli.app import app
from planner.cli.reference import PAGE, main, page

ROOT = Path(__file__).parents[3]


def every_command(group: TyperGroup, path: str = "planner") -> dict[str, TyperCommand | TyperGroup]:
    found: dict[str, TyperCommand | TyperGroup] = {path: group}
    for name, below in group.commands.items():
        assert isinstance(below, TyperCommand | TyperGroup)
        found |= every_command(below, f"{path} {name}") if isinstance(below, TyperGroup) else {f"{path} {name}": below}
    return found


def test_the_file_is_fresh() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(), "run make docs"


def test_the_command_writes_it(tmp_path: Path) -> None:
    (tmp_path / PAGE).parent.mkdir()
    main(tmp_path)
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == page()


def test_every_option_of_every_command_is_there() -> None:
    sections = {part.partition("\n")[0].strip("# "): part for part in page().split("\n#")}
    commands = every_command(get_group(app))
    assert {"planner plan", "planner sweep", "planner runs delete"} <= commands.keys()
    for path, command in commands.items():
        rows = [line for line in sections[path].splitlines() if line.startswith("| `")]
        assert len(rows) == len(command.params), path
        for parameter in command.params:
            names = [name for name in parameter.opts if name.startswith("-")]
            assert any(all(name in row for name in names) for row in rows), (path, names)


@pytest.mark.parametrize("columns", ["40", "200"])
def test_it_does_not_depend_on_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = page()
    monkeypatch.setenv("COLUMNS", columns)
    assert page() == expected
