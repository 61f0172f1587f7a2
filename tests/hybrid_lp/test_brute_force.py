"""Small whole-server cases: every order that can be made, priced hour by hour by filling the cheapest supply first."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from hybrid_lp.certify import Settings, certify
from hybrid_lp.instance import CapacityLimit, Instance, OrderLimit, RentalLimit

CASES = range(60)
SHAPES = ((1, 3, 4), (2, 2, 3), (2, 3, 2), (1, 2, 4))
"""(pools, periods, most units of an order): at most 4^4 or 5^3 or 3^6 ways to order."""


def small(seed: int) -> Instance:
    """One workload, so that the cheapest supply first is right; whole pools, an on-demand offer, spot; limits."""
    rng = np.random.default_rng(seed)
    pools, periods, most = SHAPES[seed % len(SHAPES)]
    hours = int(rng.integers(3, 7))
    supplies = pools + 2
    unit = rng.choice([1.0, 2.0, 4.0], pools)
    demand = np.round(rng.gamma(2.0, 2.0, (hours * periods, 1)), 2) * (rng.random((hours * periods, 1)) < 0.9)
    life = rng.integers(1, periods + 1, pools)
    price = rng.uniform(0.4, 1.6, pools) * unit * hours * life
    lead = rng.integers(0, 2, pools)
    order_max = np.full((pools, periods), float(most))
    order_max[lead[:, None] + np.arange(periods) >= periods] = 0.0
    order_min = np.where((rng.random((pools, periods)) < 0.1) & (order_max > 0), 1.0, 0.0)
    limits = []
    if rng.random() < 0.5:
        # Must be served within a quota: some of these cannot be.
        limits.append(RentalLimit("offer", (pools,), (0,), (float(unit[0]),), float(rng.integers(0, 6))))
    return Instance(
        first_hour=np.arange(periods + 1) * hours,
        discount_middle=0.9 ** (np.arange(periods) + 0.5),
        demand=demand,
        unserved_penalty=np.array([rng.choice([np.inf, 2.5, 5.0])]),
        spot_max_share=np.array([rng.choice([0.0, 0.4, 1.0])]),
        effectiveness=np.concatenate([rng.choice([0.5, 1.0, 2.0], pools), [1.0, 0.8]])[None, :],
        running_cost=np.tile(np.concatenate([rng.choice([0.0, 0.1, 0.3], pools), [2.0, 0.9]]), (periods, 1))[:, None, :]
        * (0.9 ** np.arange(periods))[:, None, None],
        is_spot=np.arange(supplies) == supplies - 1,
        offered=np.ones((periods, 1, supplies), dtype=np.bool_),
        pool_supply=np.arange(pools),
        usable_gpus=unit,
        order_cost=price[:, None] * 0.95 ** np.arange(periods),
        holding_cost=np.tile(rng.choice([0.0, 0.5], pools)[:, None], (1, periods)),
        lead_periods=lead,
        life_periods=life,
        whole=np.ones(pools, dtype=np.bool_),
        order_min=order_min,
        order_max=order_max,
        rental_limits=tuple(limits),
        capacity_limits=(CapacityLimit("power", "kW", (0,), (1.0,), 5.0),) if rng.random() < 0.5 else (),
        order_limits=(OrderLimit("most", tuple(range(pools)), 3.0),) if rng.random() < 0.3 else (),
    )


def in_service(problem: Instance, orders: np.ndarray) -> np.ndarray:
    """units[pool, period], vintage by vintage."""
    units = np.zeros_like(orders)
    for k, v in product(range(problem.pools), range(problem.periods)):
        begin = v + problem.lead_periods[k]
        units[k, begin : begin + problem.life_periods[k]] += orders[k, v]
    return units


def period_cost(problem: Instance, p: int, units: tuple[float, ...]) -> float:
    """Least cost of a period's hours; infinite where one cannot be served. One workload: cheapest work first."""
    quota = np.inf
    for limit in problem.rental_limits:
        quota = limit.max_gpus - units[0] * problem.usable_gpus[0]
    effect, price = problem.effectiveness[0], problem.running_cost[p, 0]
    total = 0.0
    for demand in problem.demand[problem.first_hour[p] : problem.first_hour[p + 1], 0]:
        ways = [(price[k] / effect[k], units[k] * problem.usable_gpus[k] * effect[k]) for k in range(problem.pools)]
        ways.append((price[-2] / effect[-2], quota * effect[-2]))
        ways.append((price[-1] / effect[-1], problem.spot_max_share[0] * demand))
        ways.append((float(problem.unserved_penalty[0]), np.inf))
        left = float(demand)
        for cost, most in sorted(ways):
            done = min(left, most)
            total += cost * done if done > 0 else 0.0
            left -= done
            if left <= 0:
                break
    return total


def allowed(problem: Instance, orders: np.ndarray, units: np.ndarray) -> bool:
    power = all((units[0] <= limit.limit).all() for limit in problem.capacity_limits)
    quota = all((units[0] * problem.usable_gpus[0] <= limit.max_gpus).all() for limit in problem.rental_limits)
    most = all((orders.sum(axis=0) <= limit.most).all() for limit in problem.order_limits)
    return power and quota and most


def best(problem: Instance) -> tuple[float, int]:
    """The least cost of all orders, and how many were tried."""
    priced = cache(lambda p, units: period_cost(problem, p, units))
    shape = problem.order_max.shape
    ranges = [
        range(int(low), int(high) + 1)
        for low, high in zip(problem.order_min.ravel(), problem.order_max.ravel(), strict=True)
    ]
    least, tried = np.inf, 0
    for choice in product(*ranges):
        orders = np.array(choice, dtype=float).reshape(shape)
        units = in_service(problem, orders)
        tried += 1
        if allowed(problem, orders, units):
            cost = float((problem.order_cost * orders).sum())
            for p in range(problem.periods):
                held = float(problem.holding_cost[:, p] @ units[:, p])
                cost += problem.discount_middle[p] * (held + priced(p, tuple(units[:, p])))
            least = min(least, cost)
    return least, tried


@pytest.mark.parametrize("seed", CASES)
def test_the_optimum_is_the_best_of_all_orders(seed: int) -> None:
    problem = small(seed)
    least, _ = best(problem)
    for settings in (Settings(gap=1e-7), Settings(gap=1e-7, written_out_columns=0)):
        certified, _ = certify(problem, settings)
        if np.isinf(least):
            assert certified.status == "infeasible"
        else:
            assert certified.status == "optimal"
            assert certified.cost == pytest.approx(least, rel=1e-6)
            assert certified.bound == pytest.approx(least, rel=1e-6)


def test_the_cases_are_worth_enumerating() -> None:
    """Many ways to order, some cases that cannot serve, some in which servers are bought, and in some none are."""
    tried = [best(small(seed)) for seed in range(20)]
    assert max(count for _, count in tried) >= 100
    cannot = [np.isinf(least) for least, _ in (best(small(seed)) for seed in CASES)]
    assert 2 <= sum(cannot) <= len(CASES) / 2
    plans = [
        certify(small(seed), Settings(gap=1e-7))[0] for seed, fails in zip(CASES, cannot, strict=True) if not fails
    ]
    assert sum(plan.orders.sum() > 0 for plan in plans) >= 10
    assert sum(plan.orders.sum() == 0 for plan in plans) >= 3


def test_cheaper_orders_are_found_by_enumeration_too() -> None:
    """The oracle can tell: with servers at a tenth of their price the best of all orders is another one."""
    changed = 0
    for seed in range(8):
        problem = small(seed)
        cheap = replace(problem, order_cost=problem.order_cost / 10)
        if np.isfinite(best(problem)[0]):
            changed += best(cheap)[0] < best(problem)[0] * 0.999
    assert changed >= 3
