from __future__ import annotations

import pytest

from planner.problems import InputError
from planner.sweep.axes import ends, grid, read_axes
from planner.sweep.points import Role


def test_percentages_are_factors_in_equal_steps():
    (axis,) = read_axes(["cloud.*.on_demand=-50%:+50%:11"])
    assert [step.value for step in axis.steps] == pytest.approx([0.5 + 0.1 * step for step in range(11)])
    assert axis.steps[2].changes == ("cloud.*.on_demand=*0.7",)
    assert axis.unchanged == 5


def test_figures_and_lists():
    (axis,) = read_axes(["cloud.c.on_demand=2:4:3"])
    assert [step.changes for step in axis.steps] == [(f"cloud.c.on_demand={figure}",) for figure in (2, 3, 4)]
    assert axis.unchanged is None
    (axis,) = read_axes(["servers.*.price=*0.5, +0%, *2"])
    assert [step.value for step in axis.steps] == [0.5, 1, 2]


def test_demand_is_scaled_and_is_no_change_of_assumptions():
    (axis,) = read_axes(["demand=-20%:+20%:3"])
    assert [(step.demand, step.changes) for step in axis.steps] == [(0.8, ()), (1, ()), (1.2, ())]


def test_a_grid_has_every_combination_and_ends_have_one_assumption_each():
    axes = read_axes(["a=1:2:2", "demand=-10%:+10%:3"])
    points = grid(axes, 1)
    assert [point.number for point in points] == [1, 2, 3, 4, 5, 6]
    assert [(point.varied["a"], point.demand) for point in points][:4] == [(1, 0.9), (1, 1), (1, 1.1), (2, 0.9)]
    assert [(point.role, point.of, dict(point.varied)) for point in ends(axes, 7)] == [
        (Role.LOW, "a", {"a": 1}),
        (Role.HIGH, "a", {"a": 2}),
        (Role.LOW, "demand", {"demand": 0.9}),
        (Role.HIGH, "demand", {"demand": 1.1}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "=1:2:3",
        "a=",
        "a=1:2",
        "a=1:2:1",
        "a=1:2:3:4",
        "a=-10%:2:3",
        "a=-200%:+10%:3",
        "a=x,y",
        "a=1",
        "a=nan:1:3",
        "a=1:2:99999",
        "a=1:inf:3",
        "demand=2:3:2",
        "a=+10%,3",
    ],
)
def test_what_is_no_axis_is_a_problem(text):
    with pytest.raises(InputError) as caught:
        read_axes([text])
    assert len(caught.value.problems) == 1


def test_all_problems_come_together_and_nothing_is_varied_twice():
    with pytest.raises(InputError) as caught:
        read_axes(["a", "b=1:2:2", "b=3:4:2", "c=x"])
    assert len(caught.value.problems) == 3


def test_a_grid_nobody_waits_for_is_refused():
    with pytest.raises(InputError, match="100,000 at most"):
        grid(read_axes([f"{name}=1:2:100" for name in "abc"]), 1)
