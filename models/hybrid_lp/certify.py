"""The loop that closes the gap between what the programme says and what the hours cost.

The programme over orders and capacity bounds every plan from below; `operate` prices its plan at every hour, from
above. The dual prices of the hours are linear bounds on each period's operating cost, and become rows of the programme
(L-shaped: Van Slyke & Wets 1969), until both meet. Small instances are written out hour by hour and solved at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

import numpy as np

from hybrid_lp.build import Cut, Programme, with_cuts, written_out
from hybrid_lp.costing import Costing
from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.early import improving, possible, reduced_costs, saving, within
from hybrid_lp.fixing import orders_within
from hybrid_lp.holdings import ROUNDING, Fractions, Holdings, fixed_cost, in_service, keeps_limits, most_orders, spent
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import Levels, distinct_hours, slices
from hybrid_lp.memory import MOST_HOLDINGS, Memory, fits
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operation, Operator, Valuation
from hybrid_lp.ration import Part, ration
from hybrid_lp.rounding import rounded
from hybrid_lp.solve import Effort, Outcome, Prices, Solution, prices, searched, solve
from hybrid_lp.variables import Early

FINEST_GAP = 1e-9
"""No loop is turned for less: that is what double precision and the solver's tolerances leave."""

OPTIMAL_GAP = 1e-6
"""The word `optimal` is for plans proven this close."""

CONTRADICTION = 1e-7
"""A bound above the cost of a plan by more than this share of it is no rounding: the solver was wrong."""

MOST_EARLY_AT_ONCE = 5000
"""Early sales that a programme with its hours written out has from the start."""

MOST_REACHES = 8
"""How often a search is repeated with more early sales, before what is proven is taken as it is."""

_NEAR = 1
"""Whole plans near a fractional one that are looked at where remembered ones are there too."""

_SKETCH_GAP = 0.1
"""How close the sketch over slices is brought: more of its rounds would fit the slices, not the hours."""

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
    worth: bool = True
    """Find the dual prices of limits and budgets too: one more solve, where there are any."""


@dataclass(frozen=True)
class Round:
    """One turn of the loop, for those who watch."""

    number: int
    cost: float
    """Of the best plan so far, at full hours; infinite while there is none."""
    bound: float


@dataclass(frozen=True)
class Mixed:
    """An operation, and the share of each period in which it is followed; budgets may need several."""

    share: Floats
    """share[period]."""
    operation: Operation


@dataclass(frozen=True)
class Certified:
    """A plan with its proof."""

    status: Status
    cost: float
    """Discounted cost of the plan at full hours; infinite when there is no plan."""
    bound: float
    """No plan costs less; −inf when nothing is proven."""
    holdings: Holdings
    capacity: Floats
    """capacity[pool, period]  units in service."""
    operations: tuple[Mixed, ...]
    """How it is operated; empty when there is no plan."""
    prices: Prices | None
    """Dual prices of the relaxed programme; None where it was not asked."""
    path: Path
    rounds: tuple[Round, ...]
    message: str
    cuts: tuple[Cut, ...] = ()
    """What the programme knows of the hours; they hold for every instance with the same demand and running costs."""

    @property
    def gap(self) -> float:
        """(cost − bound) / max(|cost|, 1); infinite when there is no plan or no bound."""
        return relative_gap(self.cost, self.bound)

    @property
    def orders(self) -> Floats:
        """orders[pool, period]  units."""
        return self.holdings.orders

    @property
    def run_gpu_hours(self) -> Floats:
        """run_gpu_hours[workload, supply]  occupied GPU-hours of the whole plan, above 0 wherever something runs."""
        total: Floats = sum(
            (mixed.operation.run_gpu_hours.sum(axis=0) for mixed in self.operations if mixed.share.any()), np.zeros(1)
        )
        return total


def relative_gap(cost: float, bound: float) -> float:
    """(cost − bound) / max(|cost|, 1), as formats.md has it."""
    return (cost - bound) / max(abs(cost), 1.0) if np.isfinite(cost) and np.isfinite(bound) else np.inf


def certify(
    instance: Instance,
    settings: Settings,
    watch: Callable[[Round], None] = lambda _: None,
    cuts: tuple[Cut, ...] = (),
) -> tuple[Certified, Operator]:
    """The plan of least cost within `settings.gap`, and the operator that can replay its hours.

    cuts: of an instance that differs in what orders cost and in nothing else, to begin with.
    """
    search = _Search.of(instance, settings, watch, cuts=cuts)
    return search.run(), search.operator


def certify_again(
    instance: Instance, settings: Settings, memory: Memory | None, watch: Callable[[Round], None] = lambda _: None
) -> tuple[Certified, Operator, Memory]:
    """The same, beginning with what the search of a like instance left (None: with nothing); and what this one leaves.

    The same instance and memory give the same plan.
    """
    cuts = () if memory is None else memory.cuts_of(instance)
    search = _Search.of(instance, settings, watch, memory, cuts)
    certified = search.run()
    return certified, search.operator, search.remembered(certified.cuts)


@dataclass(frozen=True)
class Priced:
    """Given holdings at every hour."""

    cost: float
    """Discounted, operated at least cost; infinite where the instance does not allow them."""
    cuts: tuple[OperatingCuts, ...]
    """What they say of other capacities."""
    shortage: ShortageCuts | None
    """Where they leave work undone that must be served."""


class Pricer:
    """Prices given holdings of one instance."""

    def __init__(self, instance: Instance, settings: Settings, memory: Memory | None = None) -> None:
        self._search = _Search.of(instance, settings, lambda _: None, memory)

    def __call__(self, holdings: Holdings) -> Priced:
        """Their cost, and their cuts."""
        return self._search.priced(holdings)


@dataclass(frozen=True)
class _Plan:
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


class _Search:
    """The state of one search: the programme, the best plan so far, the best bound so far."""

    def __init__(
        self,
        instance: Instance,
        settings: Settings,
        watch: Callable[[Round], None],
        operator: Operator,
        offered: Booleans,
        memory: Memory | None = None,
        cuts: tuple[Cut, ...] = (),
    ) -> None:
        self.instance = instance
        self.settings = settings
        self.watch = watch
        self.operator = operator
        self.offered = offered
        self.known = cuts
        self.memory = memory
        self.hours = (None if memory is None else memory.hours_of(instance)) or distinct_hours(instance)
        self.fractions = Fractions.UNITS if settings.relax else Fractions.NONE
        self.whole = searched(instance, self.fractions)
        self.bound = -np.inf
        self.best: _Plan | None = None
        self.latest: tuple[Levels, Valuation] | None = None
        self.costings: list[Costing] = []
        self.severity = 1.0
        """How many times as dear as usual budgets that are overstepped are."""
        self.rounds: list[Round] = []
        self.programme: Programme | None = None
        self.complete = True
        """Are all cuts rows of the programme?"""
        self.many_rows = _MANY_ROWS * instance.periods
        """Rows of cuts above which idle ones are left out."""
        self.early = frozenset[Early]() if memory is None else memory.early_of(instance)
        self.relaxed_early = self.early
        """Early sales that mattered before the search over whole numbers."""
        self.evaluated: deque[Holdings] = deque(maxlen=MOST_HOLDINGS)
        """The last that were evaluated at all hours."""
        self.evaluated_at: deque[Valuation] = deque(maxlen=MOST_HOLDINGS)
        self.recalled: list[_Plan] = []
        """Remembered orders at the costs of now, sites and people as fractions."""
        self.reduced: dict[int, Floats] = {}
        self.reduced_orders: Floats | None = None
        self.relaxed_bound = -np.inf
        """Of the relaxed programme to which `reduced` and `reduced_orders` belong."""
        self.reach = np.inf
        """No whole plan that is searched for costs more than `relaxed_bound` plus this."""
        self.most_orders = most_orders(instance) if instance.sale_change else np.zeros(0)

    @classmethod
    def of(
        cls,
        instance: Instance,
        settings: Settings,
        watch: Callable[[Round], None],
        memory: Memory | None = None,
        cuts: tuple[Cut, ...] = (),
    ) -> _Search:
        """A search with an operator of its own."""
        offered = useful(instance)
        operator = Operator(instance, offered)
        if memory is not None:
            memory.teach(operator)
        return cls(instance, settings, watch, operator, offered, memory, cuts)

    def run(self) -> Certified:
        """Choose the path and follow it."""
        instance = self.instance
        nothing = Holdings.none(instance)
        if not instance.can_decide and not instance.coupling and keeps_limits(instance, nothing):
            return self._certified(Path.NO_ORDERS, self._without_orders(nothing))
        columns = int(self.offered[self.hours.cost_class].sum()) + self.hours.count
        if columns <= self.settings.written_out_columns:
            return self._certified(Path.WRITTEN_OUT, self._written_out())
        return self._certified(Path.CUTS, self._by_cuts())

    def _without_orders(self, nothing: Holdings) -> Solution | None:
        plan = self._price(self.hours, nothing)
        self._keep(plan)
        if not np.isfinite(plan.cost):
            return _failed(Outcome.INFEASIBLE, "nothing can be ordered")
        self.bound = plan.cost
        return None

    def _written_out(self) -> Solution | None:
        """One solve; exact up to the solver's gap on whole numbers. Two or more where units may be sold early."""

        def build(early: frozenset[Early], fractions: Fractions) -> Programme:
            self.programme = written_out(self.instance, self.hours, self.offered, early, fractions)
            return self.programme

        gap = max(self.settings.gap, FINEST_GAP)
        if self.instance.sale_change:
            # Where they are few, all of them are there at once: building anew for each round would take longer.
            every = possible(self.instance)
            self.early = every if len(every) <= MOST_EARLY_AT_ONCE else self.early
            for _ in range(MOST_ROUNDS):
                relaxed = self._solve(build(self.early, self.fractions), Fractions.ALL, gap / 2)
                if relaxed.holdings is None:
                    return relaxed
                if not self._more_early(gap / 8 * abs(relaxed.bound)):
                    break
            if not self.whole:
                assert relaxed.holdings is not None
                self._keep(self._price(self.hours, relaxed.holdings, Fractions.ALL))
                return None
        return self._whole(lambda early: self._search_written_out(build(early, self.fractions), gap))

    def _search_written_out(self, programme: Programme, gap: float) -> Solution | None:
        fractions = self.fractions if self.whole else Fractions.ALL
        solution = self._solve(programme, fractions, gap / 2)
        if solution.holdings is not None:
            self._keep(self._price(self.hours, solution.holdings, fractions))
        return solution if solution.outcome is not Outcome.SOLVED else None

    def _by_cuts(self) -> Solution | None:
        """Relaxed over slices of the hours, then over all hours, then in whole numbers: each begins with better cuts.

        Cuts found on slices are bounds for the hours too (Jensen), and whole numbers need the relaxed programme's.
        """
        self.programme = with_cuts(self.instance, self.early, self.fractions, self.known)
        gap = max(self.settings.gap, FINEST_GAP)
        ending, sketch = None, None
        coarse = None if self.memory is None else self.memory.levels_of(self.instance)
        like_hours = coarse is not None
        if not self.known:
            self._recall(coarse or self.hours)
            if coarse is not None or not self.recalled:
                coarse = coarse or slices(self.instance, self.settings.slices_per_period)
                ending = self._close(coarse, Fractions.ALL, target=gap / 4 if like_hours else _SKETCH_GAP)
                sketch, self.best = self.best, None
        if ending is None:
            # Whole numbers need cuts that are better than the gap; those of remembered orders are there already.
            share = 1.0 if not self.whole else 0.5 if self.recalled else 0.25
            ending = self._close(self.hours, Fractions.ALL, target=share * gap)
        elif sketch is not None and not self.whole:
            # What it cost was the cost of the slices; at full hours it may be dearer, or no plan at all.
            self._keep(self._price(self.hours, sketch.holdings, Fractions.ALL))
        if not self.whole:
            return ending
        fractional, self.best = self.best or sketch, None
        self.relaxed_early = self.early
        useful_start = fractional is not None and np.isfinite(fractional.cost)
        if self.memory is not None and coarse is not None:
            self._keep_near(fractional.holdings if fractional is not None and useful_start else None, coarse)
        elif fractional is not None and useful_start:
            for holdings in rounded(self.instance, fractional.holdings):
                self._keep(self._price(self.hours, holdings))
            if self.best is not None:
                self._take_cuts(self.best)
        if ending is not None or self._closed(gap):
            return ending
        return self._whole(lambda early: self._search_by_cuts(early, gap))

    def _search_by_cuts(self, early: frozenset[Early], gap: float) -> Solution | None:
        assert self.programme is not None
        if early != self.early or not self.complete:
            self.early, self.complete = early, True
            self.programme = with_cuts(self.instance, early, self.fractions, self.programme.cuts)
        return self._close(self.hours, self.fractions, target=gap)

    def _whole(self, search: Callable[[frozenset[Early]], Solution | None]) -> Solution | None:
        """Search whole numbers, with the early sales that a plan better than the best known could use."""
        if not self.instance.sale_change or not self.reduced:
            return self._whole_without_early(search)
        gap = max(self.settings.gap, FINEST_GAP)
        floor = max(abs(self.relaxed_bound), 1e-9)
        reach = 4 * gap * floor if self.best is None else self.best.cost - self.relaxed_bound
        whole = self.instance.whole & (self.fractions is Fractions.NONE)
        for _ in range(MOST_REACHES):
            self.reach = reach
            self.relaxed_early = within(self.reduced, reach, whole)
            ending = search(self.relaxed_early)
            proven = self.relaxed_bound + reach
            if self.bound > proven:
                self.bound = proven
            if ending is not None and ending.outcome is not Outcome.INFEASIBLE:
                return ending
            if ending is None and (self._closed(gap) or self.best is None or self.best.cost <= proven):
                return ending
            reach = 64 * reach if self.best is None else (self.best.cost - self.relaxed_bound) * (1 + 1e-9)
        return ending

    def _whole_without_early(self, search: Callable[[frozenset[Early]], Solution | None]) -> Solution | None:
        """Search whole numbers where nothing can be sold early: plans better than the best known, then all."""
        known = np.inf if self.best is None else self.best.cost
        self.reach = (known - self.relaxed_bound) * (1 + 1e-9)
        ending = search(frozenset())
        if np.isfinite(known):
            self.bound = min(self.bound, known)
            if ending is not None and ending.outcome is Outcome.INFEASIBLE:
                self.reach = np.inf
                ending = search(frozenset())
        return ending

    def _recall(self, levels: Levels) -> None:
        """Begin with the cuts, at the costs of now, of orders that were good before."""
        assert self.programme is not None
        for holdings in () if self.memory is None else self.memory.holdings_of(self.instance):
            self._learn(levels)
            plan = self._price(levels, holdings, Fractions.ALL)
            self._take_cuts(plan)
            self._add_shortage(levels, plan.short, holdings)
            self.recalled.append(plan)
            if fits(self.instance, holdings, Fractions.ALL):
                self._keep(plan)

    def _take_cuts(self, plan: _Plan) -> None:
        """Add all cuts at a plan that the programme did not propose."""
        assert self.programme is not None
        for valuation in plan.valuations:
            self.programme.add_operating_cuts(valuation.cuts, np.ones(self.instance.periods, dtype=np.bool_))

    def _keep_near(self, fractional: Holdings | None, levels: Levels) -> None:
        """The best of the whole plans that were remembered or are near a fractional one, as `levels` tell it."""
        ranked: list[tuple[float, Holdings]] = []
        for plan in self.recalled:
            if fits(self.instance, plan.holdings, self.fractions):
                change = fixed_cost(self.instance, plan.holdings, self.fractions)
                change -= fixed_cost(self.instance, plan.holdings, Fractions.ALL)
                ranked.append((plan.cost + change, plan.holdings))
        near = () if fractional is None else islice(rounded(self.instance, fractional), _NEAR)
        ranked += [(self._price(levels, holdings).cost, holdings) for holdings in near]
        for _, holdings in sorted(ranked, key=lambda entry: entry[0])[:1]:
            plan = self._price(self.hours, holdings)
            self._keep(plan)
            self._take_cuts(plan)

    def priced(self, holdings: Holdings) -> Priced:
        """Given holdings at all hours."""
        plan = self._price(self.hours, holdings)
        cost = plan.cost if fits(self.instance, holdings, self.fractions) else np.inf
        shortage = None
        if plan.short.any():
            shortage = self.operator.shortage(self.hours, in_service(self.instance, holdings), plan.short)
        return Priced(cost, tuple(valuation.cuts for valuation in plan.valuations), shortage)

    def remembered(self, cuts: tuple[Cut, ...]) -> Memory:
        """What the search leaves for the next."""
        best = self.best.holdings if self.best is not None and np.isfinite(self.best.cost) else None
        others = [holdings for holdings in self.evaluated if holdings is not best]
        holdings = (*others, *(() if best is None else (best,)))[-MOST_HOLDINGS:]
        valuations = tuple(self.evaluated_at)
        return Memory.of(self.instance, self.hours, holdings, self.relaxed_early, valuations, cuts)

    def _close(self, levels: Levels, fractions: Fractions, target: float) -> Solution | None:
        """Turn until the gap over these levels is at most `target`: None. Otherwise the solve that could not go on."""
        assert self.programme is not None
        self._learn(levels)
        for _ in range(MOST_ROUNDS):
            solution = self._solve(self.programme, fractions, gap=target / 2)
            if solution.holdings is None:
                return solution
            plan = self._price(levels, solution.holdings, fractions)
            self._keep(plan)
            self._report()
            if self._closed(target):
                return None
            if solution.outcome is Outcome.TIME_LIMIT:
                return solution
            exact = not self._add_cuts(levels, plan, solution, target)
            # Early sales are priced only once the cuts leave nothing else to do: until then the programme just grows.
            near = self.best is not None and relative_gap(self.best.cost, solution.bound) <= _SETTLED * target
            settled = exact or near
            if fractions is Fractions.ALL and settled and self._more_early(target / 8 * abs(solution.bound)):
                self._tidy(plan, solution)
            elif exact:
                if self.best is not None and np.isfinite(self.best.cost):
                    return None  # The programme is exact for this plan: what is left is the solver's own gap.
                if not 0 < plan.overstep < _SMALL_OVERSTEP or self.severity > 1:
                    return _failed(Outcome.INFEASIBLE, "no capacity keeps the budgets")
                # The programme pays for a budget that is overstepped by very little: until that is too dear for it.
                self.severity *= _MORE_SEVERE
            elif fractions is Fractions.ALL and self.programme.operating_rows > self.many_rows:
                self._tidy(plan, solution)
        return _failed(Outcome.ERROR, f"the gap was not closed in {MOST_ROUNDS} rounds")

    def _learn(self, levels: Levels) -> None:
        """Begin with the cuts of nothing ordered, unless there are cuts already."""
        assert self.programme is not None
        if not self.programme.cuts:
            valuation = self.operator.value(levels, in_service(self.instance, Holdings.none(self.instance)))
            self.latest = levels, valuation
            self.programme.add_operating_cuts(valuation.cuts, np.ones(self.instance.periods, dtype=np.bool_))
            self._add_shortage(levels, valuation.short, Holdings.none(self.instance))

    def _add_shortage(self, levels: Levels, short: Booleans, holdings: Holdings) -> bool:
        if not short.any() or self.programme is None:
            return False
        cuts = self.operator.shortage(levels, in_service(self.instance, holdings), short)
        if len(cuts.period):
            self.programme.add_shortage_cuts(cuts)
        return len(cuts.period) > 0

    def _add_cuts(self, levels: Levels, plan: _Plan, solution: Solution, target: float) -> bool:
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
        return self._add_shortage(levels, plan.short, plan.holdings) or added

    def _more_early(self, tolerance: float) -> bool:
        """Price the early sales that the relaxed programme lacks, and take in those that would improve it."""
        if not self.instance.sale_change or self.programme is None:
            return False
        more = improving(self.reduced, self.early, self.most_orders, tolerance)
        self.early |= more
        return bool(more)

    def _tidy(self, plan: _Plan, solution: Solution) -> None:
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

    def _solve(self, programme: Programme, fractions: Fractions, gap: float) -> Solution:
        """Solve within the time that is left, and keep the bound."""
        settings = self.settings
        if settings.interrupted is not None and settings.interrupted():
            return _failed(Outcome.TIME_LIMIT, "interrupted")
        seconds = None if settings.seconds_left is None else settings.seconds_left()
        if seconds is not None and seconds <= 0:
            return _failed(Outcome.TIME_LIMIT, "the time limit was reached")
        effort = Effort(settings.solver, gap, seconds, fractions, settings.interrupted)
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

    def _price(self, levels: Levels, holdings: Holdings, fractions: Fractions | None = None) -> _Plan:
        """Cost of holdings over these levels; infinite where must-serve work is short or a budget is overstepped."""
        fractions = self.fractions if fractions is None else fractions
        instance, capacity = self.instance, in_service(self.instance, holdings)
        if instance.coupling:
            limits = np.array([instance.budgets[number].limit for number in instance.coupling])
            left = limits - spent(instance, holdings, fractions)[list(instance.coupling)]
            found = ration(instance, self.operator, levels, capacity, left, self.costings, self.severity)
            parts, period_cost, valuations = found.parts, found.period_cost, found.valuations
            overstep = found.overstep
        else:
            start = None
            if self.latest is not None:
                known, before = self.latest
                start = before.basis if known is levels else before.basis[known.level_of_hour[levels.some_hour]]
            valuation = self.operator.value(levels, capacity, start=start)
            self.latest = levels, valuation
            parts, valuations, overstep = (Part(np.ones(instance.periods), valuation),), (valuation,), 0.0
            period_cost = valuation.period_cost
        if levels is self.hours:
            self.evaluated.append(holdings)
            self.evaluated_at.append(valuations[0])
        cost = np.inf
        if not overstep and not valuations[0].short.any():
            cost = fixed_cost(instance, holdings, fractions) + float(instance.discount_middle @ period_cost)
        return _Plan(cost, holdings, parts, period_cost, valuations, overstep)

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
        message, rounds = "" if ending is None else ending.message, tuple(self.rounds)
        if self.best is None or not np.isfinite(self.best.cost):
            outcome = Outcome.ERROR if ending is None else ending.outcome
            nothing = Holdings.none(self.instance)
            status = _NO_PLAN.get(outcome, Status.ERROR)
            capacity = in_service(self.instance, nothing)
            return Certified(status, np.inf, self.bound, nothing, capacity, (), None, path, rounds, message)
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
        capacity = in_service(self.instance, plan.holdings)
        operations = tuple(
            Mixed(part.share, self.operator.operate(self.hours, capacity, part.valuation)) for part in plan.parts
        )
        worth = self._worth()
        cuts = tuple(self.programme.cuts) if self.programme is not None else ()
        found = Certified(status, plan.cost, bound, plan.holdings, capacity, operations, worth, path, rounds, message)
        return replace(found, cuts=cuts)

    def _worth(self) -> Prices | None:
        """What limits and budgets are worth: one more solve of the relaxed programme, where there are any."""
        limited = self.instance.capacity_limits or self.instance.budgets
        if not self.settings.worth or self.programme is None or not limited:
            return None
        solution = self._solve(self.programme, Fractions.ALL, gap=self.settings.gap)
        return None if solution.holdings is None else prices(self.programme)


_NO_PLAN = {
    Outcome.INFEASIBLE: Status.INFEASIBLE,
    Outcome.UNBOUNDED: Status.UNBOUNDED,
    Outcome.TIME_LIMIT: Status.TIME_LIMIT,
}


def _failed(outcome: Outcome, message: str) -> Solution:
    return Solution(outcome, None, np.zeros(0), np.zeros((0, 0)), -np.inf, message)
