"""The least by which limits must give way: by cuts as written out, never too little, never more than needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hybrid_lp.certify import Certified, Settings, certify
from hybrid_lp.elastic import (
    PRICE,
    Elastic,
    Given,
    Slack,
    costless,
    given_by,
    least_relaxation,
    relaxed,
    without_slack,
)
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import CapacityLimit, Instance, RentalLimit
from hybrid_lp.merge import merge
from hybrid_lp.trial import makes_a_plan
from rich_instances import rich_instance

WRITTEN = Settings(gap=1e-6, written_out_columns=10**9)
CUTS = replace(WRITTEN, written_out_columns=0)
FEATURES = [(), ("held",), ("early_sale",), ("draws",), ("capital", "openings"), ("carbon",), ("cloud_bill",)]


def scarce(seed: int) -> Instance:
    """Everything must be served, few GPUs can be rented, few units may be in service."""
    problem = rich_instance(seed, FEATURES[seed % len(FEATURES)])
    markets = tuple(np.flatnonzero(problem.is_market).tolist())
    pools = tuple(range(problem.pools))
    return merge(
        costless(
            replace(
                problem,
                unserved_penalty=np.full(problem.workloads, np.inf),
                rental_limits=(RentalLimit("rented", markets, (), (), 0.3 * float(problem.demand.sum(axis=1).max())),),
                capacity_limits=(CapacityLimit("units", "units", pools, tuple(1.0 for _ in pools), 2.0),),
                order_max=np.where(problem.order_max > 0, np.inf, 0.0),
                order_min=np.zeros_like(problem.order_min),
                order_limits=(),
            )
        )
    )[0]


def everything(problem: Instance) -> Elastic:
    """Every limit may give way."""
    budgets = tuple(Slack(max(abs(budget.limit), 1.0), budgets=(n,)) for n, budget in enumerate(problem.budgets))
    return Elastic((Slack(2.0, capacity_limits=(0,)), Slack(10.0, rental_limits=(0,)), *budgets))


def slack_of(certified: Certified, problem: Instance) -> float:
    return float(certified.orders[problem.pools :, 0].sum())


@pytest.mark.parametrize("seed", range(42))
def test_by_cuts_the_least_relaxation_is_that_written_out_and_makes_a_plan(seed: int) -> None:
    problem = scarce(seed)
    elastic = everything(problem)
    instance = least_relaxation(problem, elastic)
    by_cuts, _ = certify(instance, CUTS)
    written, _ = certify(instance, WRITTEN)
    assert bool(by_cuts.operations) == bool(written.operations)
    if not written.operations:
        return
    assert by_cuts.cost == pytest.approx(written.cost, rel=1e-5, abs=1e-5)
    for certified in (by_cuts, written):
        assert certified.cost >= PRICE * slack_of(certified, problem) - 1e-6
        given = given_by(problem, elastic, certified.orders)
        more = Given(tuple(amount + 1e-7 for amount in given.amounts))
        holdings = without_slack(problem, certified.holdings)
        assert makes_a_plan(relaxed(problem, elastic, more), holdings, Fractions.NONE)
        feasible, _ = certify(relaxed(problem, elastic, more), CUTS)
        assert feasible.operations


@pytest.mark.parametrize("seed", range(42))
def test_what_needs_no_relaxation_gets_none_and_what_does_has_no_plan_without(seed: int) -> None:
    problem = scarce(seed)
    certified, _ = certify(least_relaxation(problem, everything(problem)), WRITTEN)
    plain, _ = certify(problem, WRITTEN)
    if certified.operations:
        assert bool(plain.operations) == (slack_of(certified, problem) < 1e-6)


def test_the_instances_are_of_both_kinds() -> None:
    needed = []
    for seed in range(42):
        problem = scarce(seed)
        certified, _ = certify(least_relaxation(problem, everything(problem)), WRITTEN)
        needed.append(bool(certified.operations) and slack_of(certified, problem) > 1e-6)
    assert 8 <= sum(needed) <= 38, f"{sum(needed)} of {len(needed)} need a relaxation"
