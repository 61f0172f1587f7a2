"""What hours are charged: their running costs, and prices on what they take of budgets that couple them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hybrid_lp.arrays import kept_last
from hybrid_lp.bunching import ABSENT
from hybrid_lp.hour import HourColumns, HourProgramme, HourRows
from hybrid_lp.instance import Booleans, Floats, Instance, Integers

MOST_KEPT = 4
"""Sets of idle supplies whose hours are kept, with the bases that they met: those of the last plans."""


@dataclass(frozen=True)
class HourProgrammes:
    """The hours of one costing, with the supplies that have something in service."""

    groups: tuple[HourProgramme, ...]
    group_of_class: Integers
    """group_of_class[cost class]: classes in which the same work can run on the same supplies share an hour
    programme."""
    cost_of_class: Integers
    """cost_of_class[cost class]: which of that hour programme's costs are its."""

    def adopt(self, other: HourProgrammes) -> None:
        """Take over all bases that another met, with the same cost classes, where they are dual feasible here."""
        if other is self or len(self.group_of_class) != len(other.group_of_class):
            return
        of_class = (self.group_of_class, other.group_of_class, self.cost_of_class, other.cost_of_class)
        alike: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for new, old, here, there in zip(*(numbers.tolist() for numbers in of_class), strict=True):
            alike.setdefault((new, old), set()).add((here, there))
        for (new, old), costs in alike.items():
            bases = [other.groups[old].simplex.met_under(there) for _, there in sorted(costs)]
            under = np.repeat([here for here, _ in sorted(costs)], [len(those) for those in bases])
            self.groups[new].like(other.groups[old], np.concatenate(bases), under)

    def start(self, other: HourProgrammes, classes: Integers, basis: Integers) -> Integers:
        """start[item]: number here of basis[item] of another with the same cost classes; −1: it is none here."""
        if other is self:
            return basis
        start = np.full(len(basis), ABSENT)
        for number, (group, before) in enumerate(zip(self.groups, other.groups, strict=True)):
            items = np.flatnonzero(self.group_of_class[classes] == number)
            start[items] = group.like(before, basis[items], self.cost_of_class[classes[items]])
        return start

    def keeping(self, classes: Integers, bases: list[Integers]) -> HourProgrammes:
        """A copy that remembers only these bases[…][item] of items of classes[item]."""
        group = self.group_of_class[classes]
        kept = [
            programme.keeping(np.unique([basis[group == number] for basis in bases]))
            for number, programme in enumerate(self.groups)
        ]
        return replace(self, groups=tuple(kept))


@dataclass(frozen=True)
class Costing:
    """What the hours are charged, and the hour programmes that follow from it."""

    rows: HourRows
    budget_price: Floats
    """budget_price[coupling budget, period]  currency of that period per unit of the budget."""
    group_of_class: Integers
    cost_of_class: Integers
    columns: tuple[HourColumns, ...]
    """Of each group: all that may run."""
    undone_cost: Floats
    """undone_cost[workload]  of work left undone: its penalty, or dearer than any way to serve."""
    made: dict[bytes, HourProgrammes] = field(default_factory=dict, repr=False, compare=False)
    """The last, by the idle supplies."""

    def programmes(self, idle: Booleans) -> HourProgrammes:
        """Without the idle[supply]."""
        return kept_last(self.made, idle.tobytes(), lambda: self._without(idle), MOST_KEPT)

    def _without(self, idle: Booleans) -> HourProgrammes:
        most = MOST_KEPT * len(self.columns)
        groups = tuple(HourProgramme.of(self.rows, columns, idle, most) for columns in self.columns)
        return HourProgrammes(groups, self.group_of_class, self.cost_of_class)

    def charged(self, number: int) -> Floats:
        """cost[column] of a class, of all columns of its group."""
        cost: Floats = self.columns[int(self.group_of_class[number])].cost[self.cost_of_class[number]]
        return cost

    @classmethod
    def priced(cls, instance: Instance, rows: HourRows, useful: Booleans, budget_price: Floats) -> Costing:
        """Running costs, and budget_price[coupling budget, period] for what they take of the budgets."""
        cost = instance.running_cost
        if budget_price.any():
            cost = cost.copy()
            for b, number in enumerate(instance.coupling):
                inside, weights = run_weights(instance, number)
                cost[inside] += budget_price[b, instance.period_of_class[inside]][:, None, None] * weights
        able = np.where(instance.effectiveness > 0, instance.effectiveness, np.inf)
        slowest = np.minimum(able.min(initial=np.inf), 1.0)
        must = ~np.isfinite(instance.unserved_penalty)
        dearest = np.where(instance.effectiveness > 0, cost, 0.0).max(initial=0.0)
        ceiling = dearest / slowest + instance.unserved_penalty[~must].max(initial=0.0)
        # Dearer than any way to serve, so that must-serve work is left only where nothing can serve it.
        undone = np.where(must, 100 * ceiling + 1.0, instance.unserved_penalty)
        return cls._grouped(rows, useful, cost, undone, budget_price)

    @classmethod
    def of_shortage(cls, instance: Instance, rows: HourRows, useful: Booleans) -> Costing:
        """Nothing to pay but 1 for each reference GPU-hour of must-serve work left undone."""
        must = ~np.isfinite(instance.unserved_penalty)
        nothing = np.zeros((len(instance.coupling), instance.periods))
        return cls._grouped(rows, useful, np.zeros(useful.shape), must.astype(np.float64), nothing)

    @classmethod
    def _grouped(
        cls, rows: HourRows, useful: Booleans, cost: Floats, undone_cost: Floats, budget_price: Floats
    ) -> Costing:
        members: dict[bytes, list[int]] = {}
        for c, pattern in enumerate(useful):
            members.setdefault(pattern.tobytes(), []).append(c)
        group_of_class, cost_of_class = np.empty((2, len(cost)), dtype=np.int64)
        groups: list[HourColumns] = []
        for classes in members.values():
            group_of_class[classes] = len(groups)
            group, cost_of_class[classes] = HourColumns.of(useful[classes[0]], cost[classes], undone_cost)
            groups.append(group)
        return cls(rows, budget_price, group_of_class, cost_of_class, tuple(groups), undone_cost)


def run_weights(instance: Instance, number: int) -> tuple[Integers, Floats]:
    """(cost classes that count in a budget, their weight[class, workload, supply] per occupied GPU-hour)."""
    budget, period = instance.budgets[number], instance.period_of_class
    assert budget.run_weights is not None, "a budget in which hours do not count"
    inside = np.flatnonzero(np.isin(period, budget.periods))
    return inside, budget.run_weights[period[inside] - budget.periods.start]
