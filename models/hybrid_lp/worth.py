"""What units of a certified plan are used for, and what operating would cost without them, or with more of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.certify import Certified, Mixed
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import Levels, distinct_hours
from hybrid_lp.operate import Operator
from hybrid_lp.valuation import Valuation


@dataclass(frozen=True)
class Worth:
    """Some units of a pool, in service for some periods."""

    hours: float
    """Hours in service, times units."""
    busy: float
    """Of those, hours at full use: half used counts half."""
    cost: float
    """Discounted: of the order and of holding it."""
    saved: float
    """Discounted: what operating would cost more without them; infinite where work could not be served."""

    @property
    def utilisation(self) -> float:
        """Busy share of its hours."""
        return self.busy / self.hours if self.hours else 0.0

    @property
    def pays_from(self) -> float | None:
        """Busy hours from which it pays, at what each of them saves; None where nothing is saved."""
        if not (0 < self.saved < np.inf and self.busy > 0):
            return None
        return self.cost * self.busy / self.saved


@dataclass(frozen=True)
class _Part:
    """Some levels, and the plan's valuation of them."""

    levels: Levels
    valued: Valuation


class Appraiser:
    """Values units of one certified plan, its orders fixed. Axes as in the instance that was certified."""

    def __init__(self, instance: Instance, operator: Operator, certified: Certified) -> None:
        """The plan must have an operation."""
        self._instance, self._operator, self._certified = instance, operator, certified
        self._levels: Levels = distinct_hours(instance)
        self._followed: Mixed = max(certified.operations, key=lambda mixed: float(mixed.share.sum()))
        self._valued = operator.value(self._levels, certified.capacity, self._followed.operation.costing)
        self._gpus: dict[bool, Floats] = {}

    def last_units(self, pool: int, ordered: int, below: Floats, units: float) -> Worth:
        """The topmost `units` of those that an order made in a period brings. below[period]: units underneath them.

        Of units that serve alike the topmost are used last; `below` counts them in units of this pool.
        """
        instance = self._instance
        window, cost = self._window(pool, ordered)
        less = self._certified.capacity.copy()
        less[pool, window] = np.maximum(less[pool, window] - units, 0.0)
        part = self._part(window, self._tight(pool, units))
        saved = 0.0
        if part.levels.count:
            before = self._value(part, less)
            saved = np.inf if before.short.any() else self._discounted(part, before.cost - part.valued.cost)
        hours = units * float(instance.hours_in_period[window].sum())
        return Worth(hours, self.busy(pool, ordered, below, units), units * cost, saved)

    def busy(self, pool: int, ordered: int, below: Floats, units: float) -> float:
        """Hours at full use, times units, of `units` that an order brings with below[period] units underneath them."""
        instance = self._instance
        window, _ = self._window(pool, ordered)
        usable, hours = float(instance.usable_gpus[pool]), slice(*instance.first_hour[[window.start, window.stop]])
        over = self._use(pool)[hours] - usable * below[instance.period_of_hour[hours]]
        return float(np.clip(over, 0.0, units * usable).sum()) / usable

    def more_units(self, pool: int, ordered: int, units: float) -> Worth:
        """Units that the plan does not order, had they been ordered in a period."""
        instance = self._instance
        window, cost = self._window(pool, ordered)
        more = self._certified.capacity.copy()
        more[pool, window] += units
        part = self._part(window, np.ones(self._levels.count, dtype=np.bool_))
        after = self._value(part, more)
        saved = self._discounted(part, part.valued.cost - after.cost)
        used = self._used_by_pool(part, more, after, pool)
        used -= self._used_by_pool(part, self._certified.capacity, part.valued, pool)
        hours = units * float(instance.hours_in_period[window].sum())
        busy = max(used[window].sum() / float(instance.usable_gpus[pool]), 0.0)
        return Worth(hours, float(min(busy, hours)), units * cost, max(saved, 0.0))

    def _window(self, pool: int, ordered: int) -> tuple[slice, float]:
        """(periods in service, discounted cost of one unit ordered and held)."""
        instance = self._instance
        first = ordered + int(instance.lead_periods[pool])
        last = min(first + int(instance.life_periods[pool]), instance.periods)
        holding = instance.holding_cost[pool, first:last] @ instance.discount_middle[first:last]
        return slice(first, last), float(instance.order_cost[pool, ordered] + holding)

    def _part(self, window: slice, where: Booleans) -> _Part:
        """The levels of some periods, where[level], with all levels of their blocks."""
        levels = self._levels
        inside = (levels.period >= window.start) & (levels.period < window.stop)
        chosen = inside & where
        if len(levels.block) > 1:
            chosen = inside if chosen.any() else chosen  # Blocks of different lengths chain a period together.
        for block in levels.block.values():
            chosen = np.bincount(block, weights=chosen)[block] > 0
        return _Part(levels.part(chosen), self._valued.part(chosen))

    def _tight(self, pool: int, units: float) -> Booleans:
        """tight[level]: could not all be done in the same way without so many units of a pool?"""
        instance, levels = self._instance, self._levels
        there = instance.supply_gpus(self._certified.capacity)[instance.pool_supply[pool]]
        room = there[levels.period] - self._use(pool, followed=True)[levels.some_hour]
        tight: Booleans = room < units * float(instance.usable_gpus[pool]) * (1 + 1e-9)
        return tight

    def _value(self, part: _Part, capacity: Floats) -> Valuation:
        return self._operator.value(part.levels, capacity, self._valued.costing, (part.levels, part.valued))

    def _discounted(self, part: _Part, cost: Floats) -> float:
        return float(self._instance.discount_middle[part.levels.period] @ cost)

    def _use(self, pool: int, *, followed: bool = False) -> Floats:
        """use[hour]  GPUs occupied on the supply of the pool; of money, what is drawn. followed: as most of it runs."""
        if followed not in self._gpus:
            self._gpus[followed] = self._dispatched((self._followed,) if followed else self._certified.operations)
        gpus = self._gpus[followed]
        use: Floats = sum((rate * gpus[:, j] for j, rate in self._counted(pool)), start=np.zeros(len(gpus)))
        return use

    def _dispatched(self, operations: tuple[Mixed, ...]) -> Floats:
        """gpus[hour, supply]  occupied, by all workloads together."""
        instance, certified = self._instance, self._certified
        gpus = np.zeros((instance.hours, instance.supplies))
        for p in range(instance.periods):
            hours = slice(instance.first_hour[p], instance.first_hour[p + 1])
            for mixed in operations:
                share = 1.0 if len(operations) == 1 else mixed.share[p]
                if share > 0:
                    occupied, _ = self._operator.dispatch(p, certified.capacity, mixed.operation)
                    gpus[hours] += share * occupied.sum(axis=1)
        return gpus

    def _used_by_pool(self, part: _Part, capacity: Floats, valuation: Valuation, pool: int) -> Floats:
        """used[period]  GPU-hours on the pool's supply; of money, what is drawn."""
        instance = self._instance
        run, _ = self._operator.run(part.levels, capacity, valuation)
        by_class = np.zeros(len(instance.running_cost))
        for supply, rate in self._counted(pool):
            by_class += rate * run[:, :, supply].sum(axis=1)
        return np.bincount(instance.period_of_class, weights=by_class, minlength=instance.periods)

    def _counted(self, pool: int) -> list[tuple[int, float]]:
        """(supply, how much of the pool a GPU-hour on it takes)."""
        drawn = [(draw.supply, draw.rate) for draw in self._instance.draws if draw.pool == pool]
        return drawn or [(int(self._instance.pool_supply[pool]), 1.0)]
