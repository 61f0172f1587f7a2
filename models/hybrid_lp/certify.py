"""The loop that closes the gap between what the programme says and what the hours cost.

The programme over orders and capacity bounds every plan from below; `operate` prices its plan at every hour, from
above. The dual prices of the hours are linear bounds on each period's operating cost, and become rows of the programme
(L-shaped: Van Slyke & Wets 1969), until both meet. Small instances are written out hour by hour and solved at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from hybrid_lp.build import Programme, with_cuts, written_out
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import Levels, distinct_hours, slices
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operation, Operator, Valuation
from hybrid_lp.rounding import rounded
from hybrid_lp.solve import Effort, Outcome, Solution, limit_prices, solve

FINEST_GAP = 1e-9
"""No loop is turned for less: that is what double precision and the solver's tolerances leave."""

OPTIMAL_GAP = 1e-6
"""The word `optimal` is for plans proven this close."""

CONTRADICTION = 1e-7
"""A bound above the cost of a plan by more than this share of it is no rounding: the solver was wrong."""

MOST_ROUNDS = 500
"""Rounds after which the loop gives up: far beyond what is needed, so that a bug ends too."""


class Status(StrEnum):
    """What is known of a plan."""

    OPTIMAL = "optimal"
    WITHIN_GAP = "within_gap"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"
    UNBOUNDED = "unbounded"
    ERROR = "error"


class Path(StrEnum):
    """How the hours were dealt with."""

    NO_ORDERS = "no orders"
    """Nothing can be ordered: operation is all there is."""
    WRITTEN_OUT = "written out"
    """Every distinct hour is part of the programme."""
    CUTS = "cuts"
    """The programme knows the hours by their dual prices."""


@dataclass(frozen=True)
class Settings:
    """How to search."""

    gap: float = 1e-4
    """Relative gap to prove."""
    relax: bool = False
    """May whole servers and instances be fractions?"""
    solver: str = "HiGHS"
    """Name of a solver that PuLP finds."""
    seconds_left: Callable[[], float] | None = None
    """Seconds until the time limit; None where there is none."""
    interrupted: Callable[[], bool] | None = None
    """Asked now and then: True ends the search with the best plan so far."""
    slices_per_period: int = 16
    """Levels by which the first cuts are found, before the loop looks at every hour."""
    written_out_columns: int = 1500
    """Instances whose hours need no more columns than this are written out."""


@dataclass(frozen=True)
class Round:
    """One turn of the loop, for those who watch."""

    number: int
    cost: float
    """Of the best plan so far, at full hours; infinite while there is none."""
    bound: float


@dataclass(frozen=True)
class Certified:
    """A plan with its proof."""

    status: Status
    cost: float
    """Discounted cost of the plan at full hours; infinite when there is no plan."""
    bound: float
    """No plan costs less; −inf when nothing is proven."""
    orders: Floats
    """orders[pool, period]  units."""
    capacity: Floats
    """capacity[pool, period]  units in service."""
    operation: Operation | None
    """None when there is no plan."""
    limit_prices: Floats
    """limit_prices[capacity limit, period]  currency of that period per unit more of the limit, in the relaxed
    programme; NaN where it was not asked."""
    path: Path
    rounds: tuple[Round, ...]
    message: str

    @property
    def gap(self) -> float:
        """(cost − bound) / max(|cost|, 1); infinite when there is no plan or no bound."""
        return relative_gap(self.cost, self.bound)


def relative_gap(cost: float, bound: float) -> float:
    """(cost − bound) / max(|cost|, 1), as formats.md has it."""
    return (cost - bound) / max(abs(cost), 1.0) if np.isfinite(cost) and np.isfinite(bound) else np.inf


def certify(
    instance: Instance, settings: Settings, watch: Callable[[Round], None] = lambda _: None
) -> tuple[Certified, Operator]:
    """The plan of least cost within `settings.gap`, and the operator that can replay its hours."""
    offered = useful(instance)
    operator = Operator(instance, offered)
    search = _Search(instance, settings, watch, operator, offered)
    return search.run(), operator


@dataclass(frozen=True)
class _Plan:
    """Orders and what they cost."""

    cost: float
    orders: Floats
    valuation: Valuation


class _Search:
    """The state of one search: the programme, the best plan so far, the best bound so far."""

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        watch: Callable[[Round], None],
        operator: Operator,
        offered: Booleans,
    ) -> None:
        self.instance = instance
        self.settings = settings
        self.watch = watch
        self.operator = operator
        self.offered = offered
        self.hours = distinct_hours(instance)
        self.whole = instance.has_whole_orders and not settings.relax
        self.bound = -np.inf
        self.best: _Plan | None = None
        self.latest: tuple[Levels, Valuation] | None = None
        self.rounds: list[Round] = []
        self.programme: Programme | None = None

    def run(self) -> Certified:
        """Choose the path and follow it."""
        if not (self.instance.order_max > 0).any():
            return self._certified(Path.NO_ORDERS, self._without_orders())
        columns = int(self.offered[self.hours.period].sum()) + self.hours.count
        if columns <= self.settings.written_out_columns:
            return self._certified(Path.WRITTEN_OUT, self._written_out())
        return self._certified(Path.CUTS, self._by_cuts())

    def _without_orders(self) -> Solution | None:
        plan = self._price(self.hours, np.zeros((self.instance.pools, self.instance.periods)))
        self._keep(plan)
        if not np.isfinite(plan.cost):
            return _failed(Outcome.INFEASIBLE, "nothing can be ordered")
        self.bound = plan.cost
        return None

    def _written_out(self) -> Solution | None:
        """One solve; exact up to the solver's gap on whole numbers."""
        programme = self.programme = written_out(self.instance, self.hours, self.offered)
        solution = self._solve(programme, relax=not self.whole, gap=max(self.settings.gap, FINEST_GAP) / 2)
        if solution.orders is not None:
            self._keep(self._price(self.hours, solution.orders))
        return solution if solution.outcome is not Outcome.SOLVED else None

    def _by_cuts(self) -> Solution | None:
        """Relaxed over slices of the hours, then over all hours, then in whole numbers: each begins with better cuts.

        Cuts found on slices are bounds for the hours too (Jensen), and whole numbers need the relaxed programme's.
        """
        programme = self.programme = with_cuts(self.instance)
        gap = max(self.settings.gap, FINEST_GAP)
        coarse = slices(self.instance, self.settings.slices_per_period)
        ending = self._close(programme, coarse, relax=True, target=max(gap / 2, 1e-4))
        sketch, self.best = self.best, None
        if ending is None:
            ending = self._close(programme, self.hours, relax=True, target=gap / 4 if self.whole else gap)
        elif sketch is not None:
            # What it cost was the cost of the slices; at full hours it may be dearer, or no plan at all.
            self._keep(self._price(self.hours, sketch.orders))
        if not self.whole:
            return ending
        fractional, self.best = self.best, None
        if fractional is not None:
            for orders in rounded(self.instance, fractional.orders):
                self._keep(self._price(self.hours, orders))
        if ending is None and not self._closed(gap):
            ending = self._close(programme, self.hours, relax=False, target=gap)
        return ending

    def _close(self, programme: Programme, levels: Levels, *, relax: bool, target: float) -> Solution | None:
        """Turn until the gap over these levels is at most `target`: None. Otherwise the solve that could not go on."""
        self._learn(programme, levels, np.zeros((self.instance.pools, self.instance.periods)))
        for _ in range(MOST_ROUNDS):
            solution = self._solve(programme, relax=relax, gap=target / 4)
            if solution.orders is None:
                return solution
            plan = self._price(levels, solution.orders)
            self._keep(plan)
            self._report()
            if self._closed(target):
                return None
            if solution.outcome is Outcome.TIME_LIMIT:
                return solution
            if not self._add_cuts(programme, levels, plan, solution.operating, target):
                return None  # The programme is exact for this plan: what is left is the solver's own gap.
        return _failed(Outcome.ERROR, f"the gap was not closed in {MOST_ROUNDS} rounds")

    def _learn(self, programme: Programme, levels: Levels, orders: Floats) -> None:
        """Begin with the cuts of some orders, unless cuts of these levels are there already."""
        if programme.rounds == 0:
            plan = self._price(levels, orders)
            self._add_cuts(programme, levels, plan, np.full(self.instance.periods, -np.inf), 0.0)

    def _add_cuts(self, programme: Programme, levels: Levels, plan: _Plan, operating: Floats, target: float) -> bool:
        """Add the cuts that the plan violates by more than its share of the gap. False if there are none."""
        hidden = self.instance.discount_middle * (plan.valuation.period_cost - operating)
        best = self.best.cost if self.best is not None and np.isfinite(self.best.cost) else plan.cost
        allowed = target * abs(best) / (8 * self.instance.periods) if np.isfinite(best) else 0.0
        chosen = hidden > allowed
        shortage = None
        if plan.valuation.short.any():
            shortage = self.operator.shortage(levels, self.instance.capacity(plan.orders), plan.valuation.short)
        if not chosen.any() and (shortage is None or len(shortage.period) == 0):
            return False
        programme.add_cuts(plan.valuation.cuts, chosen, shortage)
        return True

    def _solve(self, programme: Programme, *, relax: bool, gap: float) -> Solution:
        """Solve within the time that is left, and keep the bound."""
        settings = self.settings
        if settings.interrupted is not None and settings.interrupted():
            return _failed(Outcome.TIME_LIMIT, "interrupted")
        seconds = None if settings.seconds_left is None else settings.seconds_left()
        if seconds is not None and seconds <= 0:
            return _failed(Outcome.TIME_LIMIT, "the time limit was reached")
        effort = Effort(settings.solver, gap, seconds, relax, settings.interrupted)
        solution = solve(programme, self.instance, effort)
        self.bound = max(self.bound, solution.bound)
        return solution

    def _price(self, levels: Levels, orders: Floats) -> _Plan:
        """Cost of orders[pool, period] over these levels; infinite where must-serve work is short."""
        start = None
        if self.latest is not None:
            known, valuation = self.latest
            start = valuation.basis if known is levels else valuation.basis[known.level_of_hour[levels.some_hour]]
        valuation = self.operator.value(levels, self.instance.capacity(orders), start)
        self.latest = levels, valuation
        if valuation.short.any():
            return _Plan(np.inf, orders, valuation)
        operating = float(self.instance.discount_middle @ valuation.period_cost)
        return _Plan(self.instance.fixed_cost(orders) + operating, orders, valuation)

    def _keep(self, plan: _Plan) -> None:
        if self.best is None or plan.cost < self.best.cost:
            self.best = plan

    def _closed(self, target: float) -> bool:
        return self.best is not None and relative_gap(self.best.cost, self.bound) <= target

    def _report(self) -> None:
        cost = np.inf if self.best is None else self.best.cost
        entry = Round(len(self.rounds) + 1, cost, self.bound)
        self.rounds.append(entry)
        self.watch(entry)

    def _certified(self, path: Path, ending: Solution | None) -> Certified:
        """The result, whatever ended the search."""
        message = "" if ending is None else ending.message
        if self.best is None or not np.isfinite(self.best.cost):
            outcome = Outcome.ERROR if ending is None else ending.outcome
            nothing = np.zeros((self.instance.pools, self.instance.periods))
            status = _NO_PLAN.get(outcome, Status.ERROR)
            unknown = np.full((len(self.instance.capacity_limits), self.instance.periods), np.nan)
            rounds = tuple(self.rounds)
            return Certified(status, np.inf, self.bound, nothing, nothing, None, unknown, path, rounds, message)
        plan = self.best
        contradiction = self.bound > plan.cost + CONTRADICTION * max(abs(plan.cost), 1.0)
        bound = -np.inf if contradiction else min(self.bound, plan.cost)
        reached = relative_gap(plan.cost, bound)
        if contradiction:
            message = f"the solver contradicts itself: it bounds all plans by {self.bound:g}, one costs {plan.cost:g}"
            status = Status.ERROR
        elif reached <= OPTIMAL_GAP:
            status = Status.OPTIMAL
        elif reached <= self.settings.gap:
            status = Status.WITHIN_GAP
        else:
            status = Status.TIME_LIMIT if ending is not None and ending.outcome is Outcome.TIME_LIMIT else Status.ERROR
        capacity = self.instance.capacity(plan.orders)
        operation = self.operator.operate(self.hours, capacity, plan.valuation.basis)
        prices, rounds = self._limit_prices(), tuple(self.rounds)
        return Certified(status, plan.cost, bound, plan.orders, capacity, operation, prices, path, rounds, message)

    def _limit_prices(self) -> Floats:
        """What the limits on capacity are worth: one more solve of the relaxed programme, where there are any."""
        unknown = np.full((len(self.instance.capacity_limits), self.instance.periods), np.nan)
        if len(unknown) == 0 or self.programme is None:
            return unknown
        solution = self._solve(self.programme, relax=True, gap=self.settings.gap)
        return unknown if solution.orders is None else limit_prices(self.programme, self.instance)


_NO_PLAN = {
    Outcome.INFEASIBLE: Status.INFEASIBLE,
    Outcome.UNBOUNDED: Status.UNBOUNDED,
    Outcome.TIME_LIMIT: Status.TIME_LIMIT,
}


def _failed(outcome: Outcome, message: str) -> Solution:
    return Solution(outcome, None, np.zeros(0), -np.inf, message)


def least_shortfall(instance: Instance) -> Instance:
    """The same limits with nothing to pay but 1 for each reference GPU-hour of must-serve work left undone.

    Its optimum is the least shortfall that any plan must have: to explain why there is no plan, not to plan.
    """
    must = ~np.isfinite(instance.unserved_penalty)
    return replace(
        instance,
        unserved_penalty=np.where(must, 1.0, 0.0),
        running_cost=np.zeros_like(instance.running_cost),
        order_cost=np.zeros_like(instance.order_cost),
        holding_cost=np.zeros_like(instance.holding_cost),
        discount_middle=np.ones_like(instance.discount_middle),
    )
