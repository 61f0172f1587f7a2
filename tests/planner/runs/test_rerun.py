"""A kept run made again: the same run without changes, another one with them; its marks and sources stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_case import demand

import planner
from planner.problems import InputError
from planner.runs import KeptRun, load_run
from planner.runs.again import again


def made_again(run, *changes, variants=(), recall=lambda _: None):
    with again(run) as inputs:
        return planner.plan(
            inputs.forecast,
            inputs.assumptions,
            changes=changes,
            variants=variants,
            gap=inputs.gap,
            baselines=inputs.baselines,
            recall=recall,
        )


def test_without_changes_it_is_the_same_run(small, tmp_path):
    run = load_run(small.save(tmp_path / "out"))
    back = made_again(run)
    assert back.run == small.run
    assert back.inputs == small.inputs
    assert back.defaults == small.defaults
    assert back.total_cost == pytest.approx(small.total_cost)
    assert dict(back.files) == dict(small.files)
    assert "p" in {row["owner"] for row in back.to_dict()["options"]}


def test_a_rerun_is_the_plan_with_those_changes(small, inputs, tmp_path):
    run = load_run(small.save(tmp_path / "out"))
    back = made_again(run, "servers.*.price=*0.5", variants=["cheap"])
    direct = planner.plan(*inputs, changes=["servers.*.price=*0.5"], variants=["cheap"], baselines=False)
    assert back.run == direct.run != small.run
    assert back.inputs["changes"] == ["cloud.*.on_demand=-50%", "servers.*.price=*0.5"]
    assert back.inputs["variants"] == ["cheap"]
    changed = {entry["key"]: (entry["before"], entry["after"]) for entry in back.inputs["changed"]}
    assert changed["servers.hgx-h100-8.price"] == (100_000, 50_000)
    assert changed["cloud.p.on_demand"] == (40.0, 20.0)
    assert back.total_cost == pytest.approx(direct.total_cost)
    assert back.total_cost < small.total_cost
    further = made_again(KeptRun.of(back), "cloud.p.on_demand=*2")
    assert further.inputs["changes"][-1] == "cloud.p.on_demand=*2"
    assert len(further.inputs["changes"]) == 3


def test_the_same_inputs_are_answered_without_solving(small, inputs, monkeypatch):
    monkeypatch.setattr("planner.optimise.optimise", lambda *_: pytest.fail("solved"))
    known = {KeptRun.of(small).id: small}
    assert planner.plan(*inputs, baselines=False, recall=known.get) is small
    assert made_again(KeptRun.of(small), recall=known.get) is small


def test_what_the_files_are_called_makes_no_other_run(small, inputs, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "week.csv").write_bytes((inputs[0].parent / "week.csv").read_bytes())
    inputs[0].rename(elsewhere / "d.csv")
    inputs[1].rename(elsewhere / "b.yaml")
    assert planner.plan(elsewhere / "d.csv", elsewhere / "b.yaml", baselines=False).run == small.run


def test_another_demand_another_run(small, inputs):
    demand(1.1).to_csv(inputs[0], index=False)
    assert planner.plan(*inputs, baselines=False).run != small.run


def test_another_load_shape_another_run(small, inputs):
    week = inputs[0].parent / "week.csv"
    week.write_text(week.read_text().replace("0,1.0\n", "0,5.0\n", 1))
    assert planner.plan(*inputs, baselines=False).run != small.run


def test_files_outside_the_folder_are_kept_inside(inputs, tmp_path):
    """A plan writes into its own folder only, whatever its inputs are called."""
    home = inputs[1].parent
    (tmp_path / "week.csv").write_bytes((home / "week.csv").read_bytes())
    absolute = str(tmp_path / "week.csv")
    text = inputs[1].read_text()
    for name in ("../week.csv", absolute):
        inputs[1].write_text(text.replace("week.csv", name))
        plan = planner.plan(*inputs, baselines=False)
        assert set(plan.files) == {"forecast.csv", "week.csv"}
        folder = plan.save(tmp_path / "plans" / str(len(name)))
        assert {path.name for path in (tmp_path / "plans").iterdir()} >= {folder.name}
        assert made_again(load_run(folder)).run == plan.run
    assert Path(absolute).read_bytes() == (home / "week.csv").read_bytes()


def test_what_cannot_be_made_again(small, tmp_path):
    folder = small.save(tmp_path / "out")
    (folder / "inputs" / "week.csv").unlink()
    with pytest.raises(InputError, match=r"inputs/week\.csv: found no such file"), again(load_run(folder)):
        pass
