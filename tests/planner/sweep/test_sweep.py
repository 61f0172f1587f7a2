"""Whole sweeps of a run small enough to be checked by hand."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import Executor, Future

import numpy as np
import pandas as pd
import pytest
import yaml
from sweep_cases import threads

import planner
from planner.problems import InputError
from planner.runs.again import again
from planner.sweep import job, rendering
from planner.sweep.answers import answers
from planner.sweep.axes import read_axes
from planner.sweep.distributions import read_distributions
from planner.sweep.engines import Engine, local
from planner.sweep.frame import frame, write
from planner.sweep.points import Role
from planner.sweep.record import ROWS
from planner.sweep.rows import Outcome
from planner.sweep.run import Question, sweep

BUSY = 4380
"""Hours of a year with work."""
BREAK_EVEN = 0.5 + 10_000 / BUSY
"""Rent per hour at which the server costs the same: its electricity, and its price over its busy hours."""


def test_the_break_even_price_of_a_grid_is_the_closed_form(base, tmp_path):
    axes = read_axes(["cloud.rent.on_demand=2:4:41"])
    said = answers(sweep(Question(base, axes), tmp_path / "s", threads))
    (switch,) = said.switches
    assert switch.low < BREAK_EVEN <= switch.high
    assert switch.high - switch.low == pytest.approx(0.05)
    assert switch.changes == {"lab/box": 1}
    for step in said.steps["cloud.rent.on_demand"]:
        rented = BUSY * step.value
        assert step.total_cost == pytest.approx(min(rented, 10_000 + BUSY * 0.5), rel=1e-4)


def test_every_point_costs_what_a_plan_of_it_costs(base, tmp_path):
    axes = read_axes(["cloud.*.on_demand=-40%:+20%:3", "servers.*.price=-20%:+20%:2"])
    swept = sweep(Question(base, axes), tmp_path / "s", threads)
    for point, row in swept.of(Role.GRID):
        with again(base) as inputs:
            made = planner.plan(inputs.forecast, inputs.assumptions, changes=point.changes, baselines=False)
        assert row.total_cost == pytest.approx(made.total_cost, rel=2e-4)
        assert row.bound <= made.total_cost * (1 + 1e-9)
        assert made.bound <= row.total_cost * (1 + 1e-9)


def test_demand_is_scaled(base, tmp_path):
    swept = sweep(Question(base, read_axes(["demand=*2,*3"])), tmp_path / "s", threads)
    costs = [row.total_cost for _, row in swept.of(Role.GRID)]
    assert costs == pytest.approx([2 * swept.base.total_cost, 3 * swept.base.total_cost], rel=2e-4)


@pytest.fixture
def spread(tmp_path):
    file = tmp_path / "spread.yaml"
    entries = {
        "rent": {"keys": ["cloud.*.on_demand"], "uniform": {"low": 0.4, "high": 1.2}},
        "box": {"keys": ["servers.*.price"], "normal": {"sd": 0.02}},
    }
    file.write_text(yaml.safe_dump({"assumptions": entries}))
    return read_distributions(file)


def test_draws_and_what_they_say(base, spread, tmp_path):
    swept = sweep(Question(base, distributions=spread, draws=30), tmp_path / "s", threads)
    said = answers(swept)
    rents = np.array([4 * point.varied["rent"] for point, _ in swept.of(Role.DRAW)])
    boxes = np.array([10_000 * point.varied["box"] for point, _ in swept.of(Role.DRAW)])
    best = np.minimum(BUSY * rents, boxes + BUSY * 0.5)
    cost, servers, _, cloud = said.spreads
    assert cost.mean == pytest.approx(best.mean(), rel=1e-4)
    assert servers.mean == pytest.approx((BUSY * rents > boxes + BUSY * 0.5).mean())
    assert cloud.mean == pytest.approx(1 - servers.mean)
    # Two plans: one buys, one rents. Whichever is kept, its regret is what the other saves.
    buying = boxes + BUSY * 0.5 - best
    regrets = {regret.servers: regret for regret in said.regrets}
    assert regrets[1].mean == pytest.approx(buying.mean(), rel=1e-3, abs=1)
    assert regrets[0].worst == pytest.approx((BUSY * rents - best).max(), rel=1e-3, abs=1)
    assert said.regrets[0].worst <= said.regrets[1].worst
    assert said.swings[0].assumption == "rent"
    assert json.loads(json.dumps(rendering.as_json(said), allow_nan=False))["draws"] == 30
    assert "Least regretted over 30 draws" in rendering.as_text(said)


class Stopping(Executor):
    """Answers so many tasks, then is interrupted."""

    def __init__(self, tasks: int) -> None:
        self.left = tasks

    def submit(self, task, /, *args, **kwargs):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        future: Future[object] = Future()
        future.set_result(task(*args, **kwargs))
        return future


def test_interrupted_and_resumed_nothing_is_solved_twice(base, spread, tmp_path, monkeypatch):
    solved = []
    before = job.Base.solved
    monkeypatch.setattr(job.Base, "solved", lambda self, point: (solved.append(point.number), before(self, point))[1])
    question = Question(base, distributions=spread, draws=12)
    whole = frame(sweep(question, tmp_path / "whole", threads))
    solved.clear()
    for tasks in (1, 1, 4):
        with contextlib.suppress(KeyboardInterrupt):
            sweep(question, tmp_path / "parts", lambda tasks=tasks: contextlib.nullcontext(Engine(Stopping(tasks), 1)))
    # The process may go down while a line is written: half a line is no row.
    with (tmp_path / "parts" / ROWS).open("a") as stream:
        stream.write('{"number": 99, "outc')
    resumed = frame(sweep(question, tmp_path / "parts", threads))
    pd.testing.assert_frame_equal(whole, resumed)
    once = [number for number in solved if number != 0]
    assert sorted(once) == sorted(set(once))
    solved.clear()
    pd.testing.assert_frame_equal(whole, frame(sweep(question, tmp_path / "parts", threads)))
    assert not solved


def test_processes_give_the_same_frame(base, spread, tmp_path):
    question = Question(base, distributions=spread, draws=6)
    here = frame(sweep(question, tmp_path / "here", threads))
    pd.testing.assert_frame_equal(here, frame(sweep(question, tmp_path / "there", lambda: local(2))))


def test_the_frame_is_written(base, tmp_path):
    swept = sweep(Question(base, read_axes(["cloud.*.on_demand=-40%:+20%:3"])), tmp_path / "s", threads)
    table = write(swept, tmp_path / "s")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "s" / "sweep.parquet"), table)
    assert list(table["role"]) == ["base", "grid", "grid", "grid", "low", "high"]
    assert table["ordered lab/box"].tolist() == [1, 0, 1, 1, 0, 1]
    assert (table["gap"] <= 1e-4).all()


def test_folders_of_others_are_left_alone(base, tmp_path):
    one, other = (Question(base, read_axes([f"cloud.*.on_demand=-{share}%:+20%:2"])) for share in (10, 20))
    sweep(one, tmp_path / "s", threads)
    with pytest.raises(InputError, match="another sweep"):
        sweep(other, tmp_path / "s", threads)
    assert len(sweep(other, tmp_path / "s", threads, force=True).rows) == 5
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(InputError, match="files in it"):
        sweep(one, tmp_path / "full", threads)


def test_keys_that_are_not_there_are_said_before_anything_is_solved(base, tmp_path):
    with pytest.raises(InputError, match="matches a key"):
        sweep(Question(base, read_axes(["cloud.*.on_demnd=-10%:+20%:2"])), tmp_path / "s", threads)


def test_a_point_without_a_plan_has_a_row_that_says_so(base, tmp_path):
    axes = read_axes(["cloud.rent.max_gpus=0,2", "sites.lab.power_limit_kw=0.5,10"])
    swept = sweep(Question(base, axes), tmp_path / "s", threads)
    rows = [row for _, row in swept.of(Role.GRID)]
    assert [row.is_plan for row in rows] == [False, True, True, True]
    assert rows[0].outcome is Outcome.INFEASIBLE
    assert rows[0].reason
    assert frame(swept)["total_cost"].isna().sum() == 1
    said = answers(swept)
    assert said.failed == 1
    assert "1 rerun has no plan" in rendering.as_text(said)


def test_figures_that_are_wrong_at_a_step_are_said_before_anything_is_solved(base, tmp_path):
    with pytest.raises(InputError, match="unserved_penalty"):
        sweep(Question(base, read_axes(["workloads.w.unserved_penalty=-1,1"])), tmp_path / "s", threads)
    assert not (tmp_path / "s" / ROWS).exists()
