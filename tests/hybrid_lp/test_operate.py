"""The exact hourly cost of capacity: by hand, and against the hourly programme with its orders fixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_instance import ON_DEMAND, RESERVED, SERVER, SPOT, hand_instance
from hybrid_lp import operate
from hybrid_lp.instance import Instance
from hybrid_lp.levels import distinct_hours, group, slices
from hybrid_lp.merge import merge, useful
from hybrid_lp.operate import Operator
from hybrid_lp.valuation import Valuation
from of_orders import fixed_cost_of, in_service_of
from random_instances import random_instance
from rich_instances import FEATURES, rich_instance
from written_out import optimum


def operator(problem: Instance) -> Operator:
    return Operator(problem, useful(problem))


def some_orders(problem: Instance, seed: int) -> np.ndarray:
    """Orders that can be made, enough for a part of the demand, with no limit overstepped."""
    rng = np.random.default_rng(seed)
    orders = np.where(problem.order_max > 0, rng.integers(0, 4, problem.order_max.shape) / 2, 0.0)
    return np.where(problem.whole[:, None], np.floor(orders), orders)


def valued(problem: Instance, orders: np.ndarray) -> tuple[Operator, Valuation]:
    made = operator(problem)
    return made, made.value(distinct_hours(problem), in_service_of(problem, orders))


def without_capacity_limits(seed: int, **kind: bool) -> Instance:
    base = random_instance(seed, **kind)
    roomy = tuple(
        replace(limit, max_gpus=max(limit.max_gpus, 1e6)) if limit.pools else limit for limit in base.rental_limits
    )
    return replace(base, capacity_limits=(), order_limits=(), rental_limits=roomy)


SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_operating_cost_is_that_of_the_hourly_programme_with_its_orders_fixed(seed: int) -> None:
    problem = without_capacity_limits(seed)
    orders = some_orders(problem, seed)
    fixed = replace(problem, order_min=orders, order_max=orders)
    best = optimum(fixed)
    _, valuation = valued(problem, orders)
    if np.isinf(best):
        assert valuation.short.any()
    else:
        assert not valuation.short.any()
        operating = problem.discount_middle @ valuation.period_cost
        assert fixed_cost_of(problem, orders) + operating == pytest.approx(best, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_are_exact_where_made_and_bounds_everywhere_else(seed: int) -> None:
    """operating(capacity) ≥ intercept + slope · capacity, for the capacities of any other orders."""
    problem = without_capacity_limits(seed, must_serve=False)
    orders = some_orders(problem, seed)
    made, here = valued(problem, orders)
    capacity = in_service_of(problem, orders)

    def at(other: np.ndarray) -> np.ndarray:
        return here.cuts.intercept + np.einsum("pk,kp->p", here.cuts.slope, other)

    assert at(capacity) == pytest.approx(here.period_cost, rel=1e-6, abs=1e-6)
    for other_seed in range(5):
        other = in_service_of(problem, some_orders(problem, 100 + other_seed))
        real = made.value(distinct_hours(problem), other).period_cost
        assert (at(other) <= real + 1e-9 * np.abs(real).max() + 1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_shortage_cuts_are_violated_here_and_by_nothing_that_serves(seed: int) -> None:
    base = without_capacity_limits(seed, must_serve=True)
    # Nothing is rented: what is not held is short.
    problem = replace(base, offered=np.tile(~base.is_market, (base.periods, base.workloads, 1)))
    orders = np.zeros_like(problem.order_max)
    made, here = valued(problem, orders)
    if not here.short.any():
        pytest.skip("no demand")
    cuts = made.shortage(distinct_hours(problem), in_service_of(problem, orders), here.short)

    def missing(capacity: np.ndarray) -> np.ndarray:
        return cuts.intercept + np.einsum("ck,ck->c", cuts.slope, capacity[:, cuts.period].T)

    assert (missing(in_service_of(problem, orders)) > 0).all()
    assert set(cuts.period.tolist()) == set(distinct_hours(problem).period[here.short].tolist())
    for scale in (1.0, 10.0, 1000.0):
        other = in_service_of(problem, np.where(problem.order_max > 0, scale, 0.0))
        served = ~made.value(distinct_hours(problem), other).short
        by_period = [served[distinct_hours(problem).period == p].all() for p in range(problem.periods)]
        held = np.array([by_period[p] for p in cuts.period])
        assert (missing(other)[held] <= 1e-7 * problem.demand.max()).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_warm_start_and_a_coarser_one_change_nothing(seed: int) -> None:
    problem = without_capacity_limits(seed)
    levels, coarse = distinct_hours(problem), slices(problem, 3)
    capacity, other = (in_service_of(problem, some_orders(problem, seed + more)) for more in (0, 50))
    cold = operator(problem).value(levels, capacity)
    made = operator(problem)
    warm = made.value(levels, capacity, near=(coarse, made.value(coarse, other)))
    assert warm.period_cost == pytest.approx(cold.period_cost, rel=1e-9, abs=1e-9)
    assert warm.short.tolist() == cold.short.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_means_of_hours_never_cost_more(seed: int) -> None:
    problem = without_capacity_limits(seed, must_serve=False)
    capacity = in_service_of(problem, some_orders(problem, seed))
    made = operator(problem)
    exact = made.value(distinct_hours(problem), capacity).period_cost
    means = made.value(group(problem, np.arange(problem.hours) % 3), capacity).period_cost
    assert (means <= exact * (1 + 1e-9) + 1e-9).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_dispatch_is_the_operation(seed: int) -> None:
    """Hour by hour: all served or counted as unserved, no limit overstepped, and the sums are the operation's."""
    problem = without_capacity_limits(seed, must_serve=False)
    orders = some_orders(problem, seed)
    capacity = in_service_of(problem, orders)
    made, valuation = valued(problem, orders)
    operation = made.operate(distinct_hours(problem), capacity, valuation)
    usable = problem.supply_gpus(capacity)
    tolerance = 1e-7 * max(problem.demand.max(), 1.0)
    for p in range(problem.periods):
        hours = slice(problem.first_hour[p], problem.first_hour[p + 1])
        gpus, unserved = made.dispatch(p, capacity, operation)
        assert gpus.sum(axis=0) == pytest.approx(operation.run_gpu_hours[p], rel=1e-9, abs=1e-7)
        assert unserved.sum(axis=0) == pytest.approx(operation.unserved_gpu_hours[p], rel=1e-9, abs=1e-7)
        work = gpus * problem.effectiveness
        assert (work.sum(axis=2) + unserved >= problem.demand[hours] - tolerance).all()
        pools = ~problem.is_market
        assert (gpus.sum(axis=1)[:, pools] <= usable[pools, p] + tolerance).all()
        spot = work[:, :, problem.is_spot].sum(axis=2)
        assert (spot <= problem.spot_max_share * problem.demand[hours] + tolerance).all()
        for limit in problem.rental_limits:
            if not limit.pools:
                assert (gpus[:, :, list(limit.markets)].sum(axis=(1, 2)) <= limit.max_gpus + tolerance).all()
        priced = (gpus * problem.running_cost[p]).sum() + (unserved * problem.unserved_penalty).sum()
        assert priced == pytest.approx(valuation.period_cost[p], rel=1e-8, abs=1e-8)


def test_by_hand() -> None:
    """One server from the second period (4 GPUs), and a quarter of a reservation in it (2 GPUs)."""
    problem = hand_instance()
    orders = np.array([[1.0, 0], [0, 0.25]])
    made, valuation = valued(problem, orders)
    capacity = in_service_of(problem, orders)
    assert capacity.tolist() == [[0, 1], [0, 0.25]]
    # First period: 10 GPUs on demand at 3, for 2 hours.
    assert valuation.period_cost[0] == pytest.approx(60)
    # Second: the reservation is free, a server's GPU costs 0.1, spot 1/0.9 for half of workload 1, the rest 2. The
    # server is worth more to workload 1, all of whose work it can do: 4 of its 6; spot could do 3 but 1.11 is more
    # than nothing else left: 2 on spot, and workload 0 on the 2 reserved and 18 (38) rented.
    hour = 4 * 0.1 + 2 / 0.9
    assert valuation.period_cost[1] == pytest.approx(3 * hour + 2 * (18 + 18 + 38))
    operation = made.operate(distinct_hours(problem), capacity, valuation)
    assert operation.run_gpu_hours[1] == pytest.approx(np.array([[0, 6, 74, 0], [12, 0, 0, 3 * 2 / 0.9]]), abs=1e-9)
    gpus, unserved = made.dispatch(1, capacity, operation)
    assert gpus[2, 0, [SERVER, RESERVED, ON_DEMAND]] == pytest.approx([0, 2, 38])
    assert gpus[2, 1, [SERVER, SPOT]] == pytest.approx([4, 2 / 0.9])
    assert not unserved.any()


def test_the_cheaper_of_penalty_and_rent_by_hand() -> None:
    """At a penalty of 1.05 nobody rents spot at 1.11 for workload 1: what the servers cannot do is left."""
    problem = replace(hand_instance(), unserved_penalty=np.array([np.inf, 1.05]))
    made, valuation = valued(problem, np.array([[1.0, 0], [0, 0.25]]))
    assert valuation.period_cost[1] == pytest.approx(3 * (4 * 0.1 + 2 * 1.05) + 2 * 74)
    operation = made.operate(
        distinct_hours(problem), in_service_of(problem, np.array([[1.0, 0], [0, 0.25]])), valuation
    )
    assert operation.unserved_gpu_hours.tolist() == pytest.approx(np.array([[0, 0], [0, 6.0]]))


def test_what_is_reserved_counts_in_the_offers_limit() -> None:
    """At most 30 GPUs: with 8 × 0.25 reserved, 28 rented; the hour of 40 is short by what is missing, and only it."""
    base = hand_instance()
    tight = replace(base.rental_limits[0], max_gpus=30.0)
    problem = replace(base, rental_limits=(tight, base.rental_limits[1]))
    orders = np.array([[0.0, 0], [0, 0.25]])
    made, valuation = valued(problem, orders)
    levels = distinct_hours(problem)
    assert [levels.demand[level, 0] for level in np.flatnonzero(valuation.short)] == [40]
    cuts = made.shortage(levels, in_service_of(problem, orders), valuation.short)
    # 40 − 30 = 10 are missing however much is reserved (a reservation takes from what may be rented); a server of 4
    # GPUs does the work of 2. Workload 1 may be left undone.
    assert cuts.period.tolist() == [1]
    assert cuts.intercept == pytest.approx([10], abs=1e-6)
    assert cuts.slope == pytest.approx(np.array([[-2, 0]]), abs=1e-6)


def test_rounding_is_no_shortage() -> None:
    """The 40 GPUs less a billionth of them are served: a solver's answer is never exact."""
    base = hand_instance()
    only = replace(base, offered=np.array([[[True] * 4] * 2, [[True, True, False, False]] * 2]), rental_limits=())
    needed = 40 / 8
    for less, short in ((1e-11, False), (1e-5, True)):
        _, valuation = valued(only, np.array([[0.0, 0], [0, needed * (1 - less)]]))
        assert valuation.short.any() == short


@pytest.mark.parametrize("seed", range(12))
def test_hours_do_not_depend_on_how_many_are_worked_on_at_a_time(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One level at a time, each beginning at the bases of those before it, costs what all together cost."""
    features = tuple(name for name in FEATURES if name != "two_deferrable") if seed % 2 else ("classes", "draws")
    problem, _ = merge(rich_instance(seed, features))
    hours, capacity = distinct_hours(problem), in_service_of(problem, some_orders(problem, seed))

    def results() -> list[np.ndarray | float]:
        made = operator(problem)
        found = made.value(hours, capacity)
        run, unserved = made.run(hours, capacity, found)
        running = np.einsum("cwj,cwj->c", run, problem.running_cost)
        left = made.shortage(hours, capacity, found.short).intercept
        return [found.period_cost, found.cuts.least(capacity, 0), running.sum(), unserved.sum(axis=0), left]

    together = results()
    monkeypatch.setattr(operate, "_VALUES_AT_A_TIME", 1)
    for alone, all_ in zip(results(), together, strict=True):
        assert alone == pytest.approx(all_, rel=1e-7, abs=1e-6)
