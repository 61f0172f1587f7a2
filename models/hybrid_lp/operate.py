"""The exact hourly cost of given capacity, for all hours at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hybrid_lp.arrays import numbered
from hybrid_lp.costing import Costing, HourProgrammes
from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.defer import Deferral, Pieces, Placed, block_prices, fill
from hybrid_lp.hour import HourProgramme, HourRows
from hybrid_lp.instance import Booleans, Floats, Instance, Integers
from hybrid_lp.levels import Levels
from hybrid_lp.merge import is_shared
from hybrid_lp.placing import Placing
from hybrid_lp.valuation import HourPrices, Operation, Valuation

SHORT = 1e-8
"""Share of a workload's largest demand below which work left undone is rounding, not shortage."""

_MOST_PLACINGS = 6
"""Programmes of several deferrable workloads that are kept: those of the levels of a search, and of the last parts."""

_VALUES_AT_A_TIME = 60_000
"""Right-hand sides of levels that are worked on at a time, so that they stay in a core's own cache."""

_SAME_PRICE = 1e-6
"""Share of the dearest price of work by which two prices may differ and still be the same."""


@dataclass(frozen=True)
class _Hours:
    """The hours of one costing at one capacity."""

    programmes: HourProgrammes
    by_period: Floats
    """by_period[row of all, period]: right-hand sides without demand."""


class Operator:
    """Operates one instance with any capacity; remembers the bases that it meets."""

    def __init__(self, instance: Instance, useful: Booleans, *, tells_shortage: bool = False) -> None:
        """useful[class, workload, supply] as from `merge.useful`.

        tells_shortage: is must-serve work that is short reported as undone? Otherwise what is undone of it is rounding.
        Raises ValueError where deferrable work has a spot share, which hours do not have: `merge` takes it away.
        """
        if any(is_shared(instance, w) for w in instance.blocks):
            raise ValueError("deferrable work with a spot share must be split by `merge` first")
        self._instance = instance
        self._rows = HourRows.of(instance)
        self._must = ~np.isfinite(instance.unserved_penalty)
        self._untold = self._must & (not tells_shortage)
        able = np.where(instance.effectiveness > 0, instance.effectiveness, np.inf)
        self._slowest = np.minimum(able.min(axis=1, initial=np.inf), 1.0)
        largest = instance.demand.max(axis=0, initial=0.0)
        self._short = SHORT * np.where(largest > 0, largest, 1.0)
        self._useful = useful
        self.plain = self.costing(np.zeros((len(instance.coupling), instance.periods)))
        """The costs as they are, without prices on budgets."""
        self._shortage = Costing.of_shortage(instance, self._rows, useful)
        self._known: HourProgrammes | None = None
        self._placings: dict[tuple[int, bool], Placing] = {}
        """(id of levels that the entry itself keeps alive, is it for shortage?)."""

    def costing(self, budget_price: Floats) -> Costing:
        """The hours charged with budget_price[coupling budget, period] for what they take of the budgets."""
        return Costing.priced(self._instance, self._rows, self._useful, budget_price)

    def teach(self, known: HourProgrammes) -> None:
        """Let valuations begin at bases that a like instance met, where they are dual feasible here."""
        self._known = known

    def value(
        self,
        levels: Levels,
        capacity: Floats,
        costing: Costing | None = None,
        near: tuple[Levels, Valuation] | None = None,
    ) -> Valuation:
        """Least cost of serving every level with capacity[pool, period].

        near: levels and a valuation of them, of any capacity and costs: where to begin.
        """
        costing = costing or self.plain
        hours = self._hours(costing, capacity)
        start = self._start(levels, hours, near)
        placed = self._place(levels, hours, costing, start) if levels.block else None
        demand = levels.demand if placed is None else placed.demand
        start = start if placed is None or placed.basis is None else placed.basis
        instance = self._instance
        basis = np.zeros(levels.count, dtype=np.int64)
        cost, short = np.zeros(levels.count), np.zeros(levels.count, dtype=np.bool_)
        bound, slope = np.zeros(instance.periods), np.zeros((instance.periods, instance.pools))
        for items, group, sides, under in self._by_group(levels, demand, hours):
            basis[items] = group.simplex.solve(sides, self._first(group, sides, under, start, items))
            period, weight = levels.period[items], levels.weight_hours[items]
            numbers, which = numbered(basis[items])
            prices, exact = group.simplex.prices(numbers)
            cost[items] = np.einsum("ir,ri->i", exact[which], sides) * weight
            short[items] = self._is_short(group, sides, basis[items], numbers, which)
            if placed is not None:
                continue
            bounds = np.einsum("ir,ri->i", prices[which], sides)
            bounds -= group.simplex.nudge[under] * self._most_columns(demand[items])
            bound += np.bincount(period, weights=bounds * weight, minlength=instance.periods)
            _add_sums(slope, period, which, weight, group.prices(numbers)[0] @ self._rows.per_unit)
        if placed is not None:
            bound, slope = placed.bound, placed.slope
        intercept = bound - np.einsum("pk,kp->p", slope, capacity)
        cuts = OperatingCuts(intercept, slope, costing.budget_price)
        period_cost = np.bincount(levels.period, weights=cost, minlength=instance.periods)
        return Valuation(costing, hours.programmes, demand, basis, cost, period_cost, short, cuts)

    def _hours(self, costing: Costing, capacity: Floats) -> _Hours:
        by_period = self._rows.by_period(capacity)
        programmes = costing.programmes(self._rows.idle_supplies(by_period))
        if self._known is not None and all(group.simplex.knows_slacks_only for group in programmes.groups):
            programmes.adopt(self._known)
        return _Hours(programmes, by_period)

    def _start(self, levels: Levels, hours: _Hours, near: tuple[Levels, Valuation] | None) -> Integers | None:
        """start[level]: bases of a valuation that are bases here too, -1 where they are not."""
        if near is None:
            return None
        known, before = near
        basis = before.basis if known is levels else before.basis[known.level_of_hour[levels.some_hour]]
        return hours.programmes.start(before.programmes, levels.cost_class, basis)

    def _first(
        self, group: HourProgramme, sides: Floats, under: Integers, start: Integers | None, items: Integers
    ) -> Integers:
        """Where to begin with items of a group: at start[level], where there is one."""
        if start is None:
            return group.first_guess(sides, under)
        first = start[items]
        unknown = np.flatnonzero(first < 0)
        if len(unknown):
            first[unknown] = group.first_guess(sides[:, unknown], under[unknown])
        return first

    def _bound_with(self, deferral: Deferral, levels: Levels, hours: _Hours) -> tuple[Floats, Floats]:
        """(bound[period], slope[period, pool]) from dual prices that are feasible for whole blocks.

        In every level the price of deferrable work is at least that of its block, ν: then Σ_ℓ ω π_ℓ b_ℓ without that
        work, and ν times the work of each block, bound the cost from below.
        """
        instance = self._instance
        fixed_work = levels.demand.copy()
        fixed_work[:, list(levels.block)] = 0.0
        directions = self._rows.by_demand(np.eye(instance.workloads)[list(levels.block)])
        by_level, slope = np.zeros(levels.count), np.zeros((instance.periods, instance.pools))
        work_price = np.zeros((len(levels.block), levels.count))
        for items, group, sides, under in self._by_group(levels, fixed_work, hours):
            numbers, which = np.unique([deferral.basis[items], deferral.other[items]], return_inverse=True)
            prices, _ = group.prices(numbers)
            first, second = which.reshape(2, -1)
            share = deferral.share[items][:, None]
            mixed = share * prices[first] + (1 - share) * prices[second]
            by_level[items] = np.einsum("ir,ri->i", mixed[:, group.rows], sides)
            by_level[items] -= group.simplex.nudge[under] * self._most_columns(levels.demand[items])
            work_price[:, items] = (mixed @ directions).T
            weighed = (mixed * levels.weight_hours[items][:, None]) @ self._rows.per_unit
            np.add.at(slope, levels.period[items], weighed)
        bound = np.bincount(levels.period, weights=by_level * levels.weight_hours, minlength=instance.periods)
        for w, price in zip(levels.block, work_price, strict=True):
            paid = block_prices(levels, w, price)[levels.block[w]] * levels.demand[:, w] * levels.weight_hours
            bound += np.bincount(levels.period, weights=paid, minlength=instance.periods)
        return bound, slope

    def shortage(self, levels: Levels, capacity: Floats, short: Booleans) -> ShortageCuts:
        """A cut for the worst of the short levels of each period, and for each other way in which levels fall short.

        With deferrable work, which couples levels, one for the whole shortage of each period.
        """
        cuts: list[tuple[int, float, Floats]] = []
        if levels.block:
            found = self.value(levels, capacity, self._shortage).cuts
            missing = found.intercept + np.einsum("pk,kp->p", found.slope, capacity)
            cuts = [(int(p), float(found.intercept[p]), found.slope[p]) for p in np.flatnonzero(missing > 0)]
        else:
            hours = self._hours(self._shortage, capacity)
            of_group = self._by_group(levels, levels.demand, hours, only=short, at_once=True)
            for items, group, sides, under in of_group:
                for p in np.unique(levels.period[items]):
                    here = np.flatnonzero(levels.period[items] == p)
                    basis = group.simplex.solve(sides[:, here], under[here])
                    cuts += self._worst(int(p), group, sides[:, here], basis, levels.demand[items[here]], capacity)
        return ShortageCuts(
            np.array([period for period, _, _ in cuts], dtype=np.int64),
            np.array([intercept for _, intercept, _ in cuts]),
            np.array([slope for _, _, slope in cuts]).reshape(len(cuts), self._instance.pools),
        )

    def _worst(
        self, period: int, group: HourProgramme, sides: Floats, basis: Integers, demand: Floats, capacity: Floats
    ) -> list[tuple[int, float, Floats]]:
        """(period, intercept, slope) of the worst of these short levels of one period, for each basis among them."""
        cuts = []
        nudge = float(group.simplex.nudge.max(initial=0.0))
        for number in np.unique(basis):
            price = group.prices(np.array([number]))[0][0]
            here = basis == number
            missing = price[group.rows] @ sides[:, here] - nudge * self._most_columns(demand[here])
            worst = int(missing.argmax())
            if missing[worst] > 0:
                slope = price @ self._rows.per_unit
                cuts.append((period, float(missing[worst] - slope @ capacity[:, period]), slope))
        return cuts

    def operate(self, levels: Levels, capacity: Floats, valuation: Valuation) -> Operation:
        """What runs where; `valuation` is that of this capacity."""
        run, unserved = self.run(levels, capacity, valuation)
        demand = valuation.demand[levels.level_of_hour] if levels.block else self._instance.demand
        basis = valuation.basis[levels.level_of_hour]
        return Operation(valuation.costing, valuation.programmes, demand, basis, run, unserved)

    def run(self, levels: Levels, capacity: Floats, valuation: Valuation) -> tuple[Floats, Floats]:
        """(run_gpu_hours[cost class, workload, supply], unserved_gpu_hours[period, workload]), as of an operation."""
        instance = self._instance
        run = np.zeros((len(instance.running_cost), instance.workloads, instance.supplies))
        unserved = np.zeros((instance.periods, instance.workloads))
        hours = _Hours(valuation.programmes, self._rows.by_period(capacity))
        for items, group, sides, _ in self._by_group(levels, valuation.demand, hours):
            for part in group.simplex.basic(sides, valuation.basis[items]):
                at = items[part.items]
                gpu_hours = part.values * levels.weight_hours[at, None]
                runs, undone = group.kinds(part.columns)
                w, j = group.workload[part.columns[runs]], group.supply[part.columns[runs]]
                _add_at(run, (levels.cost_class[at][runs.nonzero()[0]], w, j), gpu_hours[runs])
                undone &= ~self._untold[group.workload_of(part.columns)]
                w = group.workload[part.columns[undone]]
                _add_at(unserved, (levels.period[at][undone.nonzero()[0]], w), gpu_hours[undone])
        return run, unserved

    def dispatch(self, period: int, capacity: Floats, operation: Operation) -> tuple[Floats, Floats]:
        """gpus[hour, workload, supply] occupied and unserved[hour, workload], in the hours of one period."""
        instance = self._instance
        hours = np.arange(instance.first_hour[period], instance.first_hour[period + 1])
        demand = operation.demand[hours]
        gpus = np.zeros((len(demand), instance.workloads, instance.supplies))
        unserved = np.zeros((len(demand), instance.workloads))
        group_of_hour = operation.programmes.group_of_class[instance.cost_class[hours]]
        fixed = self._rows.by_period(capacity)[:, [period]]
        for number in np.unique(group_of_hour):
            group, here = operation.programmes.groups[number], np.flatnonzero(group_of_hour == number)
            sides = (self._rows.by_demand(demand[here]) + fixed)[group.rows]
            for part in group.simplex.basic(sides, operation.basis[hours[here]]):
                runs, undone = group.kinds(part.columns)
                at, columns = here[part.items], part.columns[runs]
                gpus[at[runs.nonzero()[0]], group.workload[columns], group.supply[columns]] = part.values[runs]
                undone &= ~self._untold[group.workload_of(part.columns)]
                unserved[at[undone.nonzero()[0]], group.workload[part.columns[undone]]] = part.values[undone]
        return gpus, unserved

    def prices(self, operation: Operation) -> HourPrices:
        """The dual prices of an operation. Where an hour has several, one of them."""
        instance = self._instance
        period_of_hour, class_of_hour = instance.period_of_hour, instance.cost_class
        demand = np.zeros((instance.hours, instance.workloads))
        unit = np.zeros((instance.periods, instance.pools))
        rental = np.zeros((len(instance.rental_limits), instance.periods))
        first_limit = instance.workloads + len(self._rows.pool_supplies)
        first_share = first_limit + len(instance.rental_limits)
        for number, group in enumerate(operation.programmes.groups):
            hours = np.flatnonzero(operation.programmes.group_of_class[class_of_hour] == number)
            numbers, which = np.unique(operation.basis[hours], return_inverse=True)
            _, exact = group.prices(numbers)
            by_basis = -exact[:, : instance.workloads]
            by_basis[:, self._rows.shared] += instance.spot_max_share[self._rows.shared] * exact[:, first_share:]
            demand[hours] = by_basis[which]
            cells = np.bincount(period_of_hour[hours] * len(numbers) + which, minlength=instance.periods * len(numbers))
            often = cells.reshape(instance.periods, len(numbers)).astype(np.float64)
            unit += often @ (exact @ self._rows.per_unit)
            rental += (often @ exact[:, first_limit:first_share]).T
        none = self._must & (demand > 0.5 * operation.costing.undone_cost)
        return HourPrices(np.where(none, np.inf, demand), unit, rental)

    def _place(self, levels: Levels, hours: _Hours, costing: Costing, start: Integers | None) -> Placed:
        """Put deferrable work where it is cheapest: exactly, up to rounding."""
        if len(levels.block) > 1:
            return self._placing(levels, shortage=costing is self._shortage).place(hours.by_period, costing)
        (w,) = levels.block
        demand = levels.demand.copy()
        demand[:, w] = 0.0
        demand[:, w], basis, other, share = fill(levels, w, self._pieces(levels, w, demand, hours, start))
        bound, slope = self._bound_with(Deferral(demand, basis, other, share), levels, hours)
        return Placed(demand, basis, bound, slope)

    def _placing(self, levels: Levels, *, shortage: bool) -> Placing:
        """The programmes of these levels; apart for shortage, whose costs are others: each goes on from its own end."""
        key = id(levels), shortage
        if key not in self._placings:
            self._placings[key] = Placing(self._instance, self._rows, self._useful, levels)
            if len(self._placings) > _MOST_PLACINGS:
                del self._placings[next(iter(self._placings))]
        return self._placings[key]

    def _pieces(self, levels: Levels, w: int, demand: Floats, hours: _Hours, start: Integers | None) -> Pieces:
        """How the cost of every level grows with work of w beside demand[level, workload].

        As far as it may matter: with the work of a block spread evenly some level pays most for a unit, ν. If it were
        worth more than ν, every level of the block would take more than the mean; so it is worth no more.
        """
        most = np.bincount(levels.block[w], weights=levels.weight_hours * levels.demand[:, w])
        direction = self._rows.by_demand(np.eye(self._instance.workloads)[[w]])[:, 0]
        parts, evenly = [], list(self._by_group(levels, demand, hours))
        mean_price, basis = np.zeros(levels.count), np.zeros(levels.count, dtype=np.int64)
        for items, group, sides, under in evenly:
            mean = sides + direction[group.rows, None] * levels.demand[items, w]
            basis[items] = group.simplex.solve(mean, self._first(group, mean, under, start, items))
            mean_price[items] = group.simplex.prices(basis[items])[0] @ direction[group.rows]
        dearest = np.full(len(most), -np.inf)
        np.maximum.at(dearest, levels.block[w], mean_price)
        # Pieces of one price may come under several bases, whose prices differ by rounding and by the nudge.
        dearest += _SAME_PRICE * float(np.abs(mean_price).max(initial=0.0))
        for items, group, sides, _ in evenly:
            first = group.simplex.solve(sides, basis[items])
            most_here = most[levels.block[w][items]] / levels.weight_hours[items]
            dearest_here = dearest[levels.block[w][items]]
            stretch = group.simplex.stretch(sides, direction[group.rows], first, most_here, dearest_here)
            numbers, which = np.unique(stretch.basis, return_inverse=True)
            slope = (group.simplex.prices(numbers)[0] @ direction[group.rows])[which]
            parts.append(Pieces(items[stretch.item], stretch.length, slope, stretch.basis))
        return Pieces.joined(parts)

    def _by_group(
        self,
        levels: Levels,
        demand: Floats,
        hours: _Hours,
        only: Booleans | None = None,
        *,
        at_once: bool = False,
    ) -> Iterator[tuple[Integers, HourProgramme, Floats, Integers]]:
        """(levels, their hour programme, their right-hand sides[row, item], their cost[item]), some at a time.

        Those of one time are of one group; at_once: all of a group together.
        """
        programmes = hours.programmes
        group_of_level = programmes.group_of_class[levels.cost_class]
        for number, group in enumerate(programmes.groups):
            # Parts of the levels do not have classes of every group.
            of_group = np.flatnonzero(group_of_level == number if only is None else (group_of_level == number) & only)
            step = max(_VALUES_AT_A_TIME // max(len(group.rows), 1), 1) if not at_once else max(len(of_group), 1)
            for items in (of_group[first : first + step] for first in range(0, len(of_group), step)):
                sides = self._rows.by_demand(demand[items])[group.rows]
                sides += hours.by_period[group.rows][:, levels.period[items]]
                yield items, group, sides, programmes.cost_of_class[levels.cost_class[items]]

    def _most_columns(self, demand: Floats) -> Floats:
        """most[item]: no least-cost operation has a larger sum of its columns: every workload on its slowest supply."""
        most: Floats = demand @ (1.0 / self._slowest)
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
        for part in group.simplex.basic(sides[:, suspects], basis[suspects]):
            _, left = group.kinds(part.columns)
            workload = group.workload_of(part.columns)
            left &= self._must[workload] & (part.values > self._short[workload])
            short[suspects[part.items]] = left.any(axis=1)
        return short


def _add_at(sums: Floats, index: tuple[Integers, ...], values: Floats) -> None:
    """Add values[i] to sums[index[0][i], index[1][i], …], looking only at that range of the first index."""
    if len(values) == 0:
        return
    first = int(index[0].min())
    part = sums[first : int(index[0].max()) + 1]
    cells = np.ravel_multi_index((index[0] - first, *index[1:]), part.shape)
    part += np.bincount(cells, weights=values, minlength=part.size).reshape(part.shape)


def _add_sums(sums: Floats, period: Integers, which: Integers, weight: Floats, slope: Floats) -> None:
    """Add weight[item] × slope[which[item], pool] to sums[period[item], pool], looking at as few values as can be."""
    kinds, pools = slope.shape
    first, last = int(period.min()), int(period.max())
    if (last - first + 1) * kinds <= len(which):
        often = np.zeros((last - first + 1, kinds))
        _add_at(often, (period - first, which), weight)
        sums[first : last + 1] += often @ slope
        return
    for pool in range(pools):
        _add_at(sums[:, pool], (period,), weight * slope[which, pool])
