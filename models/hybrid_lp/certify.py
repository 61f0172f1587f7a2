"""The loop that closes the gap: solve over levels, price the plan at full hours, split where the two differ.

The programme over levels bounds every plan from below; `operate` prices its orders at every hour, from above. Levels
whose hours are operated by different bases are where the two differ, and are split by those bases (adaptive partition:
Song & Luedtke, SIAM J. Optim. 25, 2015), which ends at the exact hourly optimum. Hours that cannot be served are cut
in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from hybrid_lp import levels as grouping
from hybrid_lp.build import build
from hybrid_lp.instance import Floats, Instance, Integers
from hybrid_lp.levels import Levels
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operation, Operator
from hybrid_lp.rounding import rounded
from hybrid_lp.solve import Outcome, Solution, solve

OPTIMAL_GAP = 1e-6
"""The word `optimal` is for plans proven this close."""


class Status(StrEnum):
    """What is known of a plan."""

    OPTIMAL = "optimal"
    WITHIN_GAP = "within_gap"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"
    UNBOUNDED = "unbounded"
    ERROR = "error"


@dataclass(frozen=True)
class Settings:
    """How to search."""

    gap: float = 1e-4
    """Relative gap to prove."""
    relax: bool = False
    """May whole servers and instances be fractions?"""
    solver: str = "HiGHS"
    """Name of a solver that PuLP finds."""
    levels_per_period: int = 8
    """Levels to start with."""
    seconds_left: Callable[[], float] | None = None
    """Seconds until the time limit; None where there is none."""


@dataclass(frozen=True)
class Round:
    """One turn of the loop, for those who watch."""

    number: int
    levels: int
    cost: float
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
    search = _Search(instance, settings, watch, Operator(instance, offered), offered)
    return search.run(), search.operator


class _Search:
    """The state of one search: the levels, the best plan so far, the best bound so far."""

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        watch: Callable[[Round], None],
        operator: Operator,
        offered: np.ndarray,
    ) -> None:
        self.instance = instance
        self.settings = settings
        self.watch = watch
        self.operator = operator
        self.offered = offered
        self.levels = grouping.initial(instance, settings.levels_per_period)
        self.bound = -np.inf
        self.best: tuple[float, Floats, Operation] | None = None
        self.bases: Integers | None = None
        self.rounds: list[Round] = []

    def run(self) -> Certified:
        """Close the gap of the relaxed programme first: its levels are right for whole numbers too, at less cost."""
        if not (self.instance.order_max > 0).any():
            return self._without_orders()
        whole = bool(self.instance.whole.any()) and not self.settings.relax
        if not whole:
            return self._ended(self._close(relax=self.settings.relax, target=self.settings.gap))
        ending = self._close(relax=True, target=self.settings.gap / 4)
        fractional, self.best = self.best, None
        if fractional is not None:
            for orders in rounded(self.instance, fractional[1]):
                self._price(orders)
        if ending is None and not self._closed(self.settings.gap):
            ending = self._close(relax=False, target=self.settings.gap)
        return self._ended(ending)

    def _without_orders(self) -> Certified:
        """Nothing can be ordered: operation is all there is, and it is exact."""
        operation = self._price(np.zeros((self.instance.pools, self.instance.periods)))
        if len(operation.short_hours):
            return self._ended(Solution(Outcome.INFEASIBLE, None, np.inf, "nothing can be ordered"))
        self.bound = self.best[0] if self.best else -np.inf
        return self._ended(None)

    def _closed(self, target: float) -> bool:
        return self.best is not None and relative_gap(self.best[0], self.bound) <= target

    def _price(self, orders: Floats) -> Operation:
        """Cost of orders[pool, period] at full hours; the best so far is kept."""
        operation = self.operator.operate(self.instance.capacity(orders), self.bases)
        self.bases = operation.basis
        cost = np.inf
        if len(operation.short_hours) == 0:
            weights = self.instance.discount_middle[self.instance.period_of_hour]
            cost = self.instance.fixed_cost(orders) + float(weights @ operation.hour_cost)
        if self.best is None or cost < self.best[0]:
            self.best = (cost, orders, operation)
        return operation

    def _close(self, *, relax: bool, target: float) -> Solution | None:
        """Turn until the gap is at most `target`: None. Otherwise the solve that could not go on."""
        while True:
            seconds = None if self.settings.seconds_left is None else self.settings.seconds_left()
            if seconds is not None and seconds <= 0:
                return Solution(Outcome.TIME_LIMIT, None, -np.inf, "the time limit was reached")
            programme = build(self.instance, self.levels, self.offered, relax=relax)
            solution = solve(
                programme,
                self.instance,
                solver=self.settings.solver,
                gap=target / 4,
                seconds=seconds,
                relax=relax,
            )
            self.bound = max(self.bound, solution.bound)
            if solution.orders is None:
                return solution
            if self._priced(solution.orders, target) and solution.outcome is not Outcome.TIME_LIMIT:
                return None
            if solution.outcome is Outcome.TIME_LIMIT:
                return solution

    def _priced(self, orders: Floats, target: float) -> bool:
        """Price the orders at full hours, keep the better plan, and split levels unless the gap is closed."""
        operation = self._price(orders)
        best_cost = self.best[0] if self.best else np.inf
        entry = Round(len(self.rounds) + 1, self.levels.count, best_cost, self.bound)
        self.rounds.append(entry)
        self.watch(entry)
        if self._closed(target):
            return True
        before = self.levels.count
        self.levels = self._split(operation, self.instance.capacity(orders), target)
        # Where nothing was split, every level is exact for this plan: only the solver's own gap is left.
        return self.levels.count == before

    def _split(self, operation: Operation, capacity: Floats, target: float) -> Levels:
        """Cut in hours that cannot be served; else split the levels whose mean hides a cost that matters."""
        if len(operation.short_hours):
            return grouping.isolate(self.instance, self.levels, self._hardest(operation))
        hidden = self._hidden_cost(operation, capacity)
        allowed = target * abs(self.best[0] if self.best else 0.0) / (8 * max(self.levels.count, 1))
        chosen = hidden > allowed
        return grouping.split(self.instance, self.levels, chosen, operation.basis)

    def _hidden_cost(self, operation: Operation, capacity: Floats) -> Floats:
        """hidden[level]: discounted cost of its hours beyond that of its mean (Jensen's gap), for this capacity."""
        levels = self.levels
        representative = np.zeros(levels.count, dtype=np.int64)
        representative[levels.level_of_hour] = operation.basis
        at_mean = self.operator.cost_of(levels.demand, levels.period, capacity, representative)
        exact = np.bincount(levels.level_of_hour, weights=operation.hour_cost, minlength=levels.count)
        result: Floats = (exact - at_mean * levels.weight_hours) * self.instance.discount_middle[levels.period]
        return result

    def _hardest(self, operation: Operation) -> Integers:
        """In each period that falls short, the hour that lacks most, in total and of each workload."""
        hours = operation.short_hours
        period = self.instance.period_of_hour[hours]
        lacking = np.column_stack([operation.shortfall, operation.shortfall.sum(axis=1)])
        alone = self.levels.weight_hours[self.levels.level_of_hour[hours]] == 1
        chosen = set()
        for p in np.unique(period):
            here = np.flatnonzero((period == p) & ~alone)
            if len(here):
                chosen |= {int(hours[here[i]]) for i in lacking[here].argmax(axis=0)}
        return np.array(sorted(chosen), dtype=np.int64)

    def _ended(self, ending: Solution | None) -> Certified:
        """The result, whatever ended the search."""
        shape = (self.instance.pools, self.instance.periods)
        message = "" if ending is None else ending.message
        if self.best is None or not np.isfinite(self.best[0]):
            outcome = Outcome.ERROR if ending is None else ending.outcome
            status = {
                Outcome.INFEASIBLE: Status.INFEASIBLE,
                Outcome.UNBOUNDED: Status.UNBOUNDED,
                Outcome.TIME_LIMIT: Status.TIME_LIMIT,
            }.get(outcome, Status.ERROR)
            return Certified(
                status, np.inf, self.bound, np.zeros(shape), np.zeros(shape), None, tuple(self.rounds), message
            )
        cost, orders, operation = self.best
        bound = min(self.bound, cost)
        reached = relative_gap(cost, bound)
        if reached <= OPTIMAL_GAP:
            status = Status.OPTIMAL
        elif reached <= self.settings.gap:
            status = Status.WITHIN_GAP
        else:
            status = Status.TIME_LIMIT if ending is not None and ending.outcome is Outcome.TIME_LIMIT else Status.ERROR
        return Certified(
            status, cost, bound, orders, self.instance.capacity(orders), operation, tuple(self.rounds), message
        )


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
