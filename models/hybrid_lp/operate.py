"""The exact hourly cost of given capacity, for all hours at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.hour import HourProgramme, HourRows
from hybrid_lp.instance import Booleans, Floats, Instance, Integers
from hybrid_lp.levels import Levels

SHORT = 1e-8
"""Share of a workload's largest demand below which work left undone is rounding, not shortage."""


@dataclass(frozen=True)
class Valuation:
    """What given capacity costs to operate, level by level, and what that says of other capacities."""

    basis: Integers
    """basis[level]: levels of a period with the same number share an optimal basis: cost is linear among them."""
    period_cost: Floats
    """period_cost[period]  currency, undiscounted; where work that must be served is short, more than serving it."""
    short: Booleans
    """short[level]: work that must be served is not."""
    cuts: OperatingCuts


@dataclass(frozen=True)
class Operation:
    """How given capacity serves every hour at least cost."""

    basis: Integers
    """basis[hour], to replay its hours."""
    run_gpu_hours: Floats
    """run_gpu_hours[period, workload, supply]  occupied GPU-hours."""
    unserved_gpu_hours: Floats
    """unserved_gpu_hours[period, workload]  reference GPU-hours left undone, at their penalty."""


@dataclass(frozen=True)
class HourPrices:
    """What one more of something costs in the hours of an operation; savings are negative. Undiscounted currency."""

    demand: Floats
    """demand[hour, workload]  per reference GPU-hour more; infinite where no more could be served."""
    unit: Floats
    """unit[period, pool]  per unit more in service during the period, without what holding it costs."""
    rental: Floats
    """rental[rental limit, period]  per GPU more that may be rented during the period."""


class Operator:
    """Operates one instance with any capacity; remembers the bases that it meets."""

    def __init__(self, instance: Instance, useful: Booleans) -> None:
        """useful[period, workload, supply] as from `merge.useful`."""
        self._instance = instance
        self._rows = HourRows.of(instance)
        self._must = ~np.isfinite(instance.unserved_penalty)
        able = np.where(instance.effectiveness > 0, instance.effectiveness, np.inf)
        self._slowest = np.minimum(able.min(axis=1, initial=np.inf), 1.0)
        dearest = np.where(instance.effectiveness > 0, instance.running_cost, 0.0).max(initial=0.0)
        ceiling = dearest / self._slowest.min(initial=1.0) + instance.unserved_penalty[~self._must].max(initial=0.0)
        # Dearer than any way to serve, so that must-serve work is left only where nothing can serve it.
        self._undone_cost = np.where(self._must, 100 * ceiling + 1.0, instance.unserved_penalty)
        self._short = SHORT * instance.demand.max(axis=0, initial=0.0)
        self._group_of_period, self._groups = self._cost_groups(useful)
        self._shortage_groups: dict[bytes, HourProgramme] = {}
        self._useful = useful

    def value(self, levels: Levels, capacity: Floats, start: Integers | None = None) -> Valuation:
        """Least cost of serving every level with capacity[pool, period]. start[level]: bases to begin at."""
        instance = self._instance
        basis = np.zeros(levels.count, dtype=np.int64) if start is None else start.copy()
        period_cost, short = np.zeros(instance.periods), np.zeros(levels.count, dtype=np.bool_)
        bound, slope = np.zeros(instance.periods), np.zeros((instance.periods, instance.pools))
        neighbour: tuple[HourProgramme, Integers] | None = None
        for items, group, sides in self._by_group(levels, capacity):
            if start is None:
                basis[items] = _first_guess(group, sides, neighbour)
            basis[items] = group.simplex.solve(sides, basis[items])
            period, weight = levels.period[items], levels.weight_hours[items]
            numbers, which = np.unique(basis[items], return_inverse=True)
            neighbour = group, numbers
            prices, exact = group.simplex.prices(numbers)
            cost = np.einsum("ir,ri->i", exact[which], sides) * weight
            period_cost += np.bincount(period, weights=cost, minlength=instance.periods)
            bounds = np.einsum("ir,ri->i", prices[which], sides) - group.simplex.nudge * self._most_columns(
                levels, items
            )
            bound += np.bincount(period, weights=bounds * weight, minlength=instance.periods)
            cells = np.bincount(
                period * len(numbers) + which, weights=weight, minlength=instance.periods * len(numbers)
            )
            slope += cells.reshape(instance.periods, -1) @ (prices @ self._rows.per_unit)
            short[items] = self._is_short(group, sides, basis[items], numbers, which)
        intercept = bound - np.einsum("pk,kp->p", slope, capacity)
        return Valuation(basis, period_cost, short, OperatingCuts(intercept, slope))

    def shortage(self, levels: Levels, capacity: Floats, short: Booleans) -> ShortageCuts:
        """A cut for the worst of the short levels of each period, and for each other way in which levels fall short."""
        cuts: list[tuple[int, float, Floats]] = []
        for p in np.unique(levels.period[short]):
            items = np.flatnonzero(short & (levels.period == p))
            group = self._shortage_group(int(p))
            sides = self._rows.by_demand(levels.demand[items])
            fixed = self._rows.by_period(capacity)[:, p]
            basis = group.simplex.solve(sides + fixed[:, None], np.zeros(len(items), dtype=np.int64))
            for number in np.unique(basis):
                price = group.simplex.prices(np.array([number]))[0][0]
                here = items[basis == number]
                missing = price @ (sides[:, basis == number] + fixed[:, None])
                missing -= group.simplex.nudge * self._most_columns(levels, here)
                worst = int(missing.argmax())
                if missing[worst] > 0:
                    slope = price @ self._rows.per_unit
                    cuts.append((int(p), float(missing[worst] - slope @ capacity[:, p]), slope))
        return ShortageCuts(
            np.array([period for period, _, _ in cuts], dtype=np.int64),
            np.array([intercept for _, intercept, _ in cuts]),
            np.array([slope for _, _, slope in cuts]).reshape(len(cuts), self._instance.pools),
        )

    def operate(self, levels: Levels, capacity: Floats, basis: Integers) -> Operation:
        """What runs where, summed by period. basis[level] is that of the valuation of this capacity."""
        instance = self._instance
        run = np.zeros((instance.periods, instance.workloads, instance.supplies))
        unserved = np.zeros((instance.periods, instance.workloads))
        for items, group, sides in self._by_group(levels, capacity):
            for bunch in group.simplex.bunches(sides, basis[items]):
                at = items[bunch.items]
                for column, values in zip(bunch.columns, bunch.values, strict=True):
                    if column >= group.simplex.columns:
                        continue
                    w, j = group.workload[column], group.supply[column]
                    weights = values * levels.weight_hours[at]
                    by_period = np.bincount(levels.period[at], weights=weights, minlength=instance.periods)
                    if j >= 0:
                        run[:, w, j] += by_period
                    elif not self._must[w]:
                        unserved[:, w] += by_period
        return Operation(basis[levels.level_of_hour], run, unserved)

    def dispatch(self, period: int, capacity: Floats, basis: Integers) -> tuple[Floats, Floats]:
        """gpus[hour, workload, supply] occupied and unserved[hour, workload], in the hours of one period.

        basis[hour] is that of the operation of this capacity.
        """
        instance = self._instance
        hours = slice(instance.first_hour[period], instance.first_hour[period + 1])
        demand = instance.demand[hours]
        gpus = np.zeros((len(demand), instance.workloads, instance.supplies))
        unserved = np.zeros((len(demand), instance.workloads))
        group = self._groups[self._group_of_period[period]]
        sides = self._rows.by_demand(demand) + self._rows.by_period(capacity)[:, [period]]
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

    def prices(self, basis: Integers) -> HourPrices:
        """The dual prices of an operation; basis[hour]. Where an hour has several, one of them."""
        instance = self._instance
        period_of_hour = instance.period_of_hour
        demand = np.zeros((instance.hours, instance.workloads))
        unit = np.zeros((instance.periods, instance.pools))
        rental = np.zeros((len(instance.rental_limits), instance.periods))
        first_limit = instance.workloads + len(self._rows.pool_supplies)
        first_share = first_limit + len(instance.rental_limits)
        for number, group in enumerate(self._groups):
            hours = np.flatnonzero(self._group_of_period[period_of_hour] == number)
            numbers, which = np.unique(basis[hours], return_inverse=True)
            _, exact = group.simplex.prices(numbers)
            by_basis = -exact[:, : instance.workloads]
            by_basis[:, self._rows.shared] += instance.spot_max_share[self._rows.shared] * exact[:, first_share:]
            demand[hours] = by_basis[which]
            cells = np.bincount(period_of_hour[hours] * len(numbers) + which, minlength=instance.periods * len(numbers))
            often = cells.reshape(instance.periods, len(numbers)).astype(np.float64)
            unit += often @ (exact @ self._rows.per_unit)
            rental += (often @ exact[:, first_limit:first_share]).T
        none = self._must & (demand > 0.5 * self._undone_cost)
        return HourPrices(np.where(none, np.inf, demand), unit, rental)

    def _by_group(self, levels: Levels, capacity: Floats) -> list[tuple[Integers, HourProgramme, Floats]]:
        """(levels, their hour programme, their right-hand sides[row, item]) for each group of periods."""
        by_period = self._rows.by_period(capacity)
        parts = []
        for number, group in enumerate(self._groups):
            items = np.flatnonzero(self._group_of_period[levels.period] == number)
            sides = self._rows.by_demand(levels.demand[items])
            sides += by_period[:, levels.period[items]]
            parts.append((items, group, sides))
        return parts

    def _most_columns(self, levels: Levels, items: Integers) -> Floats:
        """most[item]: no least-cost operation has a larger sum of its columns: every workload on its slowest supply."""
        most: Floats = levels.demand[items] @ (1.0 / self._slowest)
        return most

    def _is_short(
        self, group: HourProgramme, sides: Floats, basis: Integers, numbers: Integers, which: Integers
    ) -> Booleans:
        """short[item]: is must-serve work left undone, beyond rounding?"""
        undone = np.flatnonzero((group.supply < 0) & self._must[group.workload])
        short = np.zeros(len(basis), dtype=np.bool_)
        if len(undone) == 0:
            return short
        suspects = np.flatnonzero(group.simplex.basic_in(numbers, undone)[which])
        for bunch in group.simplex.bunches(sides[:, suspects], basis[suspects]):
            for column, values in zip(bunch.columns, bunch.values, strict=True):
                if column in undone:
                    short[suspects[bunch.items]] |= values > self._short[group.workload[column]]
        return short

    def _cost_groups(self, useful: Booleans) -> tuple[Integers, list[HourProgramme]]:
        """Periods with the same running costs share one simplex."""
        numbers: dict[bytes, int] = {}
        group_of_period = np.empty(self._instance.periods, dtype=np.int64)
        groups: list[HourProgramme] = []
        for p in range(self._instance.periods):
            key = self._instance.running_cost[p].tobytes() + useful[p].tobytes()
            if key not in numbers:
                numbers[key] = len(groups)
                cost = self._instance.running_cost[p]
                groups.append(HourProgramme.of(self._rows, useful[p], cost, self._undone_cost))
            group_of_period[p] = numbers[key]
        return group_of_period, groups

    def _shortage_group(self, period: int) -> HourProgramme:
        """The hour with nothing to pay but 1 for each reference GPU of must-serve work left undone."""
        useful = self._useful[period]
        if useful.tobytes() not in self._shortage_groups:
            self._shortage_groups[useful.tobytes()] = HourProgramme.of(
                self._rows, useful, np.zeros(useful.shape), self._must.astype(np.float64)
            )
        return self._shortage_groups[useful.tobytes()]


def _first_guess(group: HourProgramme, sides: Floats, neighbour: tuple[HourProgramme, Integers] | None) -> Integers:
    """Where to start: at the bases of periods whose costs are only a little different."""
    if neighbour is not None:
        other, numbers = neighbour
        if np.array_equal(other.workload, group.workload) and np.array_equal(other.supply, group.supply):
            group.simplex.adopt(other.simplex, numbers)
    return group.simplex.nearest(sides)
