"""The hour as a small linear programme: min c·x, A x ≤ b(demand, capacity), x ≥ 0.

Its columns are (workload, supply) pairs and one `undone` per workload; its rows are service, use of pools, rental
limits and spot shares: the families of `hybrid_lp.constraints`, for one hour and with capacity given.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hybrid_lp.arrays import kept_last
from hybrid_lp.bases import Bases
from hybrid_lp.bunching import ABSENT, AS_SLACK, BunchedSimplex
from hybrid_lp.instance import Booleans, Floats, Instance, Integers

_FEW = 100
"""Hours that are found first, where no basis is known."""


@dataclass(frozen=True)
class HourRows:
    """Right-hand sides of the hour's rows, and how they depend on capacity. The rows do not differ between periods."""

    instance: Instance
    pool_supplies: Integers
    """Supplies of pools, in the order of their rows."""
    shared: Integers
    """Workloads with a spot share below 1, in the order of their rows."""
    per_unit: Floats
    """per_unit[row, pool]: change of the right-hand side per unit in service."""
    constant: Floats
    """constant[row]: part that depends on neither demand nor capacity."""
    known: dict[bytes, Bases] = field(default_factory=dict, repr=False, compare=False)
    """The bases of the last sets of rows and columns: hours that are charged differently share what was factored."""

    @classmethod
    def of(cls, instance: Instance) -> HourRows:
        """The rows of an instance."""
        pool_supplies = np.flatnonzero(~instance.is_market)
        shared = np.flatnonzero(
            (instance.spot_max_share < 1) & (instance.effectiveness[:, instance.is_spot] > 0).any(1)
        )
        limits = len(instance.rental_limits)
        first_limit = instance.workloads + len(pool_supplies)
        rows = first_limit + limits + len(shared)
        per_unit, constant = np.zeros((rows, instance.pools)), np.zeros(rows)
        row_of_supply = {int(j): instance.workloads + row for row, j in enumerate(pool_supplies)}
        for k in range(instance.pools):
            per_unit[row_of_supply[int(instance.pool_supply[k])], k] = instance.usable_gpus[k]
        for number, limit in enumerate(instance.rental_limits):
            constant[first_limit + number] = limit.max_gpus
            per_unit[first_limit + number, list(limit.pools)] = -np.array(limit.gpus_per_unit)
        return cls(instance, pool_supplies, shared, per_unit, constant)

    def idle_supplies(self, by_period: Floats) -> Booleans:
        """idle[supply]: nothing of its pool is in service in any period, as by_period[row, period] has it."""
        instance, none = self.instance, ~by_period.any(axis=1)
        idle = np.zeros(instance.supplies, dtype=np.bool_)
        idle[self.pool_supplies] = none[instance.workloads : instance.workloads + len(self.pool_supplies)]
        for draw in instance.draws:
            idle[draw.supply] = idle[instance.pool_supply[draw.pool]] & (draw.rate > 0)
        return idle

    def by_period(self, capacity: Floats) -> Floats:
        """b[row, period] without demand, for capacity[pool, period]; a limit that rounding oversteps is 0."""
        return np.maximum(self.constant[:, None] + self.per_unit @ capacity, 0.0)

    def by_demand(self, demand: Floats) -> Floats:
        """b[row, item] without capacity, for demand[item, workload]."""
        sides = np.zeros((len(self.constant), len(demand)))
        sides[: demand.shape[1]] = -demand.T
        sides[len(sides) - len(self.shared) :] = (
            self.instance.spot_max_share[self.shared, None] * demand[:, self.shared].T
        )
        return sides

    def matrix(self, workload: Integers, supply: Integers) -> Floats:
        """A[row, column] of the columns (workload, supply), then one `undone` per workload."""
        instance, count = self.instance, len(workload)
        limited = [np.isin(supply, limit.markets) for limit in instance.rental_limits]
        limits = np.array(limited).reshape(len(limited), count)
        spot = np.where(
            (self.shared[:, None] == workload) & instance.is_spot[supply], instance.effectiveness[workload, supply], 0.0
        )
        service = np.zeros((instance.workloads, count))
        service[workload, np.arange(count)] = -instance.effectiveness[workload, supply]
        use = (self.pool_supplies[:, None] == supply).astype(np.float64)
        for draw in instance.draws:
            row = int(np.flatnonzero(self.pool_supplies == instance.pool_supply[draw.pool])[0])
            use[row, supply == draw.supply] = draw.rate
        runs = np.vstack([service, use, limits, spot])
        undone = np.zeros((len(runs), instance.workloads))
        undone[: instance.workloads] = -np.eye(instance.workloads)
        return np.hstack([runs, undone])


@dataclass(frozen=True)
class HourColumns:
    """The hour of all cost classes in which the same work can run on the same supplies, before capacity is known."""

    workload: Integers
    """workload[column]."""
    supply: Integers
    """supply[column]; −1 for work left undone."""
    cost: Floats
    """cost[cost, column]: what classes charge, each kind once."""

    @classmethod
    def of(cls, useful: Booleans, running_cost: Floats, undone_cost: Floats) -> tuple[HourColumns, Integers]:
        """useful[workload, supply], running_cost[class, workload, supply], undone_cost[workload]; and cost[class]."""
        workload, supply = hour_columns(useful)
        runs = supply >= 0
        charged, cost_of_class = _distinct(running_cost[:, workload[runs], supply[runs]])
        cost = np.hstack([charged, np.broadcast_to(undone_cost, (len(charged), len(undone_cost)))])
        return cls(workload, supply, cost), cost_of_class


@dataclass(frozen=True)
class HourProgramme:
    """That hour with the supplies that have something in service: columns and rows of the others are out.

    What one more unit of those would be worth follows from the prices of the rows that are left: the least that keeps
    every column of it from being worth running.
    """

    rows: Integers
    """rows[row]: which of all rows of the hour, in rising order."""
    workload: Integers
    """workload[column]."""
    supply: Integers
    """supply[column]; −1 for work left undone."""
    out: Idle
    """Columns of supplies that have nothing in service."""
    all_rows: int
    simplex: BunchedSimplex

    @classmethod
    def of(cls, rows: HourRows, columns: HourColumns, idle: Booleans, most: int) -> HourProgramme:
        """Without the idle[supply]. most: sets of bases that the rows keep."""
        runs = columns.supply >= 0
        out = runs.copy()
        out[runs] = idle[columns.supply[runs]]
        workload, supply, cost = columns.workload[~out], columns.supply[~out], columns.cost[:, ~out]
        matrix = rows.matrix(workload[supply >= 0], supply[supply >= 0])
        service = np.arange(len(matrix)) < rows.instance.workloads
        kept = np.flatnonzero(service | (matrix != 0).any(axis=1))
        key = kept.tobytes() + workload.tobytes() + supply.tobytes()
        simplex = BunchedSimplex(kept_last(rows.known, key, lambda: Bases(matrix[kept]), most), cost)
        unused = Idle.of(rows, kept, columns.workload[out], columns.supply[out], columns.cost[:, out])
        return cls(kept, workload, supply, unused, len(matrix), simplex)

    def kinds(self, columns: Integers) -> tuple[Booleans, Booleans]:
        """(runs, undone) of columns of the simplex, slacks among them: work at a supply, or left undone."""
        structural = columns < self.simplex.columns
        runs = structural & (self.supply[np.minimum(columns, self.simplex.columns - 1)] >= 0)
        return runs, structural & ~runs

    def workload_of(self, columns: Integers) -> Integers:
        """workload of columns of the simplex; of slacks, any."""
        workload: Integers = self.workload[np.minimum(columns, self.simplex.columns - 1)]
        return workload

    def prices(self, numbers: Integers) -> tuple[Floats, Floats]:
        """bounds[basis, row of all] and exact[basis, row of all] of the simplex, rows that are out included."""
        under = self.simplex.cost_of(numbers)
        bounds, exact = (self.out.lifted(self._of_all(prices), under) for prices in self.simplex.prices(numbers))
        return bounds, exact

    def _of_all(self, prices: Floats) -> Floats:
        result = np.zeros((len(prices), self.all_rows))
        result[:, self.rows] = prices
        return result

    def like(self, other: HourProgramme, basis: Integers, under: Integers) -> Integers:
        """Number here of basis[i] of another under the cost under[i]; −1: it is no basis here, or not dual feasible."""
        if other is self:
            return basis
        if self.all_rows != other.all_rows:
            return np.full(len(basis), ABSENT)
        place = self._places(other)
        if not self.simplex.has_coefficients_of(other.simplex, place):
            return np.full(len(basis), ABSENT)
        alike = np.array_equal(self.rows, other.rows) and self._same_columns(other)
        return self.simplex.adopt(other.simplex, basis, under, None if alike else place)

    def _same_columns(self, other: HourProgramme) -> bool:
        return np.array_equal(self.workload, other.workload) and np.array_equal(self.supply, other.supply)

    def _places(self, other: HourProgramme) -> Integers:
        """place[column of the other, slacks too] here."""
        here = {pair: j for j, pair in enumerate(zip(self.workload.tolist(), self.supply.tolist(), strict=True))}
        pairs = zip(other.workload.tolist(), other.supply.tolist(), strict=True)
        structural = [here.get(pair, ABSENT) for pair in pairs]
        row = {number: self.simplex.columns + r for r, number in enumerate(self.rows.tolist())}
        slacks = [row.get(number, AS_SLACK) for number in other.rows.tolist()]
        return np.array(structural + slacks, dtype=np.int64)

    def first_guess(self, sides: Floats, under: Integers) -> Integers:
        """Bases to start at for sides[row, item] under the cost under[item].

        Where nothing is known, a few of one cost are found first: the others are often only a little different.
        """
        simplex = self.simplex
        if simplex.knows_slacks_only and (len(under) > _FEW or simplex.costs > 1):
            alike = np.flatnonzero(under == under[:1])
            few = alike[:: max(len(alike) // _FEW, 1)]
            found = np.unique(simplex.solve(sides[:, few], under[few]))
            if simplex.costs > 1:
                every = np.arange(simplex.costs)
                simplex.adopt(simplex, np.repeat(found, simplex.costs), np.tile(every, len(found)))
        return simplex.nearest(sides, under)

    def keeping(self, basis: Integers) -> HourProgramme:
        """A copy that remembers only these bases."""
        return replace(self, simplex=self.simplex.keeping(basis))


@dataclass(frozen=True)
class Idle:
    """Columns of supplies that have nothing in service: each has a row of its own supply that is out."""

    row: Integers
    """row[column]: that row, of all; in rising order."""
    rate: Floats
    """rate[column] > 0: its coefficient there."""
    others: Floats
    """others[row of all, column]: its coefficients in the rows that are not out."""
    cost: Floats
    """cost[cost, column]."""

    @classmethod
    def of(cls, rows: HourRows, kept: Integers, workload: Integers, supply: Integers, cost: Floats) -> Idle:
        """kept: the rows that are not out."""
        others = rows.matrix(workload, supply)[:, : len(workload)]
        own = others[rows.instance.workloads : rows.instance.workloads + len(rows.pool_supplies)]
        row = rows.instance.workloads + own.argmax(axis=0) if len(workload) else np.zeros(0, dtype=np.int64)
        order = np.argsort(row, kind="stable")
        rate = own.max(axis=0, initial=0.0)
        out = np.setdiff1d(np.arange(len(others)), kept)
        others[out] = 0.0
        return cls(row[order], rate[order], others[:, order], cost[:, order])

    def lifted(self, prices: Floats, under: Integers) -> Floats:
        """prices[basis, row of all] with those of the rows that are out, under the cost under[basis]."""
        if len(self.row):
            worth = np.maximum(prices @ self.others - self.cost[under], 0.0) / self.rate
            row, first = np.unique(self.row, return_index=True)
            prices[:, row] = -np.maximum.reduceat(worth, first, axis=1)
        return prices


def _distinct(costs: Floats) -> tuple[Floats, Integers]:
    """(each row of costs[class, column] once, which of them each class has), in the order in which they come."""
    number: dict[bytes, int] = {}
    which = np.array([number.setdefault(row.tobytes(), len(number)) for row in costs], dtype=np.int64)
    _, first = np.unique(which, return_index=True)
    return costs[first], which


def hour_columns(useful: Booleans) -> tuple[Integers, Integers]:
    """(workload[column], supply[column]) of the hour: where useful[workload, supply], then −1 for work left undone."""
    workload, supply = (axis.astype(np.int64) for axis in np.nonzero(useful))
    workloads = len(useful)
    undone = np.full(workloads, -1, dtype=np.int64)
    return np.concatenate([workload, np.arange(workloads)]), np.concatenate([supply, undone])
