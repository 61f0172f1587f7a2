"""Every feature of the formulation, on both paths, against the programme written out hour by hour."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hybrid_lp.certify import Certified, Path, Settings, Status, certify
from hybrid_lp.merge import merge
from rich_instances import FEATURES, rich_instance
from written_out import optimum

GAP = 1e-6
PATHS = {Path.CUTS: 0, Path.WRITTEN_OUT: 1_000_000}
"""Each path, by the number of columns up to which hours are written out."""

ALONE = [(seed, (name,)) for name in FEATURES for seed in range(5)]
PAIRS = [(100 + number, pair) for number, pair in enumerate(combinations(FEATURES, 2))]
ALL = [(200 + seed, tuple(name for name in FEATURES if name != "deferrable")) for seed in range(40)]
WAITING = [
    (seed, tuple(name for name in FEATURES if name != "two_deferrable"))
    for seed in (*range(300, 310), 300106, 300238, 300294, 300374, 330714, 340642)
]
"""One workload that may wait; the last six have levels whose dearest work that matters is of no length, or nearly."""
_SOME = ("early_sale", "draws", "capital", "cloud_bill", "carbon", "deferrable")
HARD = [
    (50255, ALL[0][1]),  # The relaxed programme prefers capacity that oversteps a budget by a hundred-thousandth.
    (310119, _SOME),  # HiGHS took the best plan for infeasible, with rows of 1e8.
    (321390, WAITING[0][1]),  # The work of a block just fills its pieces of one price, but for rounding.
    (300660, tuple(FEATURES)),  # No capacity keeps the budgets, and cuts that say so are kept up to the tolerance.
    (320848, tuple(FEATURES)),
]
CASES = ALONE + PAIRS + ALL + WAITING + HARD

Case = tuple[int, tuple[str, ...]]


@cache
def best_of(case: Case) -> float:
    return optimum(rich_instance(*case))


def certified(case: Case, path: Path) -> Certified:
    merged, _ = merge(rich_instance(*case))
    return certify(merged, Settings(gap=GAP, written_out_columns=PATHS[path]))[0]


def named(case: Case) -> str:
    seed, features = case
    return f"{seed}-{'-'.join(features)}" if len(features) <= 2 else f"{seed}-all"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", CASES, ids=named)
def test_bound_and_cost_meet_at_the_hourly_optimum(case: Case, path: Path) -> None:
    """Never a bound above it, never a cost below it, both within the gap; what cannot be served is said so."""
    best, found = best_of(case), certified(case, path)
    if np.isinf(best):
        assert found.status is Status.INFEASIBLE
        assert not found.operations
        return
    slack = 1e-7 * abs(best) + 1e-8
    assert found.bound <= best + slack
    assert found.cost >= best - slack
    assert found.gap <= GAP
    assert found.status is Status.OPTIMAL
    assert found.path in (path, Path.NO_ORDERS)


def test_the_cases_are_of_every_kind() -> None:
    """Some without a plan, most with one; with all features at once too."""
    for cases, least, most in ((CASES, 0.02, 0.4), (ALL, 0.02, 0.6)):
        impossible = np.mean([np.isinf(best_of(case)) for case in cases])
        assert least <= impossible <= most


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_is_there(name: str) -> None:
    """Its part of the instance is not that of the instance without it."""
    changed = 0
    for seed in range(5):
        plain, rich = rich_instance(seed, ()), rich_instance(seed, (name,))
        for part in ("held", "sale_change", "draws", "budgets", "openings", "people", "class_of_hour", "blocks"):
            before, after = getattr(plain, part), getattr(rich, part)
            changed += before is not after and (after is not None and len(after) > 0)
    assert changed >= 4


@pytest.mark.parametrize("seed", [910, 918, 923, 934, 944])
def test_no_more_work_is_done_than_is_asked(seed: int) -> None:
    """Not on supplies whose hours cost nothing either: busy hours would be too many."""
    merged, _ = merge(rich_instance(seed, ()))
    found, _ = certify(merged, Settings(gap=GAP, written_out_columns=0))
    done = np.zeros((merged.periods, merged.workloads))
    for mixed in found.operations:
        operation = mixed.operation
        work = np.einsum("cwj,wj->cw", operation.run_gpu_hours, merged.effectiveness)
        np.add.at(done, merged.period_of_class, work * mixed.share[merged.period_of_class][:, None])
        done += operation.unserved_gpu_hours * mixed.share[:, None]
    asked = np.add.reduceat(merged.demand, merged.first_hour[:-1], axis=0)
    assert done == pytest.approx(asked, rel=1e-6, abs=1e-6 * asked.max())


@pytest.mark.parametrize("seed", range(24))
def test_no_bound_is_told_on_the_way_that_is_none(seed: int) -> None:
    """With sites and whole people, smaller searches come first: their bounds are not those of all plans."""
    merged, _ = merge(rich_instance(seed, ("capital", "openings", "people")))
    found, _ = certify(merged, Settings(gap=3e-3, written_out_columns=0))
    assert all(turn.bound <= found.cost * (1 + 1e-7) + 1e-7 for turn in found.rounds)
