"""What is not offered where budgets couple hours: what another way beats in price and in every budget."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hand_instance import ON_DEMAND, RESERVED, SERVER, SPOT, hand_instance
from hybrid_lp.instance import Booleans, Budget, Instance
from hybrid_lp.merge import useful
from random_instances import random_instance
from rich_instances import FEATURES
from written_out import optimum

SEEDS = range(600, 624)
FEATURE_SETS = (("cloud_bill",), ("carbon",), ("cloud_bill", "carbon"), ("classes", "cloud_bill", "carbon"))
WITH_BUDGET, WITHOUT_BUDGET = 1, 0
"""Periods of the instance by hand."""


def rented(**weight: float) -> Instance:
    """Workload 1 may run anywhere, nothing is limited: spot costs 1/0.9, on-demand 2 or 3; a budget in one period.

    weight: what a GPU-hour of each supply takes of the budget.
    """
    base = replace(hand_instance(), rental_limits=(), spot_max_share=np.ones(2))
    weights = np.zeros((1, *base.effectiveness.shape))
    weights[:] = [weight.get(name, 0.0) for name in ("server", "reserved", "on_demand", "spot")]
    budget = Budget("bill", "currency", 100.0, periods=range(WITH_BUDGET, WITH_BUDGET + 1), run_weights=weights)
    return replace(base, budgets=(budget,))


def useful_to_the_second(problem: Instance, period: int) -> list[int]:
    return np.flatnonzero(useful(problem)[period, 1]).tolist()


@pytest.mark.parametrize(("weight", "stays"), [(0.95, True), (1.0, False), (1.1, False)])
def test_a_dearer_market_stays_only_if_it_takes_less_of_the_budget(weight: float, stays: bool) -> None:
    """Of a GPU-hour on spot 0.9 are worked: it takes 1 for each hour of work, which on-demand is measured by."""
    problem = rented(on_demand=weight, spot=0.9)
    assert (ON_DEMAND in useful_to_the_second(problem, WITH_BUDGET)) == stays
    assert SPOT in useful_to_the_second(problem, WITH_BUDGET)
    assert useful_to_the_second(problem, WITHOUT_BUDGET) == [SERVER, RESERVED, SPOT]


def test_it_must_be_beaten_in_every_budget() -> None:
    """On-demand takes more of the first budget and less of the second."""
    more, less = (rented(on_demand=weight, spot=0.9).budgets[0] for weight in (1.1, 0.95))
    problem = rented()
    assert ON_DEMAND not in useful_to_the_second(replace(problem, budgets=(more, more)), WITH_BUDGET)
    assert ON_DEMAND in useful_to_the_second(replace(problem, budgets=(more, less)), WITH_BUDGET)


@pytest.mark.parametrize(("server", "stays"), [(0.0, True), (0.5, True), (1.0, False)])
def test_a_server_that_runs_dearer_stays_only_if_it_takes_less(server: float, stays: bool) -> None:
    """Its hours cost 1.5, spot's 1/0.9 for each hour of work."""
    base = rented(server=server, spot=0.9)
    cost = base.running_cost.copy()
    cost[:, :, SERVER] = 1.5
    problem = replace(base, running_cost=cost)
    assert (SERVER in useful_to_the_second(problem, WITH_BUDGET)) == stays
    assert SERVER not in useful_to_the_second(problem, WITHOUT_BUDGET)


@pytest.mark.parametrize(("on_demand", "spot"), [(1.0, 2.0), (2.0, 1.0)])
def test_of_equal_prices_the_one_that_takes_less_stays(on_demand: float, spot: float) -> None:
    base = replace(rented(on_demand=on_demand, spot=spot), effectiveness=np.ones((2, 4)))
    cost = base.running_cost.copy()
    cost[:, :, SPOT] = cost[:, :, ON_DEMAND]
    less = ON_DEMAND if on_demand < spot else SPOT
    assert useful_to_the_second(replace(base, running_cost=cost), WITH_BUDGET) == [SERVER, RESERVED, less]


def test_work_left_undone_takes_nothing_of_a_budget() -> None:
    """At a penalty of 1.5 on-demand at 2 is not worth offering, although spot takes more of the budget."""
    problem = replace(rented(on_demand=0.1, spot=0.9), unserved_penalty=np.array([np.inf, 1.5]))
    assert useful_to_the_second(problem, WITH_BUDGET) == [SERVER, RESERVED, SPOT]


@cache
def case(seed: int) -> Instance:
    """Many ways to serve, few of them limited, and tight budgets that couple hours."""
    base = random_instance(seed, must_serve=False, most_supplies=(3, 5, 4))
    instance, rng = replace(base, rental_limits=base.rental_limits[: seed % 2]), np.random.default_rng(seed)
    for name in FEATURE_SETS[seed % len(FEATURE_SETS)]:
        instance = FEATURES[name](instance, rng)
    tight = tuple(replace(budget, limit=0.4 * budget.limit) for budget in instance.budgets)
    return replace(instance, budgets=tight)


@cache
def best_of(seed: int) -> float:
    return optimum(case(seed))


def with_only(problem: Instance, kept: Booleans) -> float:
    """The least cost where everything else is too dear to be run."""
    return optimum(replace(problem, running_cost=np.where(kept, problem.running_cost, 1e6)))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_out_is_never_needed(seed: int) -> None:
    """The hourly programme that may use everything costs the same as that which may use what is useful."""
    assert with_only(case(seed), useful(case(seed))) == pytest.approx(best_of(seed), rel=1e-7)


def test_the_cases_tell_something() -> None:
    """Much is left out, with more budgets too; and without a look at budgets needed ways would be left out."""
    runs = [case(seed).effectiveness[None] > 0 for seed in SEEDS]
    left_out = [(able & ~useful(case(seed))).mean() for seed, able in zip(SEEDS, runs, strict=True)]
    assert np.mean(left_out) > 0.1
    too_much = [with_only(case(seed), useful(replace(case(seed), budgets=()))) for seed in SEEDS]
    worse = [dear > best_of(seed) * (1 + 1e-6) for seed, dear in zip(SEEDS, too_much, strict=True)]
    assert np.mean(worse) > 0.2
