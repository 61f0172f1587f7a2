"""Near-optimal plans: how far a total of orders can go in plans that cost little more than the best one.

The programme with cuts gets its cost as a row, Σ cost ≤ budget, and the total as its objective. Its cuts bound
operating cost from below, so that the programme allows every plan within the budget, and some that are not: its optimum
is proven, no plan goes further. What it proposes is priced at every hour; where it costs more than the budget, its cuts
are added and the programme is solved again, until a plan within the budget is found at the programme's own optimum.
(Modelling to generate alternatives: Brill, Chang & Hopkins 1982; the "near-optimal space" of energy models.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pulp import lpSum_vars_coefs

from hybrid_lp.build import Programme, with_cuts, written_out
from hybrid_lp.certify import Certified, Pricer, Settings
from hybrid_lp.early import possible, reduced_costs, saving, within
from hybrid_lp.holdings import Fractions, Holdings, most_orders
from hybrid_lp.instance import Booleans, Instance
from hybrid_lp.levels import slices
from hybrid_lp.merge import useful
from hybrid_lp.objective import Terms, holding_terms, hours_terms, operating_terms
from hybrid_lp.solve import Effort, prices, solve
from hybrid_lp.variables import Early

MOST_TURNS = 40
"""Solves for one end of a range, after which what is proven and what was found are given as they are."""
MOST_EARLY_AT_ONCE = 5000
_WHOLE = 1e-6
"""A count this little above a whole number is one."""


@dataclass(frozen=True)
class Range:
    """How low and how high a total can be in plans within the budget."""

    least_proven: float
    """No plan within the budget has less."""
    least_found: float
    """A plan within the budget has this little."""
    most_found: float
    most_proven: float


def order_ranges(
    instance: Instance, plan: Certified, totals: Sequence[Booleans], share: float, settings: Settings
) -> Iterator[Range]:
    """The range of Σ orders over the pools of each totals[number][pool], in plans that cost `share` more at most."""
    finder = _Finder(instance, plan, share, settings)
    for pools in totals:
        yield finder.range_of(pools)


class _Finder:
    """The programme of all plans within the budget; it keeps the cuts that earlier ranges needed."""

    def __init__(self, instance: Instance, plan: Certified, share: float, settings: Settings) -> None:
        self._instance, self._plan, self._settings = instance, plan, settings
        self._budget = plan.cost + share * abs(plan.cost)
        self._fractions = Fractions.UNITS if settings.relax else Fractions.NONE
        self._price = Pricer(instance, settings)
        early = _usable_early(instance, plan, self._budget, self._fractions, settings)
        self._programme = with_cuts(instance, early, self._fractions, plan.cuts)
        if not plan.cuts:
            self._add_cuts(plan.holdings)
        _limit_cost(self._programme, self._budget, operating_terms(instance, self._programme.columns))

    def range_of(self, pools: Booleans) -> Range:
        """Of the orders of these pools together."""
        own = float(self._plan.orders[pools].sum())
        least_proven, least_found = self._end(pools, 1.0, own)
        most_proven, most_found = self._end(pools, -1.0, own)
        return Range(least_proven, least_found, -most_found, -most_proven)

    def _end(self, pools: Booleans, sign: float, own: float) -> tuple[float, float]:
        """(proven, found) least value of sign · total."""
        columns = self._programme.columns
        terms = [(column, sign) for (k, _), column in columns.bought if pools[k]]
        found = sign * own
        if not terms:
            return found, found
        self._programme.problem.setObjective(lpSum_vars_coefs(terms))
        self._programme.session = None
        proven = -np.inf
        whole = self._fractions is Fractions.NONE and bool(self._instance.whole[pools].all())
        for _ in range(MOST_TURNS):
            effort = Effort(self._settings.solver, min(self._settings.gap, 1e-4), None, self._fractions)
            solution = solve(self._programme, effort)
            if solution.holdings is None:
                break
            # `solve` gives money; the objective is a count.
            bound = (solution.bound - self._instance.constant_cost) / self._programme.units.money
            proven = max(proven, float(np.ceil(bound - _WHOLE)) if whole else bound)
            proposed = sign * float(solution.holdings.orders[pools].sum())
            if self._add_cuts(solution.holdings) <= self._budget * (1 + np.sign(self._budget) * self._settings.gap):
                found = min(found, proposed)
                break
            if proven >= found - _WHOLE:
                break
        return min(proven, found), found

    def _add_cuts(self, holdings: Holdings) -> float:
        """Price holdings at every hour and take their cuts; the cost."""
        priced = self._price(holdings)
        everywhere = np.ones(self._instance.periods, dtype=np.bool_)
        for cuts in priced.cuts:
            self._programme.add_operating_cuts(cuts, everywhere)
        if priced.shortage is not None:
            self._programme.add_shortage_cuts(priced.shortage)
        return priced.cost


def share_range(
    instance: Instance, plan: Certified, supplies: Booleans, share: float, settings: Settings
) -> tuple[float, float]:
    """(least, most) share of all work that the supplies[supply] do, which no plan within the budget leaves.

    Over slices of the hours, and with fractions of units: all plans within the budget are part of that, and more.
    """
    levels = slices(instance, settings.slices_per_period)
    budget = plan.cost + share * abs(plan.cost)
    programme = written_out(instance, levels, useful(instance), possible(instance), Fractions.ALL)
    units = programme.units
    _limit_cost(programme, budget, hours_terms(instance, levels, programme.columns, units.money, units.gpus))
    work = float((levels.demand.T @ levels.weight_hours).sum()) / units.gpus
    ends = []
    for sign in (1.0, -1.0):
        terms = [
            (run, sign * float(levels.weight_hours[level] * instance.effectiveness[w, j]) / work)
            for (level, w, j), run in programme.columns.run.items()
            if supplies[j]
        ]
        if not terms or work == 0:
            return 0.0, 0.0
        programme.problem.setObjective(lpSum_vars_coefs(terms))
        programme.session = None
        solution = solve(programme, Effort(settings.solver, settings.gap, None, Fractions.ALL))
        bound = (solution.bound - instance.constant_cost) / units.money
        ends.append(sign * bound)
    return max(ends[0], 0.0), min(ends[1], 1.0)


def _limit_cost(programme: Programme, budget: float, operating: Terms) -> None:
    """Σ holding terms + operating ≤ budget − what is paid whatever is decided."""
    instance, money = programme.instance, programme.units.money
    terms = [*holding_terms(instance, programme.columns, money), *operating]
    most = (budget - instance.constant_cost) / money
    programme.problem.addConstraint(lpSum_vars_coefs(terms) <= most, "cost_budget")


def _usable_early(
    instance: Instance, plan: Certified, budget: float, fractions: Fractions, settings: Settings
) -> frozenset[Early]:
    """Early sales that some plan within the budget may use: of whole units, those that do not cost more than it has."""
    if not instance.sale_change:
        return frozenset()
    every = possible(instance)
    known = every if len(every) <= MOST_EARLY_AT_ONCE else frozenset(plan.holdings.sold)
    relaxed = with_cuts(instance, known, fractions, plan.cuts)
    solution = solve(relaxed, Effort(settings.solver, settings.gap, None, Fractions.ALL))
    if solution.holdings is None or not plan.cuts:
        return every
    reduced = reduced_costs(instance, prices(relaxed), known)
    least = solution.bound + saving(reduced, known, most_orders(instance))
    whole = instance.whole & (fractions is Fractions.NONE)
    return within(reduced, budget - least, whole) | frozenset(plan.holdings.sold)
