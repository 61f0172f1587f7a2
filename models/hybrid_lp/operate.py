"""The exact hourly cost of given capacity, for all hours at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.bunching import BunchedSimplex
from hybrid_lp.instance import Booleans, Floats, Instance, Integers

SHORT = 1e-8
"""Share of a workload's largest demand below which work left undone is rounding, not shortage."""


@dataclass(frozen=True)
class Operation:
    """How given capacity serves every hour at least cost."""

    hour_cost: Floats
    """hour_cost[hour]  currency, undiscounted: running cost and penalties."""
    basis: Integers
    """basis[hour]: hours of a period with the same number share an optimal basis: cost is linear among them."""
    run_gpu_hours: Floats
    """run_gpu_hours[period, workload, supply]  occupied GPU-hours."""
    unserved_gpu_hours: Floats
    """unserved_gpu_hours[period, workload]  reference GPU-hours left undone, at their penalty."""
    short_hours: Integers
    """Hours in which work that must be served cannot be."""
    shortfall: Floats
    """shortfall[short hour, workload]  reference GPUs missing."""


class Operator:
    """Operates one instance with any capacity; remembers the bases that it meets."""

    def __init__(self, instance: Instance, useful: Booleans) -> None:
        """useful[period, workload, supply] as from `merge.useful`."""
        self._instance = instance
        self._must = ~np.isfinite(instance.unserved_penalty)
        price = np.where(instance.effectiveness > 0, instance.running_cost, 0.0).max(initial=0.0)
        able = instance.effectiveness[instance.effectiveness > 0]
        ceiling = price / able.min(initial=1.0) + instance.unserved_penalty[~self._must].max(initial=0.0)
        # Dearer than any way to serve, so that must-serve work is left only where nothing can serve it.
        self._undone_cost = np.where(self._must, 100 * ceiling + 1.0, instance.unserved_penalty)
        self._share_rows = np.flatnonzero((instance.spot_max_share < 1) & (instance.demand.max(axis=0, initial=0) > 0))
        self._group_of_period, self._groups = self._cost_groups(useful)

    def operate(self, capacity: Floats, start: Integers | None = None) -> Operation:
        """Serve every hour with capacity[pool, period]; start is the `basis` of an earlier operation."""
        instance = self._instance
        cost = np.zeros(instance.hours)
        basis = np.zeros(instance.hours, dtype=np.int64)
        run = np.zeros((instance.periods, instance.workloads, instance.supplies))
        unserved = np.zeros((instance.periods, instance.workloads))
        undone = np.zeros((instance.hours, instance.workloads))
        period_of_hour = instance.period_of_hour
        for number, group in enumerate(self._groups):
            hours = np.flatnonzero(self._group_of_period[period_of_hour] == number)
            period = period_of_hour[hours]
            sides = self._right_hand_sides(instance.demand[hours], period, capacity)
            begin = np.zeros(len(hours), dtype=np.int64) if start is None else start[hours]
            basis[hours] = group.simplex.solve(sides, begin)
            for bunch in group.simplex.bunches(sides, basis[hours]):
                at = hours[bunch.items]
                for column, values in zip(bunch.columns, bunch.values, strict=True):
                    if column >= group.simplex.columns:
                        continue
                    w, j = group.workload[column], group.supply[column]
                    if j < 0 and self._must[w]:
                        undone[at, w] += values
                        continue
                    cost[at] += group.cost[column] * values
                    by_period = np.bincount(period[bunch.items], weights=values, minlength=instance.periods)
                    if j >= 0:
                        run[:, w, j] += by_period
                    else:
                        unserved[:, w] += by_period
        short = np.flatnonzero((undone > SHORT * instance.demand.max(axis=0, initial=0.0)).any(axis=1))
        return Operation(cost, basis, run, unserved, short, undone[short])

    def cost_of(self, demand: Floats, period: Integers, capacity: Floats, start: Integers) -> Floats:
        """cost[item] of serving demand[item, workload] for an hour in period[item]: currency, undiscounted."""
        cost = np.zeros(len(demand))
        for number, group in enumerate(self._groups):
            items = np.flatnonzero(self._group_of_period[period] == number)
            sides = self._right_hand_sides(demand[items], period[items], capacity)
            basis = group.simplex.solve(sides, start[items])
            padded = np.concatenate([group.cost, np.zeros(len(sides))])
            for bunch in group.simplex.bunches(sides, basis):
                cost[items[bunch.items]] = padded[bunch.columns] @ bunch.values
        return cost

    def dispatch(self, period: int, capacity: Floats, basis: Integers) -> tuple[Floats, Floats]:
        """gpus[hour, workload, supply] occupied and unserved[hour, workload], in the hours of one period.

        `basis` is that of the operation of this capacity.
        """
        instance = self._instance
        hours = slice(instance.first_hour[period], instance.first_hour[period + 1])
        demand = instance.demand[hours]
        gpus = np.zeros((len(demand), instance.workloads, instance.supplies))
        unserved = np.zeros((len(demand), instance.workloads))
        group = self._groups[self._group_of_period[period]]
        sides = self._right_hand_sides(demand, np.full(len(demand), period), capacity)
        for bunch in group.simplex.bunches(sides, basis[hours]):
            for column, values in zip(bunch.columns, bunch.values, strict=True):
                if column >= group.simplex.columns:
                    continue
                w, j = group.workload[column], group.supply[column]
                if j >= 0:
                    gpus[bunch.items, w, j] = values
                elif not self._must[w]:
                    unserved[bunch.items, w] = values
        return gpus, unserved

    def _cost_groups(self, useful: Booleans) -> tuple[Integers, list[_Group]]:
        """Periods with the same running costs share one simplex."""
        numbers: dict[bytes, int] = {}
        group_of_period = np.empty(self._instance.periods, dtype=np.int64)
        groups: list[_Group] = []
        for p in range(self._instance.periods):
            key = self._instance.running_cost[p].tobytes() + useful[p].tobytes()
            if key not in numbers:
                numbers[key] = len(groups)
                groups.append(self._group(p, useful[p]))
            group_of_period[p] = numbers[key]
        return group_of_period, groups

    def _group(self, period: int, useful: Booleans) -> _Group:
        """One hour of a period as min c·x, A x ≤ b: the columns (workload, supply), then one `undone` per workload.

        Rows: −service of each workload, use of each supply of pools, rental limits, spot shares.
        """
        instance = self._instance
        workload, supply = (axis.astype(np.int64) for axis in np.nonzero(useful))
        count, workloads = len(workload), instance.workloads
        pool_rows = np.flatnonzero(~instance.is_market)
        service = np.zeros((workloads, count + workloads))
        service[workload, np.arange(count)] = -instance.effectiveness[workload, supply]
        service[np.arange(workloads), count + np.arange(workloads)] = -1.0
        use = np.zeros((len(pool_rows), count + workloads))
        use[:, :count] = pool_rows[:, None] == supply
        limits = np.zeros((len(instance.rental_limits), count + workloads))
        for row, limit in enumerate(instance.rental_limits):
            limits[row, :count] = np.isin(supply, limit.markets)
        spot = np.zeros((len(self._share_rows), count + workloads))
        spot[:, :count] = np.where(
            (self._share_rows[:, None] == workload) & instance.is_spot[supply],
            instance.effectiveness[workload, supply],
            0.0,
        )
        cost = np.concatenate([instance.running_cost[period, workload, supply], self._undone_cost])
        everyone = np.arange(workloads, dtype=np.int64)
        return _Group(
            np.concatenate([workload, everyone]),
            np.concatenate([supply, np.full(workloads, -1, dtype=np.int64)]),
            cost,
            BunchedSimplex(np.vstack([service, use, limits, spot]), cost),
        )

    def _right_hand_sides(self, demand: Floats, period: Integers, capacity: Floats) -> Floats:
        """b[row, item] for demand[item, workload] in period[item], in the order of `_group`'s rows."""
        instance = self._instance
        usable = instance.supply_gpus(capacity)[~instance.is_market]
        left = np.empty((len(instance.rental_limits), instance.periods))
        for row, limit in enumerate(instance.rental_limits):
            held = np.array(limit.gpus_per_unit) @ capacity[list(limit.pools)] if limit.pools else 0.0
            left[row] = np.maximum(limit.max_gpus - held, 0.0)
        shares = instance.spot_max_share[self._share_rows, None] * demand[:, self._share_rows].T
        return np.vstack([-demand.T, usable[:, period], left[:, period], shares])


@dataclass(frozen=True)
class _Group:
    """The hour of the periods that share their running costs."""

    workload: Integers
    """workload[column]."""
    supply: Integers
    """supply[column]; −1 for work left undone."""
    cost: Floats
    """cost[column]."""
    simplex: BunchedSimplex
