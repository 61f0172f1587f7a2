"""README.md: the commands that it tells the reader to type work as they are printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from planner.cli.app import app

ROOT = Path(__file__).parents[2]
SCHEDULE = "period,site,server,count\n2027-01,lab,hgx-h100-8,8\n"
WITHOUT_FILES_OF_ITS_OWN = ("demand", "prices", "init")
"""Commands that begin with records which the reader has, and their results."""


def blocks() -> list[tuple[str, str]]:
    """(language, content) of every fenced block."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The words of every command for files that README.md shows."""
    lines = [line for language, content in blocks() if not language for line in content.splitlines()]
    typed = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("planner ")]
    return [words for words in typed if words[0] not in WITHOUT_FILES_OF_ITS_OWN and "philly" not in " ".join(words)]


def test_commands_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANNER_STORE", str(tmp_path / "runs.sqlite"))
    for language, name in (("csv", "forecast.csv"), ("yaml", "assumptions.yaml")):
        (content,) = [content for found, content in blocks() if found == language]
        Path(name).write_text(content, encoding="utf-8")
    Path("mine.csv").write_text(SCHEDULE, encoding="utf-8")
    made = commands()
    assert {words[0] for words in made} >= {
        "plan",
        "check",
        "evaluate",
        "catalogue",
        "breakeven",
        "rerun",
        "runs",
        "show",
    }
    for words in made:
        result = CliRunner().invoke(app, ["plans/mine" if word == "RUN" else word for word in words])
        assert result.exit_code == 0, (words, result.stderr)


def test_pictures_and_links_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert any(target.endswith(".svg") for target in targets)
    assert [target for target in targets if not (ROOT / target).exists()] == []
