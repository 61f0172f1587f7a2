"""Sets and capacity by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_instance import hand_instance
from hybrid_lp.instance import Instance
from hypothesis import given, settings
from hypothesis import strategies as st
from of_orders import fixed_cost_of, in_service_of
from random_instances import random_instance


def pool(lead: int, life: int, periods: int) -> Instance:
    base = random_instance(0)
    return replace(
        base,
        first_hour=np.arange(periods + 1) * 3,
        pool_supply=np.array([0]),
        lead_periods=np.array([lead]),
        life_periods=np.array([life]),
    )


@pytest.mark.parametrize(
    ("lead", "life", "orders", "capacity"),
    [
        (0, 1, [1, 2, 3, 4], [1, 2, 3, 4]),
        (0, 2, [1, 2, 3, 4], [1, 3, 5, 7]),
        (0, 9, [1, 2, 3, 4], [1, 3, 6, 10]),
        (1, 2, [1, 2, 3, 4], [0, 1, 3, 5]),
        (2, 1, [1, 2, 3, 4], [0, 0, 1, 2]),
        (3, 5, [1, 2, 3, 4], [0, 0, 0, 1]),
        (4, 5, [1, 2, 3, 4], [0, 0, 0, 0]),
        (0, 2, [0.5, 0, 0, 0.25], [0.5, 0.5, 0, 0.25]),
    ],
)
def test_capacity_by_hand(lead: int, life: int, orders: list[float], capacity: list[float]) -> None:
    assert in_service_of(pool(lead, life, 4), np.array([orders])).tolist() == [capacity]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(lead=st.integers(0, 5), life=st.integers(1, 7), orders=st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_capacity_is_the_sum_over_vintages_in_service(lead: int, life: int, orders: list[float]) -> None:
    periods = len(orders)
    expected = [sum(orders[v] for v in range(periods) if v + lead <= p < v + lead + life) for p in range(periods)]
    assert in_service_of(pool(lead, life, periods), np.array([orders]))[0] == pytest.approx(expected, abs=1e-8)


def test_capacity_leaves_no_rounding_behind() -> None:
    """0.1 + 0.2 − 0.1 − 0.2 is 0, not 2.8e-17."""
    capacity = in_service_of(pool(0, 1, 4), np.array([[0.1, 0.2, 0.3, 0.0]]))
    assert capacity[0, 3] == 0


def test_sets() -> None:
    problem = hand_instance()
    assert (problem.periods, problem.hours, problem.workloads, problem.supplies, problem.pools) == (2, 5, 2, 4, 2)
    assert problem.hours_in_period.tolist() == [2, 3]
    assert problem.period_of_hour.tolist() == [0, 0, 1, 1, 1]
    assert problem.is_market.tolist() == [False, False, True, True]


def test_gpus_of_supplies() -> None:
    """Two pools that share a supply add up; markets give none."""
    capacity = np.array([[0.0, 2], [1, 0.5]])
    assert hand_instance().supply_gpus(capacity).tolist() == [[0, 8], [8, 4], [0, 0], [0, 0]]
    shared = replace(hand_instance(), pool_supply=np.array([1, 1]))
    assert shared.supply_gpus(capacity).tolist() == [[0, 0], [8, 12], [0, 0], [0, 0]]


def test_fixed_cost_by_hand() -> None:
    """2 servers ordered now at 500, held in the second period at 6 × 0.8; a half and a quarter of a reservation."""
    orders = np.array([[2.0, 0], [0.5, 0.25]])
    assert fixed_cost_of(hand_instance(), orders) == pytest.approx(1000 + 2 * 6 * 0.8 + 15 + 5)
