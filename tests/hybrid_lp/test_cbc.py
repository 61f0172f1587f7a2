"""HiGHS and CBC agree on 200 random instances, in fractions and in whole units."""

from __future__ import annotations

import numpy as np
import pytest
from hybrid_lp.build import written_out
from hybrid_lp.certify import Settings, Status, certify
from hybrid_lp.instance import Instance
from hybrid_lp.levels import group
from hybrid_lp.merge import merge, useful
from hybrid_lp.solve import Effort, Outcome, Solution, solve
from of_orders import allowed
from random_instances import random_instance

SIZE, BATCHES = 10, 20


def small(seed: int) -> Instance:
    return random_instance(seed, whole=True, most_workloads=2, most_supplies=(3, 2, 1))


def by(solver: str, problem: Instance, *, relax: bool) -> Solution:
    """The same programme, over three levels a period so that CBC is quick."""
    levels = group(problem, np.arange(problem.hours) % 3)
    programme = written_out(problem, levels, useful(problem))
    return solve(programme, Effort(solver, 1e-7, None, allowed(relax=relax)))


@pytest.mark.parametrize("relax", [True, False], ids=["fractions", "whole"])
@pytest.mark.parametrize("batch", range(BATCHES))
def test_highs_and_cbc_agree(batch: int, relax: bool) -> None:
    for seed in range(batch * SIZE, (batch + 1) * SIZE):
        problem = small(seed)
        highs, cbc = (by(solver, problem, relax=relax) for solver in ("HiGHS", "COIN_CMD"))
        assert highs.outcome is cbc.outcome is Outcome.SOLVED, seed
        assert cbc.bound == pytest.approx(highs.bound, rel=1e-6, abs=1e-6), seed


@pytest.mark.parametrize("seed", range(8))
def test_a_certificate_by_cbc_is_that_by_highs(seed: int) -> None:
    problem, _ = merge(small(seed))
    highs, _ = certify(problem, Settings(gap=1e-4, written_out_columns=0))
    cbc, _ = certify(problem, Settings(gap=1e-4, written_out_columns=0, solver="COIN_CMD"))
    assert cbc.status in (Status.OPTIMAL, Status.WITHIN_GAP)
    assert cbc.cost == pytest.approx(highs.cost, rel=1e-4)
    assert cbc.bound <= highs.cost * (1 + 1e-6)
    assert highs.bound <= cbc.cost * (1 + 1e-6)
