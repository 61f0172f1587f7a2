"""What units of a certified plan are used for, and what operating would cost without them, or with more of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.certify import Certified, Mixed
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.levels import Levels, distinct_hours
from hybrid_lp.operate import Operation, Operator, Valuation


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


class Appraiser:
    """Values units of one certified plan, its orders fixed. Axes as in the instance that was certified."""

    def __init__(self, instance: Instance, operator: Operator, certified: Certified) -> None:
        """The plan must have an operation."""
        self._instance, self._operator, self._certified = instance, operator, certified
        self._levels: Levels = distinct_hours(instance)
        self._followed: Mixed = max(certified.operations, key=lambda mixed: float(mixed.share.sum()))
        self._valued = operator.value(self._levels, certified.capacity, self._followed.operation.costing)
        self._run: Floats | None = None
        self._operated: Operation | None = None

    def last_units(self, pool: int, ordered: int, below: Floats, units: float) -> Worth:
        """The topmost `units` of those that an order made in a period brings. below[period]: units underneath them.

        Of units that serve alike the topmost are used last; `below` counts them in units of this pool.
        """
        instance = self._instance
        window, cost = self._window(pool, ordered)
        less = self._certified.capacity.copy()
        less[pool, window] = np.maximum(less[pool, window] - units, 0.0)
        before = self._value(less)
        saved = np.inf if before.short.any() else self._difference(before, self._valued)
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
        after = self._value(more)
        saved = self._difference(self._valued, after)
        if self._operated is None:
            self._operated = self._operate(self._certified.capacity, self._valued)
        used = self._used_by_pool(self._operate(more, after), pool) - self._used_by_pool(self._operated, pool)
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

    def _value(self, capacity: Floats) -> Valuation:
        near = self._levels, self._valued
        return self._operator.value(self._levels, capacity, self._valued.costing, near)

    def _difference(self, more: Valuation, less: Valuation) -> float:
        return float(self._instance.discount_middle @ (more.period_cost - less.period_cost))

    def _operate(self, capacity: Floats, valuation: Valuation) -> Operation:
        return self._operator.operate(self._levels, capacity, valuation)

    def _use(self, pool: int) -> Floats:
        """use[hour]  GPUs occupied on the pool's supply; of money, what is drawn."""
        instance, certified = self._instance, self._certified
        if self._run is None:
            self._run = np.zeros((instance.hours, instance.supplies))
            for p in range(instance.periods):
                hours = slice(instance.first_hour[p], instance.first_hour[p + 1])
                for mixed in certified.operations:
                    if mixed.share[p] > 0:
                        gpus, _ = self._operator.dispatch(p, certified.capacity, mixed.operation)
                        self._run[hours] += mixed.share[p] * gpus.sum(axis=1)
        use: Floats = sum((rate * self._run[:, j] for j, rate in self._counted(pool)), start=np.zeros(instance.hours))
        return use

    def _used_by_pool(self, operation: Operation, pool: int) -> Floats:
        """used[period]  GPU-hours on the pool's supply; of money, what is drawn."""
        instance = self._instance
        by_class = np.zeros(len(instance.running_cost))
        for supply, rate in self._counted(pool):
            by_class += rate * operation.run_gpu_hours[:, :, supply].sum(axis=1)
        return np.bincount(instance.period_of_class, weights=by_class, minlength=instance.periods)

    def _counted(self, pool: int) -> list[tuple[int, float]]:
        """(supply, how much of the pool a GPU-hour on it takes)."""
        drawn = [(draw.supply, draw.rate) for draw in self._instance.draws if draw.pool == pool]
        return drawn or [(int(self._instance.pool_supply[pool]), 1.0)]
