"""Whole orders near fractional ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_instance import hand_instance
from hybrid_lp.holdings import Holdings, keeps_limits
from hybrid_lp.instance import Floats, Instance, OrderLimit
from hybrid_lp.rounding import rounded
from random_instances import random_instance


def candidates_near(problem: Instance, orders: Floats) -> list[Floats]:
    return [near.orders for near in rounded(problem, Holdings(orders))]


def whole_problem(seed: int, **changes: object) -> Instance:
    return replace(random_instance(seed, whole=True), capacity_limits=(), rental_limits=(), order_limits=(), **changes)


def fractions(problem: Instance, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(problem.order_max > 0, rng.gamma(1.0, 1.0, problem.order_max.shape), 0.0)


@pytest.mark.parametrize("seed", range(20))
def test_candidates_are_whole_can_be_ordered_and_differ(seed: int) -> None:
    problem = whole_problem(seed)
    candidates = list(candidates_near(problem, fractions(problem, seed)))
    assert candidates
    assert len({candidate.tobytes() for candidate in candidates}) == len(candidates)
    for candidate in candidates:
        assert (candidate == np.round(candidate)).all()
        assert (candidate >= 0).all()
        assert (candidate <= problem.order_max).all()


@pytest.mark.parametrize("seed", range(20))
def test_totals_stay_within_one_unit_where_everything_can_be_ordered(seed: int) -> None:
    problem = whole_problem(seed)
    problem = replace(problem, order_max=np.full_like(problem.order_max, np.inf))
    orders = fractions(problem, seed)
    for candidate in candidates_near(problem, orders):
        assert (np.abs(np.cumsum(candidate, axis=1) - np.cumsum(orders, axis=1)) < 1 + 1e-9).all()


def test_rounding_down_and_up_are_both_tried() -> None:
    base = whole_problem(0)
    pools, periods = base.order_max.shape
    problem = replace(base, order_max=np.full((pools, periods), np.inf))
    orders = np.zeros((pools, periods))
    orders[0, 0] = 0.4
    first = {candidate[0, 0] for candidate in candidates_near(problem, orders)}
    assert first == {0, 1}


def test_whole_fractions_stay_as_they_are() -> None:
    base = whole_problem(1)
    orders = np.where(base.order_max > 0, 2.0, 0.0)
    assert all((candidate == orders).all() for candidate in candidates_near(base, orders))


def test_pools_that_are_not_whole_are_left_alone() -> None:
    problem = replace(hand_instance(), capacity_limits=(), rental_limits=(), order_limits=())
    orders = np.array([[1.3, 0], [0.4, 0.7]])
    for candidate in candidates_near(problem, orders):
        assert candidate[1].tolist() == [0.4, 0.7]
        assert candidate[0, 0] in (1, 2)


def test_bounds_of_orders_are_kept() -> None:
    base = hand_instance()
    problem = replace(base, order_min=np.array([[1.5, 0], [0, 0]]), order_max=np.array([[2.5, 0], [np.inf, np.inf]]))
    candidates = list(candidates_near(problem, np.array([[1.6, 0], [0, 0.25]])))
    assert {candidate[0, 0] for candidate in candidates} == {2}


def test_bounds_without_a_whole_number_between_give_none() -> None:
    problem = replace(hand_instance(), order_min=np.array([[0.5, 0], [0, 0]]), order_max=np.array([[0.7, 0], [9, 9]]))
    assert list(candidates_near(problem, np.array([[0.6, 0], [0, 0.25]]))) == []


@pytest.mark.parametrize(
    ("orders", "kept"),
    [
        ([[3.0, 0], [0, 0.25]], True),
        ([[4.0, 0], [0, 0.25]], False),  # 4 × 12 kW is more than 36
        ([[0.0, 0], [12.5, 0.25]], False),  # 12.5 × 8 = 100 GPUs, the quota, but more than 9 ordered
        ([[0.0, 0], [9.0, 9.0]], True),
        ([[1.0, 0], [8.5, 0.25]], False),  # 9.5 ordered in one period
    ],
)
def test_limits_by_hand(orders: list[list[float]], kept: bool) -> None:
    assert keeps_limits(hand_instance(), Holdings(np.array(orders))) is kept


def test_quotas_count_what_is_held() -> None:
    problem = replace(hand_instance(), order_limits=(OrderLimit("most", (0,), 9.0),))
    assert keeps_limits(problem, Holdings(np.array([[0.0, 0], [12.5, 0.25]])))
    assert not keeps_limits(problem, Holdings(np.array([[0.0, 0], [12.6, 0.25]])))


def test_candidates_that_overstep_a_limit_are_left_out() -> None:
    """2.7 servers round to 2 or 3 (36 kW); 3.3 to 3 only, for 4 are too many."""
    orders = np.array([[2.7, 0], [0, 0.25]])
    assert {candidate[0, 0] for candidate in candidates_near(hand_instance(), orders)} == {2, 3}
    orders[0, 0] = 3.3
    assert {candidate[0, 0] for candidate in candidates_near(hand_instance(), orders)} == {3}
