"""docs/catalogue.md, and the one list of what is assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.catalogue.assumed import Standing, doubts, standing
from planner.catalogue.listing import FigureRow, Kind, figures, rows
from planner.catalogue_page import PAGE, main, page

ROOT = Path(__file__).parents[3]


def test_the_file_is_fresh() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page(), "run make docs"


def test_the_command_writes_it(tmp_path: Path) -> None:
    (tmp_path / PAGE).parent.mkdir()
    main(tmp_path)
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == page()


def test_every_figure_of_every_entry_is_there_with_its_source_and_day() -> None:
    lines = set(page().splitlines())
    for row in rows():
        if row.kind is Kind.GPU:
            assert any(line.startswith(f"| {row.name} | ") for line in lines)
            continue
        for figure in figures(row.kind, row.name):
            wanted = (f"| `{figure.key}` | ", f" | {figure.source} | {figure.as_of} |")
            assert any(line.startswith(wanted[0]) and line.endswith(wanted[1]) for line in lines), figure


def test_offers_have_both_prices() -> None:
    text = page()
    assert "| aws-p5.48xlarge + | 8 × H100 | 80 | us-east-1 | on demand | 55.0400 | 6.8800 | AWS price list" in text
    assert text.count("on demand") >= 40


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("assumption", Standing.ASSUMED),
        ("a price list; assumption: 80 GB", Standing.ASSUMED),
        ("collected, not yet checked against the datasheet", Standing.UNCHECKED),
        ("AWS price list", Standing.SOURCED),
    ],
)
def test_standing(source: str, wanted: Standing) -> None:
    assert standing(FigureRow("price", 1, "", source, "2026-11")) is wanted


def test_every_assumption_is_listed_once_and_nothing_else() -> None:
    listed = [(doubt.kind, name, doubt.key) for doubt in doubts(rows(), Standing.ASSUMED) for name in doubt.entries]
    everything = {(row.kind, row.name): None for row in rows()}
    assumed = [
        (kind, name, figure.key)
        for kind, name in everything
        for figure in figures(kind, name)
        if "assumption" in figure.source
    ]
    assert sorted(listed) == sorted(assumed)
    assert (Kind.OFFER, "aws-p5.48xlarge", "spot.lost_work") in listed
    assert (Kind.OFFER, "aws-p5.48xlarge", "on_demand") not in listed


def test_no_figure_hides_a_guess_behind_another_word() -> None:
    for kind, name in dict.fromkeys((row.kind, row.name) for row in rows()):
        for figure in figures(kind, name):
            words = ("guess", "estimat", "assum", "remember")
            if any(word in figure.source.lower() for word in words):
                assert standing(figure) is not Standing.SOURCED, figure
