"""Which early sales a search over whole numbers is given."""

from __future__ import annotations

import numpy as np
import pytest
from hybrid_lp.certify import Path, Settings, Status, certify
from hybrid_lp.early import improving, possible, within
from hybrid_lp.merge import merge
from rich_instances import rich_instance
from written_out import optimum

NEVER = np.inf


def test_only_those_that_a_plan_could_pay_for() -> None:
    """A whole unit costs its reduced cost at least; of fractions there may be a little of any."""
    reduced = {0: np.array([[NEVER, 5.0], [NEVER, 2.0]]), 1: np.array([[NEVER, 5.0], [NEVER, 2.0]])}
    assert within(reduced, 3.0, np.array([True, False])) == {(0, 1, 1), (1, 0, 1), (1, 1, 1)}


def test_the_best_of_each_order_and_of_each_leave_period_improve() -> None:
    """Of 1 unit each: (0, 2) is best of its order period, (1, 2) of its own and of its leave period."""
    reduced = {0: np.array([[NEVER, -1.0, -2.0], [NEVER, NEVER, -3.0], [NEVER, NEVER, NEVER]])}
    assert improving(reduced, frozenset(), np.ones((1, 3)), 0.1) == {(0, 0, 2), (0, 1, 2), (0, 0, 1)}
    assert improving(reduced, frozenset({(0, 1, 2)}), np.ones((1, 3)), 0.1) == {(0, 0, 2), (0, 0, 1)}


def test_none_improves_where_all_order_periods_together_save_no_more_than_the_tolerance() -> None:
    reduced = {0: np.array([[NEVER, -1.0, -2.0], [NEVER, NEVER, -3.0], [NEVER, NEVER, NEVER]])}
    assert not improving(reduced, frozenset(), np.ones((1, 3)), 9.0)


def test_without_a_plan_to_beat_all_there_can_be_and_no_others() -> None:
    """A unit cannot leave before it arrives, however much it may cost."""
    reduced = {0: np.array([[NEVER, 5.0], [NEVER, NEVER]])}
    assert within(reduced, np.inf, np.array([True])) == {(0, 0, 1)}


def test_where_the_first_whole_plans_keep_no_budget() -> None:
    """So that there is no plan to beat when the search over whole numbers begins."""
    features = (
        "held",
        "early_sale",
        "draws",
        "capital",
        "classes",
        "cloud_bill",
        "carbon",
        "openings",
        "two_deferrable",
    )
    instance = rich_instance(50099, features)
    assert possible(instance)
    found, best = certify(merge(instance)[0], Settings(gap=1e-6, written_out_columns=0))[0], optimum(instance)
    assert found.path is Path.CUTS
    assert found.status is Status.OPTIMAL
    assert found.cost == pytest.approx(best, rel=1e-6)
