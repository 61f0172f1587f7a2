"""The hour as a small linear programme: min c·x, A x ≤ b(demand, capacity), x ≥ 0.

Its columns are (workload, supply) pairs and one `undone` per workload; its rows are service, use of pools, rental
limits and spot shares: the families of `hybrid_lp.constraints`, for one hour and with capacity given.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hybrid_lp.bases import Bases
from hybrid_lp.bunching import BunchedSimplex
from hybrid_lp.instance import Booleans, Floats, Instance, Integers


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
    """The bases of each set of columns: hours that are charged differently share what was factored."""

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
class HourProgramme:
    """The hour of all cost classes in which the same work can run on the same supplies."""

    workload: Integers
    """workload[column]."""
    supply: Integers
    """supply[column]; −1 for work left undone."""
    cost: Floats
    """cost[cost, column]: what classes charge, each kind once."""
    simplex: BunchedSimplex

    @classmethod
    def of(
        cls, rows: HourRows, useful: Booleans, running_cost: Floats, undone_cost: Floats
    ) -> tuple[HourProgramme, Integers]:
        """useful[workload, supply], running_cost[class, workload, supply], undone_cost[workload]; and cost[class]."""
        workload, supply = hour_columns(useful)
        runs = supply >= 0
        charged, cost_of_class = _distinct(running_cost[:, workload[runs], supply[runs]])
        cost = np.hstack([charged, np.broadcast_to(undone_cost, (len(charged), len(undone_cost)))])
        key = useful.tobytes()
        if key not in rows.known:
            rows.known[key] = Bases(rows.matrix(workload[runs], supply[runs]))
        return cls(workload, supply, cost, BunchedSimplex(rows.known[key], cost)), cost_of_class

    def kinds(self, columns: Integers) -> tuple[Booleans, Booleans]:
        """(runs, undone) of columns of the simplex, slacks among them: work at a supply, or left undone."""
        structural = columns < self.simplex.columns
        runs = structural & (self.supply[np.minimum(columns, self.simplex.columns - 1)] >= 0)
        return runs, structural & ~runs

    def workload_of(self, columns: Integers) -> Integers:
        """workload of columns of the simplex; of slacks, any."""
        workload: Integers = self.workload[np.minimum(columns, self.simplex.columns - 1)]
        return workload

    def adopt(self, other: HourProgramme, pairs: set[tuple[int, int]]) -> None:
        """Take over the bases that another met, for each pair (cost here, cost there), where they are dual feasible.

        None where the other has other columns or rows.
        """
        if (
            np.array_equal(self.workload, other.workload)
            and np.array_equal(self.supply, other.supply)
            and self.simplex.has_matrix_of(other.simplex)
        ):
            bases = [other.simplex.met_under(there) for _, there in sorted(pairs)]
            under = np.repeat([here for here, _ in sorted(pairs)], [len(those) for those in bases])
            self.simplex.adopt(other.simplex, np.concatenate(bases), under)

    def first_guess(self, sides: Floats, under: Integers) -> Integers:
        """Bases to start at for sides[row, item] under the cost under[item].

        Where nothing is known, those of one cost are found first: others are often only a little different.
        """
        simplex, costs = self.simplex, len(self.cost)
        if simplex.knows_slacks_only and costs > 1 and len(under):
            found = np.unique(simplex.solve(sides[:, under == under[0]], under[under == under[0]]))
            simplex.adopt(simplex, np.repeat(found, costs), np.tile(np.arange(costs), len(found)))
        return simplex.nearest(sides, under)

    def keeping(self, basis: Integers) -> HourProgramme:
        """A copy that remembers only these bases."""
        return replace(self, simplex=self.simplex.keeping(basis))


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
