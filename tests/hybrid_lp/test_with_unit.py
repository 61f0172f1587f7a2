"""Where whole units enter, on least costs that are known: the least of lines, one for each plan with a unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hybrid_lp.entering import MARGIN
from hybrid_lp.with_unit import Solve, follow_ties

WITHOUT = 1000.0
GAP = 1e-4

Lines = list[tuple[float, float]]


def solver(lines: Lines, *, slack: float, seen: list[float]) -> Callable[[float, float, bool], Solve]:
    """Solves whose plan is the worst within half the gap asked for, and whose bound lies `slack` gaps below."""

    def solve(factor: float, gap: float, decide: bool) -> Solve:
        seen.append(factor)
        cost = np.array([fixed + factor * spent for fixed, spent in lines])
        least = float(cost.min())
        near = np.flatnonzero(cost <= least * (1 + gap / 2))
        fixed, spent = lines[int(near[cost[near].argmax()])]
        found = fixed + factor * spent
        return Solve(factor, least - slack * gap * least, factor + (WITHOUT - found) / spent, spent, finished=True)

    return solve


def true_entry(lines: Lines) -> float:
    """The largest factor at which a plan with a unit costs what the plan without does."""
    return max((WITHOUT - fixed) / spent for fixed, spent in lines)


@pytest.mark.parametrize("seed", range(60))
def test_the_last_tie_is_found_from_any_estimate(seed: int) -> None:
    """Plans that spend enough for a margin of 1 % to be seen: the price is told, within that margin."""
    rng = np.random.default_rng(seed)
    spent = rng.uniform(50, 400, int(rng.integers(1, 6)))
    entry_factor = rng.uniform(0.05, 0.95)
    fixed = WITHOUT - spent * entry_factor * rng.uniform(0.3, 1.0, len(spent))
    lines = list(zip(fixed.tolist(), spent.tolist(), strict=True))
    seen: list[float] = []
    found = follow_ties(solver(lines, slack=0.5, seen=seen), WITHOUT, WITHOUT * (1 - GAP / 2), GAP, rng.uniform(0, 2))
    assert found.below == pytest.approx(true_entry(lines), rel=MARGIN)
    assert len(seen) <= 8


@pytest.mark.parametrize("seed", range(40))
def test_what_cannot_be_told_to_the_margin_is_an_interval_that_holds_it(seed: int) -> None:
    """A plan without a unit that is proven badly: 1 % of the price is less than what is not known."""
    rng = np.random.default_rng(seed)
    lines = [(WITHOUT - 4.0 * rng.uniform(0.3, 0.8), 4.0)]
    found = follow_ties(solver(lines, slack=1.0, seen=[]), WITHOUT, WITHOUT * (1 - 1e-3), 1e-3, 0.5)
    assert found.below is None
    assert found.between is not None
    low, high = found.between
    assert low <= true_entry(lines) <= high * (1 + 1e-9)


def test_of_plans_that_tie_together_the_one_that_spends_less_is_told_too() -> None:
    """Above the tie the plan that spends less is the cheaper one, and nearer to the plan without."""
    lines = [(WITHOUT - 600.0 * 0.6, 600.0), (WITHOUT - 12.0 * 0.6, 12.0)]
    found = follow_ties(solver(lines, slack=0.9, seen=[]), WITHOUT, WITHOUT * (1 - GAP / 100), GAP, 0.5)
    assert found.below == pytest.approx(0.6, rel=MARGIN)


def test_a_plan_that_never_ties_above_nothing_never_enters() -> None:
    """Even free it costs more than the plan without."""
    found = follow_ties(solver([(WITHOUT * 1.1, 100.0)], slack=0.0, seen=[]), WITHOUT, WITHOUT, GAP, 0.5)
    assert found.never


def test_no_plan_with_a_unit_at_all() -> None:
    found = follow_ties(lambda factor, gap, decide: Solve(factor, np.inf, None, 0.0, True), WITHOUT, WITHOUT, GAP, 0.5)
    assert found.never


def test_time_that_runs_out_is_told() -> None:
    found = follow_ties(lambda factor, gap, decide: Solve(factor, 0.0, None, 0.0, False), WITHOUT, WITHOUT, GAP, 0.5)
    assert not found.finished
