"""The way to a certified plan: small instances are written out hour by hour and solved at once, others by cuts.

By cuts it goes from coarse to fine: the relaxed programme over slices of the hours, then over all hours, then whole
numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np

from hybrid_lp.build import Cut, Programme, with_cuts, written_out
from hybrid_lp.early import possible, within
from hybrid_lp.holdings import Fractions, Holdings, fixed_cost, in_service, keeps_limits, with_sites_open
from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels, distinct_hours, slices
from hybrid_lp.loop import MOST_ROUNDS, Loop, Plan, failed
from hybrid_lp.memory import MOST_HOLDINGS, Memory, fits
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operator
from hybrid_lp.proof import (
    CONTRADICTION,
    FINEST_GAP,
    OPTIMAL_GAP,
    Certified,
    Mixed,
    Path,
    Priced,
    Round,
    Settings,
    Status,
    relative_gap,
)
from hybrid_lp.rounding import rounded
from hybrid_lp.solve import Effort, Outcome, Prices, Solution, fix_sites, prices, searched, solve
from hybrid_lp.variables import Early

MOST_EARLY_AT_ONCE = 5000
"""Early sales that a programme with its hours written out has from the start."""

MOST_REACHES = 8
"""How often a search is repeated with more early sales, before what is proven is taken as it is."""

_NEAR = 1
"""Whole plans near a fractional one that are looked at where remembered ones are there too."""

_SKETCH_GAP = 0.03
"""How close the sketch over slices is brought: more of its rounds would fit the slices, not the hours."""


class Search:
    """One search."""

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        watch: Callable[[Round], None],
        memory: Memory | None = None,
        cuts: tuple[Cut, ...] = (),
    ) -> None:
        """With an operator of its own; memory: of a like instance, or None; cuts: to begin with."""
        self.instance, self.settings, self.memory, self.known = instance, settings, memory, cuts
        self.offered = useful(instance)
        operator = Operator(instance, self.offered)
        if memory is not None:
            memory.teach(operator)
        hours = (None if memory is None else memory.hours_of(instance)) or distinct_hours(instance)
        early = frozenset[Early]() if memory is None else memory.early_of(instance)
        self.loop = Loop(instance, settings, watch, operator, hours, early)
        self.whole = searched(instance, self.loop.fractions)
        self.relaxed_early = early
        """Early sales that mattered before the search over whole numbers."""
        self.recalled: list[Plan] = []
        """Remembered orders at the costs of now, sites and people as fractions."""

    def run(self) -> Certified:
        """Choose the path and follow it."""
        instance = self.instance
        nothing = Holdings.none(instance)
        if not instance.can_decide and not instance.coupling and keeps_limits(instance, nothing):
            return self._certified(Path.NO_ORDERS, self._without_orders(nothing))
        columns = int(self.offered[self.loop.hours.cost_class].sum()) + self.loop.hours.count
        if columns <= self.settings.written_out_columns:
            return self._certified(Path.WRITTEN_OUT, self._written_out())
        return self._certified(Path.CUTS, self._by_cuts())

    def _without_orders(self, nothing: Holdings) -> Solution | None:
        loop = self.loop
        plan = loop.price(loop.hours, nothing)
        loop.keep(plan)
        if not np.isfinite(plan.cost):
            return failed(Outcome.INFEASIBLE, "nothing can be ordered")
        loop.bound = plan.cost
        return None

    def _written_out(self) -> Solution | None:
        """One solve; exact up to the solver's gap on whole numbers. Two or more where units may be sold early."""
        loop = self.loop

        def build(early: frozenset[Early], fractions: Fractions) -> Programme:
            loop.programme = written_out(self.instance, loop.hours, self.offered, early, fractions)
            return loop.programme

        gap = max(self.settings.gap, FINEST_GAP)
        if self.instance.sale_change:
            # Where they are few, all of them are there at once: building anew for each round would take longer.
            every = possible(self.instance)
            loop.early = every if len(every) <= MOST_EARLY_AT_ONCE else loop.early
            for _ in range(MOST_ROUNDS):
                relaxed = loop.solve(build(loop.early, loop.fractions), Fractions.ALL, gap / 2)
                if relaxed.holdings is None:
                    return relaxed
                if not loop.more_early(gap / 8 * abs(relaxed.bound)):
                    break
            if not self.whole:
                assert relaxed.holdings is not None
                loop.keep(loop.price(loop.hours, relaxed.holdings, Fractions.ALL))
                return None
        return self._whole(lambda early: self._search_written_out(build(early, loop.fractions), gap))

    def _search_written_out(self, programme: Programme, gap: float) -> Solution | None:
        loop = self.loop
        fractions = loop.fractions if self.whole else Fractions.ALL
        solution = loop.solve(programme, fractions, gap / 2)
        if solution.holdings is not None:
            loop.keep(loop.price(loop.hours, solution.holdings, fractions))
        return solution if solution.outcome is not Outcome.SOLVED else None

    def _by_cuts(self) -> Solution | None:
        """Relaxed over slices of the hours, then over all hours, then in whole numbers: each begins with better cuts.

        Cuts found on slices are bounds for the hours too (Jensen), and whole numbers need the relaxed programme's.
        """
        loop = self.loop
        loop.programme = with_cuts(self.instance, loop.early, loop.fractions, self.known)
        gap = max(self.settings.gap, FINEST_GAP)
        ending, sketch = None, None
        coarse = None if self.memory is None else self.memory.levels_of(self.instance)
        like_hours = coarse is not None
        if not self.known:
            self._recall(coarse or loop.hours)
            if coarse is not None or not self.recalled:
                coarse = coarse or slices(self.instance, self.settings.slices_per_period)
                ending = loop.close(coarse, Fractions.ALL, target=gap / 4 if like_hours else _SKETCH_GAP)
                sketch, loop.best = loop.best, None
        if ending is None:
            # Whole numbers need cuts that are better than the gap; those of remembered orders are there already.
            share = 1.0 if not self.whole else 0.5 if self.recalled else 0.25
            ending = loop.close(loop.hours, Fractions.ALL, target=share * gap)
        elif sketch is not None and not self.whole:
            # What it cost was the cost of the slices; at full hours it may be dearer, or no plan at all.
            loop.keep(loop.price(loop.hours, sketch.holdings, Fractions.ALL))
        if not self.whole:
            return ending
        fractional, loop.best = loop.best or sketch, None
        self.relaxed_early = loop.early
        near, in_steps = None, searched(self.instance, Fractions.SERVERS) and self.instance.has_whole_units
        if ending is None and in_steps and loop.fractions is Fractions.NONE:
            fractional = self._in_step(Fractions.SERVERS, gap, None) or fractional
            if fractional is not None and np.isfinite(fractional.cost):
                near = self._in_step(Fractions.NONE, gap, fractional.holdings)
        useful_start = fractional is not None and np.isfinite(fractional.cost)
        if near is not None:
            loop.keep(near)
        if self.memory is not None and coarse is not None:
            self._keep_near(fractional.holdings if fractional is not None and useful_start else None, coarse)
        elif near is None and fractional is not None and useful_start:
            ranked = [(loop.least_cost(holdings), holdings) for holdings in rounded(self.instance, fractional.holdings)]
            for least, holdings in sorted(ranked, key=lambda entry: entry[0]):
                if loop.best is None or least < loop.best.cost:
                    loop.keep(loop.price(loop.hours, holdings))
            if loop.best is not None:
                loop.take_cuts(loop.best)
        if ending is not None or loop.closed(gap):
            return ending
        return self._whole(lambda early: self._search_by_cuts(early, gap))

    def _in_step(self, fractions: Fractions, gap: float, like: Holdings | None) -> Plan | None:
        """The plan of a smaller search; None where it found none. Its cuts stay. like: sites and people are as there.

        Early sales that the relaxed programme did not need are not there: then it proves nothing.
        """
        loop = self.loop
        assert loop.programme is not None
        loop.programme = with_cuts(self.instance, loop.early, fractions, loop.programme.cuts)
        if like is not None:
            fix_sites(loop.programme, like)
        loop.proven, loop.bound = loop.bound, -np.inf
        loop.close(loop.hours, fractions, target=gap)
        found, loop.best = loop.best, None
        relaxed = like is None and not self.instance.sale_change
        loop.bound, loop.proven = max(loop.proven, loop.bound) if relaxed else loop.proven, None
        loop.programme = with_cuts(self.instance, loop.early, loop.fractions, loop.programme.cuts)
        loop.complete = True
        return found if found is not None and np.isfinite(found.cost) else None

    def _search_by_cuts(self, early: frozenset[Early], gap: float) -> Solution | None:
        loop = self.loop
        assert loop.programme is not None
        if early != loop.early or not loop.complete:
            loop.early, loop.complete = early, True
            loop.programme = with_cuts(self.instance, early, loop.fractions, loop.programme.cuts)
        return loop.close(loop.hours, loop.fractions, target=gap)

    def _whole(self, search: Callable[[frozenset[Early]], Solution | None]) -> Solution | None:
        """Search whole numbers, with the early sales that a plan better than the best known could use."""
        loop = self.loop
        if not self.instance.sale_change or not loop.reduced:
            return self._whole_without_early(search)
        gap = max(self.settings.gap, FINEST_GAP)
        floor = max(abs(loop.relaxed_bound), 1e-9)
        reach = 4 * gap * floor if loop.best is None else loop.best.cost - loop.relaxed_bound
        whole = self.instance.whole & (loop.fractions is Fractions.NONE)
        for _ in range(MOST_REACHES):
            loop.reach = reach
            self.relaxed_early = within(loop.reduced, reach, whole)
            ending = search(self.relaxed_early)
            proven = loop.relaxed_bound + reach
            if loop.bound > proven:
                loop.bound = proven
            if ending is not None and ending.outcome is not Outcome.INFEASIBLE:
                return ending
            if ending is None and (loop.closed(gap) or loop.best is None or loop.best.cost <= proven):
                return ending
            reach = 64 * reach if loop.best is None else (loop.best.cost - loop.relaxed_bound) * (1 + 1e-9)
        return ending

    def _whole_without_early(self, search: Callable[[frozenset[Early]], Solution | None]) -> Solution | None:
        """Search whole numbers where nothing can be sold early: plans better than the best known, then all."""
        loop = self.loop
        known = np.inf if loop.best is None else loop.best.cost
        loop.reach = (known - loop.relaxed_bound) * (1 + 1e-9)
        ending = search(frozenset())
        if np.isfinite(known):
            loop.bound = min(loop.bound, known)
            if ending is not None and ending.outcome is Outcome.INFEASIBLE:
                loop.reach = np.inf
                ending = search(frozenset())
        return ending

    def _recall(self, levels: Levels) -> None:
        """Begin with the cuts, at the costs of now, of orders that were good before."""
        loop = self.loop
        assert loop.programme is not None
        for holdings in () if self.memory is None else self.memory.holdings_of(self.instance):
            loop.learn(levels)
            plan = loop.price(levels, holdings, Fractions.ALL)
            loop.take_cuts(plan)
            loop.add_shortage(levels, plan.short, holdings)
            self.recalled.append(plan)
            if fits(self.instance, holdings, Fractions.ALL):
                loop.keep(plan)

    def _keep_near(self, fractional: Holdings | None, levels: Levels) -> None:
        """The best of the whole plans that were remembered or are near a fractional one, as `levels` tell it."""
        loop = self.loop
        ranked: list[tuple[float, Holdings]] = []
        for plan in self.recalled:
            if fits(self.instance, plan.holdings, loop.fractions):
                change = fixed_cost(self.instance, plan.holdings, loop.fractions)
                change -= fixed_cost(self.instance, plan.holdings, Fractions.ALL)
                ranked.append((plan.cost + change, plan.holdings))
        near = () if fractional is None else islice(rounded(self.instance, fractional), _NEAR)
        ranked += [(loop.price(levels, holdings).cost, holdings) for holdings in near]
        for _, holdings in sorted(ranked, key=lambda entry: entry[0])[:1]:
            plan = loop.price(loop.hours, holdings)
            loop.keep(plan)
            loop.take_cuts(plan)

    def priced(self, holdings: Holdings) -> Priced:
        """Given holdings at all hours."""
        loop = self.loop
        plan = loop.price(loop.hours, holdings)
        cost = plan.cost if fits(self.instance, holdings, loop.fractions) else np.inf
        shortage = None
        if plan.short.any():
            shortage = loop.operator.shortage(loop.hours, in_service(self.instance, holdings), plan.short)
        return Priced(cost, tuple(valuation.cuts for valuation in plan.valuations), shortage)

    def remembered(self, cuts: tuple[Cut, ...]) -> Memory:
        """What the search leaves for the next."""
        loop = self.loop
        best = loop.best.holdings if loop.best is not None and np.isfinite(loop.best.cost) else None
        others = [holdings for holdings in loop.evaluated if holdings is not best]
        holdings = (*others, *(() if best is None else (best,)))[-MOST_HOLDINGS:]
        valuations = tuple(loop.evaluated_at)
        return Memory.of(self.instance, loop.hours, holdings, self.relaxed_early, valuations, cuts)

    def _certified(self, path: Path, ending: Solution | None) -> Certified:
        """The result, whatever ended the search."""
        loop = self.loop
        message, rounds = "" if ending is None else ending.message, tuple(loop.rounds)
        if loop.best is None or not np.isfinite(loop.best.cost):
            outcome = Outcome.ERROR if ending is None else ending.outcome
            nothing = Holdings.none(self.instance)
            status = _NO_PLAN.get(outcome, Status.ERROR)
            capacity = in_service(self.instance, nothing)
            return Certified(status, np.inf, loop.bound, nothing, capacity, (), None, path, rounds, message)
        plan = loop.best
        contradiction = loop.bound > plan.cost + CONTRADICTION * max(abs(plan.cost), 1.0)
        bound = -np.inf if contradiction else min(loop.bound, plan.cost)
        reached = relative_gap(plan.cost, bound)
        if contradiction:
            message = f"the solver contradicts itself: it bounds all plans by {loop.bound:g}, one costs {plan.cost:g}"
            status = Status.ERROR
        elif reached <= OPTIMAL_GAP:
            status = Status.OPTIMAL
        elif reached <= self.settings.gap:
            status = Status.WITHIN_GAP
        else:
            status = Status.TIME_LIMIT if ending is not None and ending.outcome is Outcome.TIME_LIMIT else Status.ERROR
        capacity = in_service(self.instance, plan.holdings)
        operations = tuple(
            Mixed(part.share, loop.operator.operate(loop.hours, capacity, part.valuation)) for part in plan.parts
        )
        worth = self._worth()
        cuts = tuple(loop.programme.cuts) if loop.programme is not None else ()
        found = Certified(status, plan.cost, bound, plan.holdings, capacity, operations, worth, path, rounds, message)
        return replace(found, cuts=cuts)

    def _worth(self) -> Prices | None:
        """What limits and budgets are worth where there are any: one more solve of the relaxed programme.

        Sites are open as in the plan: more room under a limit does not pay for the opening of a site once more.
        """
        loop = self.loop
        limited = self.instance.capacity_limits or self.instance.budgets
        if not self.settings.worth or loop.programme is None or not limited:
            return None
        if self.instance.openings and loop.best is not None:
            return self._worth_with_sites_open(loop.programme, loop.best.holdings)
        solution = loop.solve(loop.programme, Fractions.ALL, gap=self.settings.gap)
        return None if solution.holdings is None else prices(loop.programme)

    def _worth_with_sites_open(self, known: Programme, plan: Holdings) -> Prices | None:
        instance, loop = with_sites_open(self.instance, plan), self.loop
        early = frozenset((k, p, leave) for k, p, leave in loop.early if instance.order_max[k, p] > 0)
        if known.columns.operating:
            programme = with_cuts(instance, early, Fractions.ALL, known.cuts)
        else:
            programme = written_out(instance, loop.hours, self.offered, early, Fractions.ALL)
        left = None if self.settings.seconds_left is None else self.settings.seconds_left()
        effort = Effort(self.settings.solver, self.settings.gap, left, Fractions.ALL)
        return None if solve(programme, effort).holdings is None else prices(programme)


_NO_PLAN = {
    Outcome.INFEASIBLE: Status.INFEASIBLE,
    Outcome.UNBOUNDED: Status.UNBOUNDED,
    Outcome.TIME_LIMIT: Status.TIME_LIMIT,
}
