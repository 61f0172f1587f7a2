"""Instance → programme: with its hours written out, or with their cost bounded by cuts.

Orders, capacity and what limits them are the same rows in both; only the hours differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from pulp import LpMinimize, LpProblem

from hybrid_lp.constraints.budgets import add_budgets, add_hour_budgets
from hybrid_lp.constraints.capacity_limits import add_capacity_limits
from hybrid_lp.constraints.cuts import add_operating_cuts, add_shortage_cuts
from hybrid_lp.constraints.markets import add_held_limits, add_rental_limits, add_spot_share
from hybrid_lp.constraints.orders import add_order_bounds, add_order_limits
from hybrid_lp.constraints.pool_use import add_pool_use
from hybrid_lp.constraints.service import add_service
from hybrid_lp.constraints.sites import add_openings, add_people
from hybrid_lp.constraints.vintages import add_held_sales, add_vintages
from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import Levels
from hybrid_lp.objective import holding_terms, hours_terms, objective, operating_terms
from hybrid_lp.units import Units
from hybrid_lp.variables import Early, Variables, add_holdings, add_hours, add_operating
from hybrid_lp.warm import Basis, WarmHighs

type Cut = tuple[OperatingCuts, Booleans] | ShortageCuts
"""What the hours tell; of operating cuts, those of the chosen[period]."""


@dataclass
class Programme:
    """A built programme and the units of its numbers. Grows by cuts."""

    instance: Instance
    problem: LpProblem
    columns: Variables
    units: Units
    cuts: list[Cut] = field(default_factory=list)
    """All cuts so far, in their order; of operating cuts, for the chosen[period]."""
    operating_rows: int = 0
    """Rows that operating cuts take: those that were left out are none."""
    start: Basis | None = None
    """Where its first relaxed solve begins: at the end of a like programme."""
    session: WarmHighs | None = None
    """What the solver keeps between two relaxed solves; `solve` alone makes it."""

    @property
    def basis(self) -> Basis | None:
        """Of the last relaxed solve."""
        return None if self.session is None else self.session.basis(self.problem)

    def add_operating_cuts(self, cuts: OperatingCuts, chosen: Booleans, active: Booleans | None = None) -> None:
        """Add the cuts of the chosen[period]; as rows only the active[period] of them, or all where it is None."""
        self.cuts.append((cuts, chosen))
        number = len(self.cuts)
        rows = chosen if active is None else chosen & active
        self.operating_rows += int(rows.sum())
        add_operating_cuts(self.problem, self.instance, self.columns, cuts, rows, self.units, number)

    def active(self, capacity: Floats, operating: Floats, used: Floats, slack: Floats) -> tuple[Booleans, ...]:
        """active[cut][period]: does the cut hold with no more than slack[period] to spare at this answer?

        Of an optimal answer the others can be left out and it stays optimal. Shortage cuts are always active.
        """
        all_periods = np.ones(self.instance.periods, dtype=np.bool_)
        return tuple(
            all_periods if isinstance(entry, ShortageCuts) else operating - entry[0].least(capacity, used) <= slack
            for entry in self.cuts
        )

    def least_operating(self, capacity: Floats) -> Floats:
        """least[period]: operating cost is no less, as the cuts without prices on budgets tell it."""
        least = np.full(self.instance.periods, -np.inf)
        used = np.zeros((len(self.instance.coupling), self.instance.periods))
        for entry in self.cuts:
            if isinstance(entry, tuple) and not entry[0].budget_price.any():
                least = np.where(entry[1], np.maximum(least, entry[0].least(capacity, used)), least)
        return least

    def add_shortage_cuts(self, cuts: ShortageCuts) -> None:
        """Add all of them."""
        self.cuts.append(cuts)
        add_shortage_cuts(self.problem, self.columns, cuts, self.units, len(self.cuts))


def written_out(
    instance: Instance,
    levels: Levels,
    useful: Booleans,
    early: Iterable[Early] = (),
    fractions: Fractions = Fractions.NONE,
) -> Programme:
    """The programme with what runs in every level written out. With one level per distinct hour it is exact.

    useful[class, workload, supply] as from `merge.useful`. early: units that may be ordered to be sold early.
    """
    units = Units.of(instance)
    problem = LpProblem("hybrid_schedule", LpMinimize)
    columns = add_hours(problem, instance, levels, useful, add_holdings(problem, instance, early, fractions))
    terms = holding_terms(instance, columns, units.money)
    problem.setObjective(objective(terms + hours_terms(instance, levels, columns, units.money, units.gpus)))
    _add_holding_rows(problem, instance, columns, units)
    add_service(problem, instance, levels, columns, units.gpus)
    add_pool_use(problem, instance, levels, columns, units.gpus)
    add_rental_limits(problem, instance, levels, columns, units.gpus)
    add_spot_share(problem, instance, levels, columns, units.gpus)
    add_hour_budgets(problem, instance, levels, columns, units)
    return Programme(instance, problem, columns, units)


def with_cuts(
    instance: Instance,
    early: Iterable[Early] = (),
    fractions: Fractions = Fractions.NONE,
    cuts: Sequence[Cut] = (),
    active: Sequence[Booleans] | None = None,
) -> Programme:
    """The programme over orders and capacity, with a column per period for the cost of its hours: cuts say how much.

    active[cut][period]: which of the cuts become rows; None: all. The others stay known.
    """
    units = Units.of(instance)
    problem = LpProblem("hybrid_schedule", LpMinimize)
    columns = add_operating(problem, instance, add_holdings(problem, instance, early, fractions))
    terms = holding_terms(instance, columns, units.money)
    problem.setObjective(objective(terms + operating_terms(instance, columns)))
    _add_holding_rows(problem, instance, columns, units)
    programme = Programme(instance, problem, columns, units)
    for number, entry in enumerate(cuts):
        if isinstance(entry, ShortageCuts):
            programme.add_shortage_cuts(entry)
        else:
            programme.add_operating_cuts(*entry, None if active is None else active[number])
    return programme


def _add_holding_rows(problem: LpProblem, instance: Instance, columns: Variables, units: Units) -> None:
    add_vintages(problem, instance, columns)
    add_held_sales(problem, instance, columns)
    add_order_limits(problem, instance, columns)
    add_order_bounds(problem, instance, columns)
    add_capacity_limits(problem, instance, columns)
    add_held_limits(problem, instance, columns, units.gpus)
    add_openings(problem, instance, columns)
    add_people(problem, instance, columns)
    add_budgets(problem, instance, columns, units)
