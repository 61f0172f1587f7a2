"""docs/worked-example.md is what its command makes, where the data is at hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "worked-example.md"

needs_data = pytest.mark.skipif(
    not (DATA / "servegen_2025_hourly_tokens.csv").exists(),
    reason="the traces and price lists are not part of this project; ../shared/data has none",
)


@pytest.fixture(autouse=True)
def _docs_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))


@needs_data
def test_a_short_version_is_planned_audited_and_written(tmp_path: Path) -> None:
    from worked_example.example import make
    from worked_example.page import page

    example = make(DATA, tmp_path, periods=6, gpus=("A100", "L4"))
    text = page(example)
    assert re.search(r"^- Status `(optimal|within_gap)`: the plan costs [\d,.]+ USD", text, re.MULTILINE)
    assert re.search(r"added up, by code that shares nothing with the programme: (\d+) of \1 checks passed", text)
    assert "planner plan forecast.csv -a assumptions.yaml -o plan" in text
    assert str(tmp_path) not in text
    assert str(DATA) not in text
    demand, committed = (_section(page_text, "## Demand") for page_text in (text, PAGE.read_text(encoding="utf-8")))
    assert demand.replace("through 6 months", "through 36 months") == committed, "run make worked-example"
    assert _section(text, "## Tokens as GPU-hours") == _section(
        PAGE.read_text(encoding="utf-8"), "## Tokens as GPU-hours"
    )


def test_tokens_take_as_long_as_the_measured_throughputs_say() -> None:
    from worked_example.tokens import rates

    for gpu, (short, long) in {"H100": (2209, 398), "H200": (2587, 537), "B200": (6920, 1362)}.items():
        rate = rates("chat-70b", gpu)
        assert 1 / rate.seconds(1, 1) == pytest.approx(short)
        assert 1 / rate.seconds(8, 1) == pytest.approx(long)
        assert 1 / rates("chat-235b", "H100").seconds(1, 1) == pytest.approx(1932)


def test_a_folder_without_the_data_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from worked_example.__main__ import main

    assert main([str(tmp_path), str(tmp_path / "page.md")]) == 2
    assert "philly_2017_hourly_by_vc.csv" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()


def test_the_committed_page_is_about_an_audited_plan() -> None:
    text = PAGE.read_text(encoding="utf-8")
    passed, of = re.search(r": (\d+) of (\d+) checks passed", text).groups()  # type: ignore[union-attr]
    assert int(passed) == int(of) >= 30


def _section(text: str, title: str) -> str:
    return text.split(f"{title}\n", 1)[1].split("\n## ", 1)[0]
