"""The pictures of a sweep, and the report that shows them."""

from __future__ import annotations

import json

import pytest
from sweep_cases import threads
from typer.testing import CliRunner

from planner.cli.app import app
from planner.report import draw
from planner.sweep.answers import answers
from planner.sweep.axes import read_axes
from planner.sweep.distributions import read_distributions
from planner.sweep.files import write_all
from planner.sweep.pictures import pictures
from planner.sweep.run import Question, sweep

HOSTILE = "<script>alert(1)</script> =cmd() \x1b[31m \u202e" + "long " * 60


@pytest.fixture(scope="module")
def grid(base, tmp_path_factory):
    axes = read_axes(["cloud.rent.on_demand=-40%:+20%:3", "servers.*.price=-20%:+20%:3"])
    found = sweep(Question(base, axes), tmp_path_factory.mktemp("grid") / "s", threads)
    return found, answers(found)


@pytest.fixture(scope="module")
def drawn(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("draws")
    entry = {"keys": ["cloud.rent.on_demand"], "uniform": {"low": 0.5, "high": 1.5}}
    file = folder / "spread.yaml"
    file.write_text(json.dumps({"assumptions": {HOSTILE: entry}}), encoding="utf-8")
    found = sweep(Question(base, distributions=read_distributions(file), draws=12), folder / "s", threads)
    return found, answers(found)


def values(chart) -> list[dict[str, object]]:
    """The rows of the first layer."""
    content = draw.specification(chart)
    data = content["layer"][0]["data"]
    return data["values"] if "values" in data else content["datasets"][data["name"]]


def test_a_grid_has_a_tornado_a_heat_map_and_steps(grid):
    made = pictures(*grid)
    assert set(made) == {"tornado", "heat-map", "steps"}
    cells = values(made["heat-map"])
    assert len(cells) == 9
    by_factors = {(cell["x"], cell["y"]): cell for cell in cells}
    assert by_factors["0.6", "1"]["servers"] == 0
    assert by_factors["1.2", "0.8"]["servers"] == 1
    cell = by_factors["0.9", "1"]
    assert cell["change"] == pytest.approx(100 * (cell["cost"] / grid[0].base.total_cost - 1))
    for chart in made.values():
        assert draw.svg(draw.specification(chart)).startswith("<svg")


def test_the_bars_of_a_tornado_are_the_costs_of_the_ends(grid):
    found, said = grid
    bars = values(pictures(found, said)["tornado"])
    costs = {(bar["assumption"], bar["end"]): bar["cost"] for bar in bars}
    for swing in said.swings:
        assert costs[swing.assumption, "low end"] == swing.cost_at_low
        assert costs[swing.assumption, "high end"] == swing.cost_at_high


def test_every_draw_is_in_one_bar_of_the_spread(drawn):
    bars = values(pictures(*drawn)["spread"])
    assert sum(bar["draws"] for bar in bars) == 12


def test_hostile_names_are_data(drawn):
    for chart in pictures(*drawn).values():
        image = draw.svg(draw.specification(chart))
        assert "<script" not in image
        assert "\x1b" not in image


@pytest.fixture
def folders(base, drawn, tmp_path):
    """(folder of the plan, folder of the sweep)."""
    plan, swept = tmp_path / "plan", tmp_path / "sweep"
    plan.mkdir()
    (plan / "plan.json").write_text(json.dumps(base.content), encoding="utf-8")
    (plan / "inputs").mkdir()
    for name, text in base.files.items():
        (plan / "inputs" / name).write_text(text, encoding="utf-8")
    swept.mkdir()
    write_all(*drawn, swept)
    return plan, swept


def test_a_report_shows_the_sweep_of_its_run(folders):
    plan, swept = folders
    made = CliRunner().invoke(app, ["report", str(plan), "--sweep", str(swept)])
    assert made.exit_code == 0, made.output
    page = (plan / "report.html").read_text(encoding="utf-8")
    assert 'id="picture-sweep-tornado"' in page
    assert "Least regretted over 12 draws" in page
    assert "<script>alert" not in page
    assert "No sweep over other prices" not in page
    assert (plan / "pictures" / "sweep-spread.png").read_bytes().startswith(b"\x89PNG")


def test_a_sweep_of_another_run_is_refused(folders):
    plan, swept = folders
    answers_file = swept / "answers.json"
    content = json.loads(answers_file.read_text(encoding="utf-8"))
    answers_file.write_text(json.dumps(content | {"run_id": "0" * 32}), encoding="utf-8")
    made = CliRunner().invoke(app, ["report", str(plan), "--sweep", str(swept)])
    assert made.exit_code == 2
    assert "a sweep of this run" in made.output
    assert not (plan / "report.html").exists()


def test_a_folder_that_is_no_sweep_is_refused(folders, tmp_path):
    plan, _ = folders
    made = CliRunner().invoke(app, ["report", str(plan), "--sweep", str(tmp_path)])
    assert made.exit_code == 2
    assert "answers.json" in made.output
