"""The certificate against the programme written out hour by hour, and how a search ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hybrid_lp.certify import (
    Certified,
    Path,
    Round,
    Settings,
    Status,
    certify,
    relative_gap,
)
from hybrid_lp.elastic import least_shortfall
from hybrid_lp.instance import CapacityLimit, Instance, RentalLimit
from hybrid_lp.merge import merge
from hybrid_lp.proof import OPTIMAL_GAP
from of_orders import fixed_cost_of, in_service_of
from random_instances import random_instance
from written_out import optimum

INSTANCES = range(100)
EXACT = Settings(gap=1e-6)
CUTS = replace(EXACT, written_out_columns=0)
"""However few the hours, they are not written out."""
FEW_SLICES = replace(CUTS, slices_per_period=2)


@cache
def instance(seed: int) -> Instance:
    """Every tenth is larger: up to 8 workloads and 20 supplies."""
    size = {"most_workloads": 8, "most_supplies": (10, 6, 4)} if seed % 10 == 0 else {}
    return random_instance(seed, whole=(None, True, False)[seed % 3], **size)


@cache
def hourly(seed: int) -> float:
    return optimum(instance(seed))


def assert_certified(certified: Certified, best: float, gap: float) -> None:
    """The bound is never above the optimum, the cost never below it, and both are within the gap of it."""
    slack = 1e-7 * abs(best) + 1e-9
    assert certified.bound <= best + slack
    assert certified.cost >= best - slack
    assert certified.cost <= best + gap * abs(certified.cost) + slack
    assert certified.gap <= gap
    assert certified.status is (Status.OPTIMAL if certified.gap <= OPTIMAL_GAP else Status.WITHIN_GAP)


def assert_consistent(problem: Instance, certified: Certified) -> None:
    """Orders within their bounds, whole where they must be, and the cost that of these orders."""
    assert certified.operations
    orders, whole = certified.orders, problem.whole
    assert (orders >= problem.order_min - 1e-12).all()
    assert (orders <= problem.order_max + 1e-12).all()
    assert (orders[whole] == np.round(orders[whole])).all()
    assert np.array_equal(certified.capacity, in_service_of(problem, orders))
    priced = np.where(np.isfinite(problem.unserved_penalty), problem.unserved_penalty, 0.0)
    operating = (certified.operations[0].operation.run_gpu_hours * problem.running_cost).sum(axis=(1, 2))
    operating += certified.operations[0].operation.unserved_gpu_hours @ priced
    paid = fixed_cost_of(problem, orders) + problem.discount_middle @ operating
    assert certified.cost == pytest.approx(paid, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", INSTANCES)
def test_by_cuts_the_certificate_is_that_of_the_hourly_programme(seed: int) -> None:
    merged, _ = merge(instance(seed))
    certified, _ = certify(merged, CUTS)
    assert_certified(certified, hourly(seed), CUTS.gap)
    assert certified.status is Status.OPTIMAL
    assert certified.path in (Path.CUTS, Path.NO_ORDERS)
    assert_consistent(merged, certified)


@pytest.mark.parametrize("seed", INSTANCES)
def test_unmerged_and_as_planned_the_certificate_is_that_of_the_hourly_programme(seed: int) -> None:
    """Small instances are written out, larger ones are not."""
    certified, _ = certify(instance(seed), EXACT)
    assert_certified(certified, hourly(seed), EXACT.gap)
    assert certified.status is Status.OPTIMAL
    assert_consistent(instance(seed), certified)


@pytest.mark.parametrize("seed", INSTANCES[::2])
@pytest.mark.parametrize("gap", [1e-2, 1e-4])
def test_a_wide_gap_is_as_honest(seed: int, gap: float) -> None:
    certified, _ = certify(instance(seed), replace(FEW_SLICES, gap=gap))
    assert_certified(certified, hourly(seed), gap)


def test_the_instances_are_what_they_are_said_to_be() -> None:
    """1 to 8 workloads, 2 to 20 supplies, whole or not, with limits, spot shares and work that must be served."""
    all_of_them = [instance(seed) for seed in INSTANCES]
    assert {problem.workloads for problem in all_of_them} >= set(range(1, 8))
    assert min(problem.supplies for problem in all_of_them) == 2
    assert max(problem.supplies for problem in all_of_them) >= 16
    for some in (
        [problem.whole.any() for problem in all_of_them],
        [not problem.whole.any() for problem in all_of_them],
        [bool(problem.rental_limits) for problem in all_of_them],
        [bool(problem.capacity_limits) for problem in all_of_them],
        [bool((problem.spot_max_share < 1).any() and problem.is_spot.any()) for problem in all_of_them],
        [np.isinf(problem.unserved_penalty).any() for problem in all_of_them],
        [(problem.effectiveness == 0).any() for problem in all_of_them],
        [(problem.lead_periods > 0).any() for problem in all_of_them],
    ):
        assert sum(some) >= 20


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_fractions_cost_no_more_than_whole_units(seed: int) -> None:
    relaxed, _ = certify(instance(seed), replace(EXACT, relax=True))
    assert_certified(relaxed, optimum(instance(seed), relax=True), EXACT.gap)
    assert relaxed.cost <= hourly(seed) * (1 + 1e-6)


def scarce(seed: int) -> Instance:
    """Nothing is unlimited: every market has a limit and orders do too. About half of these cannot serve."""
    rng = np.random.default_rng(1000 + seed)
    problem = random_instance(seed, whole=seed % 2 == 0, must_serve=True)
    peak = float(problem.demand.sum(axis=1).max())
    markets = tuple(int(j) for j in np.flatnonzero(problem.is_market))
    limit = RentalLimit("everything", markets, (), (), peak * float(rng.choice([0.1, 0.3, 0.6, 1.5])))
    most = np.where(problem.order_max > 0, rng.integers(1, 5, problem.order_max.shape), 0).astype(float)
    return replace(problem, rental_limits=(*problem.rental_limits, limit), order_max=most)


SCARCE = range(40)


@pytest.mark.parametrize("seed", SCARCE)
@pytest.mark.parametrize("settings", [EXACT, CUTS], ids=["as planned", "by cuts"])
def test_what_cannot_be_served_is_infeasible_in_both(seed: int, settings: Settings) -> None:
    problem = scarce(seed)
    best = optimum(problem)
    certified, _ = certify(merge(problem)[0], settings)
    if np.isinf(best):
        assert certified.status is Status.INFEASIBLE
        assert not certified.operations
        assert np.isinf(certified.cost)
        assert np.isinf(certified.gap)
    else:
        assert_certified(certified, best, settings.gap)


def test_about_half_of_the_scarce_instances_are_infeasible() -> None:
    infeasible = sum(np.isinf(optimum(scarce(seed), relax=True)) for seed in SCARCE)
    assert 10 <= infeasible <= 30


def local_peak(*, most: float = np.inf, early: bool = False, whole: bool = True, peak: float = 9.5) -> Instance:
    """One workload that may not leave its site: 1 GPU busy in the periods after the lead time but for one hour.

    Servers of 4 GPUs arrive a period after their order. The market serves a second workload only.
    """
    demand = np.zeros((72, 2))
    demand[:, 1] = 3.0
    demand[24:, 0] = 1.0
    demand[57, 0] = peak
    if early:
        demand[11, 0] = 0.5
    return Instance(
        first_hour=np.array([0, 24, 48, 72]),
        discount_middle=np.ones(3),
        demand=demand,
        unserved_penalty=np.array([np.inf, np.inf]),
        spot_max_share=np.ones(2),
        effectiveness=np.array([[1.0, 0.0], [0.0, 1.0]]),
        running_cost=np.full((3, 2, 2), 0.5),
        is_spot=np.zeros(2, dtype=np.bool_),
        offered=np.ones((3, 2, 2), dtype=np.bool_),
        pool_supply=np.array([0]),
        usable_gpus=np.array([4.0]),
        order_cost=np.array([[100.0, 90.0, 80.0]]),
        holding_cost=np.zeros((1, 3)),
        lead_periods=np.array([1]),
        life_periods=np.array([5]),
        whole=np.array([whole]),
        order_min=np.zeros((1, 3)),
        order_max=np.array([[most, most, 0.0]]),
        rental_limits=(),
        capacity_limits=(),
    )


@pytest.mark.parametrize("columns", [0, 10_000])
@pytest.mark.parametrize("slices", [1, 2, 16])
@pytest.mark.parametrize("gap", [1e-6, 0.3])
def test_a_peak_of_one_hour_that_only_a_server_can_serve_is_served(columns: int, slices: int, gap: float) -> None:
    """1 server by the second period, 3 by the third: ⌈9.5 / 4⌉. 100 + 2 × 90 and 0.5 per GPU-hour run."""
    settings = Settings(gap=gap, slices_per_period=slices, written_out_columns=columns)
    certified, operator = certify(local_peak(), settings)
    assert certified.operations
    gpus, _ = operator.dispatch(2, certified.capacity, certified.operations[0].operation)
    assert gpus[57 - 48].tolist() == pytest.approx(np.array([[9.5, 0], [0, 3]]))
    assert certified.capacity[0].tolist() == [0, 1, 3]
    assert certified.cost == pytest.approx(280 + 0.5 * (47 + 9.5 + 3 * 72), abs=1e-6)


@pytest.mark.parametrize("columns", [0, 10_000])
def test_a_peak_of_one_hour_is_served_by_fractions_too(columns: int) -> None:
    certified, _ = certify(local_peak(whole=False), Settings(gap=1e-6, written_out_columns=columns))
    assert certified.capacity[0] == pytest.approx([0, 0.25, 2.375], abs=1e-7)
    assert_certified(certified, optimum(local_peak(whole=False)), 1e-6)


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(local_peak(most=1), id="one server fewer than the peak needs"),
        pytest.param(local_peak(early=True), id="before the first delivery"),
        pytest.param(
            replace(local_peak(), capacity_limits=(CapacityLimit("power", "kW", (0,), (10.0,), 29.0),)),
            id="no power for the third server",
        ),
    ],
)
@pytest.mark.parametrize("columns", [0, 10_000])
def test_a_peak_of_one_hour_that_nothing_can_serve_is_never_averaged_away(problem: Instance, columns: int) -> None:
    certified, _ = certify(problem, Settings(gap=0.5, slices_per_period=1, written_out_columns=columns))
    assert certified.status is Status.INFEASIBLE
    assert not certified.operations
    assert np.isinf(optimum(problem))


def test_the_peak_is_served_where_one_more_kilowatt_lets_it() -> None:
    problem = replace(local_peak(), capacity_limits=(CapacityLimit("power", "kW", (0,), (10.0,), 30.0),))
    certified, _ = certify(problem, CUTS)
    assert certified.capacity[0].tolist() == [0, 1, 3]


def test_the_least_shortfall_is_what_one_server_lacks() -> None:
    certified, _ = certify(least_shortfall(local_peak(most=0.5, early=True, whole=False)), EXACT)
    assert certified.cost == pytest.approx(0.5 + (9.5 - 4), abs=1e-6)


def test_the_least_shortfall_counts_only_work_that_must_be_served() -> None:
    problem = replace(local_peak(most=1), unserved_penalty=np.array([np.inf, 5.0]))
    certified, _ = certify(least_shortfall(problem), EXACT)
    assert certified.cost == pytest.approx(9.5 - 8, abs=1e-6)


def runs_out_after(calls: int) -> Callable[[], float]:
    """Seconds left: an hour, for so many calls."""
    left = iter([3600.0] * calls)
    return lambda: next(left, 0.0)


MANY_ROUNDS = (2, 7, 31, 52, 64)


@pytest.mark.parametrize("seed", MANY_ROUNDS)
@pytest.mark.parametrize("calls", [0, 1, 2, 3, 5, 8])
def test_a_time_limit_gives_the_best_plan_so_far_with_an_honest_bound(seed: int, calls: int) -> None:
    problem, best = instance(seed), hourly(seed)
    limited = replace(FEW_SLICES, seconds_left=runs_out_after(calls))
    certified, _ = certify(problem, limited)
    assert len(certified.rounds) <= calls
    assert certified.bound <= best * (1 + 1e-7)
    assert certified.cost >= best * (1 - 1e-7)
    if calls == 0:
        assert certified.status is Status.TIME_LIMIT
        assert not certified.operations
        assert certified.bound == -np.inf
    elif certified.operations:
        assert_consistent(problem, certified)
        assert certified.status is (Status.OPTIMAL if certified.gap <= 1e-6 else Status.TIME_LIMIT)
        assert np.isfinite(certified.bound)


def test_the_time_limit_cuts_these_searches_short() -> None:
    """Or the test before this one would show nothing: one round leaves a plan that is not proven."""
    ended = [
        certify(instance(seed), replace(FEW_SLICES, seconds_left=runs_out_after(calls)))[0]
        for seed in MANY_ROUNDS
        for calls in (3, 5, 8)
    ]
    assert any(plan.status is Status.TIME_LIMIT and np.isfinite(plan.gap) for plan in ended)


def test_a_time_limit_before_anything_can_serve_gives_no_plan() -> None:
    """One level per period hides the peak: the first plan cannot serve it, and there is no time for a second."""
    limited = replace(CUTS, slices_per_period=1, seconds_left=runs_out_after(1))
    certified, _ = certify(local_peak(whole=False), limited)
    assert certified.status is Status.TIME_LIMIT
    assert not certified.operations
    assert np.isinf(certified.cost)
    assert 0 < certified.bound <= optimum(local_peak(whole=False))


@pytest.mark.parametrize("seed", [3, 15, 45, 60, 96])
@pytest.mark.parametrize("seconds", [0.002, 0.02])
def test_a_solver_stopped_by_the_clock_claims_nothing_wrong(seed: int, seconds: float) -> None:
    certified, _ = certify(instance(seed), Settings(gap=1e-6, seconds_left=lambda: seconds))
    assert certified.bound <= hourly(seed) * (1 + 1e-7)
    assert certified.cost >= hourly(seed) * (1 - 1e-7)
    assert certified.status in (Status.OPTIMAL, Status.TIME_LIMIT)
    if certified.operations:
        assert_consistent(instance(seed), certified)


@pytest.mark.parametrize("seed", MANY_ROUNDS)
def test_rounds_are_told_and_only_ever_get_better(seed: int) -> None:
    seen: list[Round] = []
    certified, _ = certify(instance(seed), FEW_SLICES, seen.append)
    assert tuple(seen) == certified.rounds
    assert len(seen) >= 2
    assert [entry.number for entry in seen] == list(range(1, len(seen) + 1))
    assert (np.diff([entry.bound for entry in seen]) >= 0).all()


@pytest.mark.parametrize("seed", [0, 7, 22, 31])
def test_where_nothing_can_be_ordered_operation_is_all_there_is(seed: int) -> None:
    base = random_instance(seed)
    problem = replace(base, order_max=np.zeros_like(base.order_max))
    certified, _ = certify(problem, EXACT)
    best = optimum(problem)
    if np.isinf(best):
        assert certified.status is Status.INFEASIBLE
    else:
        assert certified.status is Status.OPTIMAL
        assert certified.cost == certified.bound == pytest.approx(best, rel=1e-8)
    assert certified.rounds == ()


@pytest.mark.parametrize("columns", [0, 10_000])
def test_whole_pools_that_cannot_be_ordered_leave_a_programme_in_fractions(columns: int) -> None:
    """A solver asked for whole numbers that are not there has no bound of a search to give."""
    base = random_instance(1, must_serve=True)
    assert base.pools > 1
    whole = np.arange(base.pools) == 0
    problem = replace(base, whole=whole, order_max=np.where(whole[:, None], 0.0, base.order_max))
    certified, _ = certify(problem, replace(EXACT, written_out_columns=columns))
    assert_certified(certified, optimum(problem), EXACT.gap)


def test_orders_that_earn_without_limit_are_unbounded() -> None:
    problem = random_instance(5, whole=False)
    cost = np.where(problem.order_max > 0, -1.0, problem.order_cost)
    certified, _ = certify(replace(problem, order_cost=cost, capacity_limits=(), rental_limits=()), EXACT)
    assert certified.status is Status.UNBOUNDED
    assert not certified.operations


@pytest.mark.parametrize("seed", range(4))
def test_what_is_settled_already_is_ordered(seed: int) -> None:
    """Bounds on orders: at least 2 of everything that can be ordered, whether it pays or not."""
    base = random_instance(seed, whole=True, must_serve=False)
    base = replace(base, capacity_limits=(), rental_limits=())
    problem = replace(base, order_min=np.where(base.order_max > 0, 2.0, 0.0))
    certified, _ = certify(problem, EXACT)
    assert_certified(certified, optimum(problem), EXACT.gap)
    assert_consistent(problem, certified)


@pytest.mark.parametrize(("least", "most"), [(0.5, 0.7), (1.5, 1.5)])
def test_whole_orders_between_bounds_without_a_whole_number_are_infeasible(least: float, most: float) -> None:
    """Rounding must not step outside the bounds to find a plan."""
    problem = local_peak(peak=1.0)
    least_orders, most_orders = problem.order_min.copy(), problem.order_max.copy()
    least_orders[0, 1], most_orders[0, 1] = least, most
    problem = replace(problem, order_min=least_orders, order_max=most_orders)
    assert np.isinf(optimum(problem))
    certified, _ = certify(problem, EXACT)
    assert certified.status is Status.INFEASIBLE


def test_no_demand_at_all_costs_nothing() -> None:
    problem = local_peak()
    certified, _ = certify(replace(problem, demand=np.zeros_like(problem.demand)), EXACT)
    assert certified.status is Status.OPTIMAL
    assert certified.cost == 0
    assert not certified.orders.any()


@pytest.mark.parametrize(
    ("cost", "bound", "gap"),
    [(100.0, 99.0, 0.01), (0.5, 0.25, 0.25), (-200.0, -201.0, 0.005), (np.inf, 1.0, np.inf), (1.0, -np.inf, np.inf)],
)
def test_relative_gap(cost: float, bound: float, gap: float) -> None:
    assert relative_gap(cost, bound) == pytest.approx(gap)
