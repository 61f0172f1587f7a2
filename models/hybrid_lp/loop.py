"""The loop over one programme: it is solved, its plan is operated at all hours, and what that says becomes its rows.

The programme over orders and capacity bounds every plan from below; `operate` prices its plan at every hour, from
above. The dual prices of the hours are linear bounds on each period's operating cost, and become rows of the programme
(L-shaped: Van Slyke & Wets 1969), until both meet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hybrid_lp.build import Programme, with_cuts
from hybrid_lp.early import improving, reduced_costs, saving
from hybrid_lp.fixing import orders_within
from hybrid_lp.holdings import (
    ROUNDING,
    Fractions,
    Holdings,
    fixed_cost,
    in_service,
    most_orders,
    same_holdings,
    spent,
)
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import Levels
from hybrid_lp.memory import MOST_HOLDINGS
from hybrid_lp.operate import Operator
from hybrid_lp.proof import Round, Settings, relative_gap
from hybrid_lp.ration import Part, ration
from hybrid_lp.solve import Effort, Outcome, Solution, prices, solve
from hybrid_lp.valuation import Valuation
from hybrid_lp.variables import Early

_SETTLED = 4
"""Early sales are priced once the gap, but for them, is at most this many times the one asked for."""

_KEPT_SLACK = 3.0
"""Cuts stay rows while their slack is at most this many times what the newest cut of their period adds."""

_MANY_ROWS = 4
"""Rows of cuts per period, beyond twice those that were kept, from which on idle ones are left out."""

_SMALL_OVERSTEP, _MORE_SEVERE = 1e-3, 1e3
"""Share of a budget up to which oversteps that do not keep capacity away are made dearer, and how many times."""

MOST_ROUNDS = 500
"""Rounds after which the loop gives up: far beyond what is needed, so that a bug ends too."""


@dataclass(frozen=True)
class Plan:
    """Holdings and what they cost."""

    cost: float
    holdings: Holdings
    parts: tuple[Part, ...]
    period_cost: Floats
    """period_cost[period]  currency, undiscounted."""
    valuations: tuple[Valuation, ...]
    """All that were made of it: what other capacities can be told."""
    overstep: float
    """Share of a budget by which hours overstep it at least."""

    @property
    def short(self) -> Booleans:
        """short[level]: is must-serve work left undone?"""
        return self.valuations[0].short


class Loop:
    """Its state: the programme, the best plan so far, the best bound so far."""

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        watch: Callable[[Round], None],
        operator: Operator,
        hours: Levels,
        early: frozenset[Early],
    ) -> None:
        """hours: all of them. early: sales that the programme has from the start."""
        self.instance = instance
        self.settings = settings
        self.watch = watch
        self.operator = operator
        self.hours = hours
        self.early = early
        self.fractions = Fractions.UNITS if settings.relax else Fractions.NONE
        self.bound = -np.inf
        self.proven: float | None = None
        """The bound of all plans while a smaller search goes on, whose bound and plans are its own; else None."""
        self.best: Plan | None = None
        self.latest: list[tuple[Levels, Valuation]] = []
        """The last that were made: first that without prices on budgets."""
        self.severity = 1.0
        """How many times as dear as usual budgets that are overstepped are."""
        self.rounds: list[Round] = []
        self.programme: Programme | None = None
        self.complete = True
        """Are all cuts rows of the programme?"""
        self.many_rows = _MANY_ROWS * instance.periods
        """Rows of cuts above which idle ones are left out."""
        self.evaluated: deque[Holdings] = deque(maxlen=MOST_HOLDINGS)
        """The last that were evaluated at all hours."""
        self.evaluated_at: deque[Valuation] = deque(maxlen=MOST_HOLDINGS)
        self.reduced: dict[int, Floats] = {}
        self.reduced_orders: Floats | None = None
        self.relaxed_bound = -np.inf
        """Of the relaxed programme to which `reduced` and `reduced_orders` belong."""
        self.reach = np.inf
        """No whole plan that is searched for costs more than `relaxed_bound` plus this."""
        self.most_orders = most_orders(instance) if instance.sale_change else np.zeros(0)

    def close(self, levels: Levels, fractions: Fractions, target: float) -> Solution | None:
        """Turn until the gap over these levels is at most `target`: None. Otherwise the solve that could not go on."""
        assert self.programme is not None
        self.learn(levels)
        last, moved = None, False
        for _ in range(MOST_ROUNDS):
            solution = self.solve(self.programme, fractions, gap=target / 2)
            if solution.holdings is None:
                return solution
            plan = self.price(levels, solution.holdings, fractions)
            self.keep(plan)
            self._report()
            if self.closed(target):
                return None
            if solution.outcome is Outcome.TIME_LIMIT:
                return solution
            if plan.overstep and (over := self._over()) is not None:
                return over  # It may be that more prices on the budgets would have kept them.
            # Rows of very high prices may be kept up to the solver's tolerance, and still not as exactly as asked.
            stalled = not moved and last is not None and same_answer(last, solution)
            added = self._add_cuts(levels, plan, solution, target)
            exact = stalled or not added
            last, moved = solution, False
            # Early sales are priced only once the cuts leave nothing else to do: until then the programme just grows.
            near = self.best is not None and relative_gap(self.best.cost, solution.bound) <= _SETTLED * target
            settled = exact or near
            if fractions is Fractions.ALL and settled and self.more_early(target / 8 * abs(solution.bound)):
                self._tidy(plan, solution)
                moved = True
            elif exact:
                if 0 < plan.overstep < _SMALL_OVERSTEP and self.severity == 1:
                    # The programme pays for a budget that is overstepped by very little: until that is too dear for it.
                    self.severity, moved = self.severity * _MORE_SEVERE, True
                elif self.best is not None and np.isfinite(self.best.cost):
                    return None  # The programme is exact for this plan: what is left is the solver's own gap.
                elif added and not plan.overstep:
                    return failed(Outcome.ERROR, "rows that are added change nothing any more")
                else:
                    return failed(Outcome.INFEASIBLE, "no capacity keeps the budgets")
            elif fractions is Fractions.ALL and self.programme.operating_rows > self.many_rows:
                self._tidy(plan, solution)
        return failed(Outcome.ERROR, f"the gap was not closed in {MOST_ROUNDS} rounds")

    def learn(self, levels: Levels) -> None:
        """Begin with the cuts of nothing ordered, unless there are cuts already."""
        assert self.programme is not None
        if not self.programme.cuts:
            valuation = self.operator.value(levels, in_service(self.instance, Holdings.none(self.instance)))
            self.latest[:1] = [(levels, valuation)]
            self.programme.add_operating_cuts(valuation.cuts, np.ones(self.instance.periods, dtype=np.bool_))
            self.add_shortage(levels, valuation.short, Holdings.none(self.instance))

    def add_shortage(self, levels: Levels, short: Booleans, holdings: Holdings) -> bool:
        """Add the rows that forbid what leaves short[level]; False if there are none."""
        if not short.any() or self.programme is None:
            return False
        cuts = self.operator.shortage(levels, in_service(self.instance, holdings), short)
        if len(cuts.period):
            self.programme.add_shortage_cuts(cuts)
        return len(cuts.period) > 0

    def take_cuts(self, plan: Plan) -> None:
        """Add all cuts at a plan that the programme did not propose."""
        assert self.programme is not None
        for valuation in plan.valuations:
            self.programme.add_operating_cuts(valuation.cuts, np.ones(self.instance.periods, dtype=np.bool_))

    def _add_cuts(self, levels: Levels, plan: Plan, solution: Solution, target: float) -> bool:
        """Add the cuts that the programme's answer violates by more than its share of the gap. False if none is."""
        assert self.programme is not None
        best = self.best.cost if self.best is not None and np.isfinite(self.best.cost) else plan.cost
        allowed = target * abs(best) / (8 * self.instance.periods) if np.isfinite(best) else 0.0
        capacity = in_service(self.instance, plan.holdings)
        middle = self.instance.discount_middle
        added = False
        for valuation in plan.valuations:
            cuts = valuation.cuts
            least = cuts.least(capacity, solution.used)
            chosen = middle * (least - solution.operating) > max(allowed, ROUNDING * float(np.abs(least).max()))
            if chosen.any():
                self.programme.add_operating_cuts(cuts, chosen)
                added = True
        return self.add_shortage(levels, plan.short, plan.holdings) or added

    def more_early(self, tolerance: float) -> bool:
        """Price the early sales that the relaxed programme lacks, and take in those that would improve it."""
        if not self.instance.sale_change or self.programme is None:
            return False
        more = improving(self.reduced, self.early, self.most_orders, tolerance)
        self.early |= more
        return bool(more)

    def _tidy(self, plan: Plan, solution: Solution) -> None:
        """Build the programme again, with the early sales of now and without the rows of cuts that have become idle."""
        assert self.programme is not None
        before, capacity = self.programme, in_service(self.instance, plan.holdings)
        slack = _KEPT_SLACK * np.maximum(plan.period_cost - solution.operating, 0.0)
        slack += ROUNDING * np.abs(solution.operating)
        active = before.active(capacity, solution.operating, solution.used, slack)
        self.programme = with_cuts(self.instance, self.early, self.fractions, before.cuts, active)
        self.programme.start = before.basis
        self.many_rows = 2 * self.programme.operating_rows + _MANY_ROWS * self.instance.periods
        self.complete = False

    def solve(self, programme: Programme, fractions: Fractions, gap: float) -> Solution:
        """Solve within the time that is left, and keep the bound."""
        settings, over = self.settings, self._over()
        if over is not None:
            return over
        seconds = None if settings.seconds_left is None else settings.seconds_left()
        start = None if self.best is None or not np.isfinite(self.best.cost) else self.best.holdings
        effort = Effort(settings.solver, gap, seconds, fractions, settings.interrupted, start)
        better = np.inf if self.best is None else (self.best.cost - self.relaxed_bound) * (1 + 1e-9)
        most = np.inf if fractions is Fractions.ALL else min(self.reach, better)
        with orders_within(programme, self.reduced_orders, most) as left_out:
            solution = solve(programme, effort)
        bound = solution.bound
        if left_out:
            # Plans with what was left out cost more than this; where nothing else is a plan, all do.
            others = self.relaxed_bound + most
            bound = others if solution.outcome is Outcome.INFEASIBLE else min(bound, others)
        if fractions is Fractions.ALL and solution.holdings is not None:
            worth = prices(programme)
            if self.instance.sale_change:
                self.reduced = reduced_costs(self.instance, worth, self.early)
                # What the early sales that are not there could save at most: the bound holds for all of them.
                bound += saving(self.reduced, self.early, self.most_orders)
            self.reduced_orders, self.relaxed_bound = worth.order, bound
        elif self.instance.sale_change and solution.outcome is Outcome.INFEASIBLE:
            solution = replace(solution, bound=-np.inf)
        self.bound = max(self.bound, bound)
        return solution

    def price(self, levels: Levels, holdings: Holdings, fractions: Fractions | None = None) -> Plan:
        """Cost of holdings over these levels; infinite where must-serve work is short or a budget is overstepped."""
        fractions = self.fractions if fractions is None else fractions
        instance, capacity = self.instance, in_service(self.instance, holdings)
        if instance.coupling:
            limits = np.array([instance.budgets[number].limit for number in instance.coupling])
            left = limits - spent(instance, holdings, fractions)[list(instance.coupling)]
            found = ration(
                instance,
                self.operator,
                levels,
                capacity,
                left,
                self.latest,
                self.severity,
                lambda: self._over() is not None,
            )
            parts, period_cost, valuations = found.parts, found.period_cost, found.valuations
            overstep = found.overstep
        else:
            valuation = self.operator.value(levels, capacity, near=self.latest[0] if self.latest else None)
            self.latest = [(levels, valuation)]
            parts, valuations, overstep = (Part(np.ones(instance.periods), valuation),), (valuation,), 0.0
            period_cost = valuation.period_cost
        if levels is self.hours:
            self.evaluated.append(holdings)
            self.evaluated_at.append(valuations[0])
        cost = np.inf
        if not overstep and not valuations[0].short.any():
            cost = fixed_cost(instance, holdings, fractions) + float(instance.discount_middle @ period_cost)
        return Plan(cost, holdings, parts, period_cost, valuations, overstep)

    def least_cost(self, holdings: Holdings) -> float:
        """Whole holdings cost no less, as the programme's cuts tell it."""
        assert self.programme is not None
        least = self.programme.least_operating(in_service(self.instance, holdings))
        return fixed_cost(self.instance, holdings, self.fractions) + float(self.instance.discount_middle @ least)

    def keep(self, plan: Plan) -> None:
        """It is the best plan, if none was cheaper."""
        if self.best is None or plan.cost < self.best.cost:
            self.best = plan

    def closed(self, target: float) -> bool:
        """Is the best plan proven to be within this gap?"""
        return self.best is not None and relative_gap(self.best.cost, self.bound) <= target

    def _over(self) -> Solution | None:
        """How the search ends where it was interrupted, or its time is over."""
        settings = self.settings
        if settings.interrupted is not None and settings.interrupted():
            return failed(Outcome.TIME_LIMIT, "interrupted")
        if settings.seconds_left is not None and settings.seconds_left() <= 0:
            return failed(Outcome.TIME_LIMIT, "the time limit was reached")
        return None

    def _report(self) -> None:
        cost = np.inf if self.best is None else self.best.cost
        number = len(self.rounds) + 1
        entry = Round(number, cost, self.bound) if self.proven is None else Round(number, np.inf, self.proven)
        self.rounds.append(entry)
        self.watch(entry)


def same_answer(one: Solution, other: Solution) -> bool:
    """Is the same ordered and sold, and proven?"""
    if one.holdings is None or other.holdings is None:
        return False
    return same_holdings(one.holdings, other.holdings) and other.bound <= one.bound + ROUNDING * abs(one.bound)


def failed(outcome: Outcome, message: str) -> Solution:
    """No solution, and nothing proven."""
    return Solution(outcome, None, np.zeros(0), np.zeros((0, 0)), -np.inf, message)
