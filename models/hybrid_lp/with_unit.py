"""At which price whole units of a pool would enter a plan: found with the cheapest plans that have one.

Let V(f) be the least cost of all plans with at least one unit of the pool when its price is f times today's. V is
concave and never falls with f: it is the least of lines A + f·B, one for each plan, B ≥ 0. The pool enters below the
f at which V(f) is z, the cost of the plan without it. A solve at f gives a plan, and with it the f at which that plan
ties with z, and a bound of V(f). From tie to tie the largest is found (Dinkelbach 1967); the bounds say that there is
none larger. A plan must have a unit, so that the solver is not led to prove again that the plan without one is good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from hybrid_lp.certify import Certified, Round, Settings, Status, certify_again
from hybrid_lp.entering import MARGIN, NEARLY_FREE, Entry, PricedOption
from hybrid_lp.instance import Budget, Instance
from hybrid_lp.memory import Memory
from hybrid_lp.merge import merge

MOST_SOLVES = 8
"""Solves after which what is known is told as an interval."""

FIRST_GAPS = 10.0
"""The first solve is proven this many times less close than the plan: its plan is only where to go on from."""

CLOSE = 0.9
"""Share of the gap that would just do that is asked of a solve."""

WIDEST = 1e-2
"""Relative gap that is asked of every solve, however much the pool costs."""

FINEST = 1e-6
"""Relative gap below which no solve is asked, however little the pool costs."""


@dataclass(frozen=True)
class Solve:
    """What a solve at one price proves of all plans with a unit."""

    factor: float
    bound: float
    """V(factor) is at least this; infinite where there is no such plan."""
    tie: float | None
    """The factor at which its plan costs what the plan without a unit does; None where it found no plan."""
    spent: float
    """What its plan spends in proportion to the price, at today's."""
    finished: bool


@dataclass
class Known:
    """What the solves so far prove. cost and bound: of the plan without a unit."""

    cost: float
    bound: float
    tie: float = 0.0
    spent: float = 0.0
    """Of the plan that ties last."""
    bounds: list[tuple[float, float]] = field(default_factory=list)
    """(factor, V is at least this)."""

    def add(self, solve: Solve) -> None:
        """Take it in."""
        self.bounds.append((solve.factor, solve.bound))
        if solve.tie is not None and solve.tie > self.tie * (1 + 1e-9):
            self.tie, self.spent = solve.tie, solve.spent

    @property
    def used_below(self) -> float:
        """Below it the plan of the tie costs less than the bound of all plans without a unit."""
        return max(self.tie - (self.cost - self.bound) / self.spent, 0.0) if self.spent > 0 else 0.0

    @property
    def unused_above(self) -> float:
        """From it on no plan with a unit costs less than the plan without; at today's price, 1, none does.

        Where V was bounded from z on at b and from less at a < b, the straight line between the two bounds bounds it.
        """
        proven = [(factor, bound) for factor, bound in self.bounds if bound >= self.cost]
        highest = min((factor for factor, _ in proven), default=1.0)
        for above, most in proven:
            for below, least in self.bounds:
                if below < above and -np.inf < least < self.cost and np.isfinite(most):
                    crossing = below + (self.cost - least) / (most - least) * (above - below)
                    highest = min(highest, crossing)
        return max(highest, min(self.tie, 1.0))


def entry_of_units(
    option: PricedOption, settings: Settings, plan: Certified, memory: Memory | None, estimate: float
) -> Entry:
    """Where a pool of whole units enters a plan that has none of it.

    memory: what the search of the plan left. estimate: where to begin, a factor of today's price.
    """
    return follow_ties(_Solver(option, settings, plan, memory), plan.cost, plan.bound, settings.gap, estimate)


def follow_ties(
    solve: Callable[[float, float, bool], Solve], cost: float, bound: float, gap: float, estimate: float
) -> Entry:
    """From tie to tie. solve(factor, gap, decide): with `decide` it may end once its bound is above `cost`."""
    known, factor, wanted = Known(cost, bound), min(max(estimate, NEARLY_FREE), 1.0), FIRST_GAPS * gap
    for number in range(MOST_SOLVES):
        found = solve(factor, wanted, number > 0)
        if not found.finished:
            return Entry(None, finished=False)
        if np.isposinf(found.bound):
            return Entry(None, never=True)
        known.add(found)
        if known.tie <= NEARLY_FREE and factor <= NEARLY_FREE and found.bound >= cost:
            return Entry(None, never=True)
        next_factor = min((1 + MARGIN) * known.tie, 1.0) if known.tie > NEARLY_FREE else NEARLY_FREE
        if known.tie > NEARLY_FREE and known.unused_above <= next_factor * (1 + 1e-9):
            break
        # So much more the plan found costs there than the plan without: this close to it, a bound is above that.
        needed = 1.0 if found.tie is None else (next_factor - found.tie) * found.spent / max(abs(cost), 1.0)
        closer = CLOSE * needed if next_factor != factor else min(CLOSE * needed, wanted / 4)
        if wanted <= FINEST and next_factor == factor:
            break
        factor, wanted = next_factor, min(max(closer, FINEST), WIDEST)
    return _told(known)


def _told(known: Known) -> Entry:
    tie, low, high = min(known.tie, 1.0), min(known.used_below, 1.0), known.unused_above
    if low >= tie * (1 - MARGIN) and high <= tie * (1 + MARGIN) * (1 + 1e-9):
        return Entry(tie)
    return Entry(None, between=(low, high))


class _Solver:
    """Solves with at least one unit of the pool, each going on from what the last one left."""

    def __init__(self, option: PricedOption, settings: Settings, plan: Certified, memory: Memory | None) -> None:
        self._option, self._settings, self._plan, self._memory = option, settings, plan, memory

    def __call__(self, factor: float, gap: float, decide: bool) -> Solve:
        option, settings, cost = self._option, self._settings, self._plan.cost
        merged, membership = merge(with_unit(option, factor))
        reached = [-np.inf]

        def watch(turn: Round) -> None:
            reached[0] = turn.bound

        def decided() -> bool:
            before = settings.interrupted
            return (decide and reached[0] >= cost) or (before is not None and before())

        again = replace(settings, gap=gap, interrupted=decided)
        certified, _, self._memory = certify_again(merged, again, self._memory, watch)
        bound = np.inf if certified.status is Status.INFEASIBLE else certified.bound
        tie, spent = None, 0.0
        if certified.operations:
            spent = option.spent(membership, certified)
            tie = factor + (cost - certified.cost) / spent if spent > 0 else None
        proven = certified.status in (Status.OPTIMAL, Status.WITHIN_GAP, Status.INFEASIBLE)
        return Solve(factor, bound, tie, spent, proven or (decide and bound >= cost))


def with_unit(option: PricedOption, factor: float) -> Instance:
    """The instance at that price, in which at least one unit of the pool is ordered: −Σ orders ≤ −1."""
    instance, k = option.at(factor), option.pool
    weights = np.zeros((instance.pools, instance.periods))
    weights[k] = -1.0
    return replace(instance, budgets=(*instance.budgets, Budget("one of it", "units", -1.0, order_weights=weights)))


def has_whole_units(option: PricedOption, settings: Settings) -> bool:
    """Is it a pool that is ordered in whole units, whatever it costs?"""
    k = option.pool
    return k is not None and not settings.relax and bool(option.instance.whole[k])
