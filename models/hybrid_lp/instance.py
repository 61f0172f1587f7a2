"""The sets and parameters of the programme, as arrays.

Money is in the plan's currency. GPUs are *occupied* GPUs: where replicas strand a part of a unit (u < 1 in
docs/formulation.md), running cost and effectiveness are per occupied GPU, so that every capacity row counts with 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class RentalLimit:
    """At most `max_gpus` rented from some markets in any hour, reservations of the same offer counting too.

    Σ_{j in markets} Σ_w run_{ℓwj} + Σ_{k in pools} gpus_per_unit_k · capacity_{kp} ≤ max_gpus
    """

    name: str
    markets: tuple[int, ...]
    """Indices of supplies."""
    pools: tuple[int, ...]
    gpus_per_unit: tuple[float, ...]
    """Of each of `pools`."""
    max_gpus: float
    key: str = ""
    """Of the figure that it comes from, for messages."""


@dataclass(frozen=True)
class CapacityLimit:
    """At most `limit` of something that units in service take: power, space, or their number.

    Σ_{k in pools} weight_k · capacity_{kp} ≤ limit, in every period
    """

    name: str
    unit: str
    pools: tuple[int, ...]
    weights: tuple[float, ...]
    """Per unit in service, of each of `pools`."""
    limit: float
    key: str = ""
    """Of the figure that it comes from, for messages."""


@dataclass(frozen=True)
class OrderLimit:
    """At most `most` units ordered of some pools together: Σ_{k in pools} order_{kp} ≤ most, in every period."""

    name: str
    pools: tuple[int, ...]
    most: float
    key: str = ""
    """Of the figure that it comes from, for messages."""


@dataclass(frozen=True)
class Held:
    """Units that were there, or on their way, before the plan."""

    pool: int
    units: float
    first: int
    """First period in service, from 0."""
    last: int
    """Last period in service, inside the horizon; the plan may end earlier than their life."""
    sale_change: Floats | None = None
    """sale_change[period]  discounted change of cost per unit that leaves at the start of that period instead of after
    `last`, without what holding it would have cost. None where it cannot be sold."""
    whole: bool = False
    """Are they sold as whole units?"""

    @property
    def leaving(self) -> range:
        """Periods at whose start units may leave early."""
        if self.sale_change is None:
            return range(0)
        return range(self.first if self.first == 0 else self.first + 1, self.last + 1)


@dataclass(frozen=True)
class Draw:
    """A market whose hours are paid by a spend commitment, a pool of money per hour.

    In every hour, Σ over the draws of a commitment of rate × GPUs occupied ≤ the money per hour that is active.
    """

    supply: int
    pool: int
    rate: float
    """Currency per hour and GPU occupied."""


@dataclass(frozen=True)
class Budget:
    """At most `limit` of something spent on orders, on what is in service and on what runs: money, or carbon.

    Σ_kp order_weight_kp order_{kp} + Σ_kp unit_weight_kp capacity_{kp} + Σ_op opening_weight_op opening_{op}
    + Σ_{p in periods} Σ_ℓ ω_ℓ Σ_wj run_weight_pwj run_{ℓwj} ≤ limit
    """

    name: str
    unit: str
    limit: float
    """Without what is spent whatever is decided."""
    order_weights: Floats | None = None
    """order_weights[pool, period]  per unit ordered in that period."""
    unit_weights: Floats | None = None
    """unit_weights[pool, period]  per unit in service."""
    opening_weights: Floats | None = None
    """opening_weights[opening, period]  per opening; None where hours count."""
    periods: range = range(0)
    """Periods whose hours count."""
    run_weights: Floats | None = None
    """run_weights[period in `periods`, workload, supply]  per occupied GPU-hour; None where hours do not count."""
    key: str = ""
    """Of the figure that it comes from, for messages."""


@dataclass(frozen=True)
class Opening:
    """A cost paid once, in the period of the first order of some pools."""

    name: str
    pools: tuple[int, ...]
    cost: Floats
    """cost[period]  discounted."""


@dataclass(frozen=True)
class People:
    """Whole people who look after the units in service of some pools."""

    name: str
    pools: tuple[int, ...]
    units_per_person: float
    cost: Floats
    """cost[period]  discounted, per person."""


@dataclass(frozen=True)
class Instance:
    """One problem. Axes: period p, hour h, workload w, supply j (pools' supplies and markets), pool k.

    Running costs are those of a cost class: hours of one period with the same prices. Without `class_of_hour` each
    period is a class of its own.
    """

    first_hour: Integers
    """first_hour[period + 1]: hour at which each period begins; the last entry is the number of hours."""
    discount_middle: Floats
    """discount_middle[period]: factor for money that flows during the period."""
    demand: Floats
    """demand[hour, workload]  reference GPUs busy."""
    unserved_penalty: Floats
    """unserved_penalty[workload]  currency per reference GPU-hour; infinite where work must be served in every hour."""
    spot_max_share: Floats
    """spot_max_share[workload]  of its work in any hour."""
    effectiveness: Floats
    """effectiveness[workload, supply]  reference GPU-hours per occupied GPU-hour; 0 where the workload cannot run."""
    running_cost: Floats
    """running_cost[cost class, workload, supply]  currency per occupied GPU-hour, undiscounted."""
    is_spot: NDArray[np.bool_]
    """is_spot[supply]."""
    offered: Booleans
    """offered[period, workload, supply]: may it be used then? All True but under the restrictions of a baseline."""
    pool_supply: Integers
    """pool_supply[pool]: the supply that the pool's capacity serves. Supplies of no pool are markets."""
    usable_gpus: Floats
    """usable_gpus[pool]  per unit in service."""
    order_cost: Floats
    """order_cost[pool, period]  currency per unit ordered, everything tied to the order, discounted."""
    holding_cost: Floats
    """holding_cost[pool, period]  currency per unit in service, undiscounted."""
    lead_periods: Integers
    """lead_periods[pool]."""
    life_periods: Integers
    """life_periods[pool]  lifetime of a server, term of a reservation."""
    whole: NDArray[np.bool_]
    """whole[pool]: are orders whole numbers?"""
    order_min: Floats
    """order_min[pool, period]  units, settled already."""
    order_max: Floats
    """order_max[pool, period]  units; 0 where it cannot be ordered, infinite where nothing limits it."""
    rental_limits: tuple[RentalLimit, ...]
    capacity_limits: tuple[CapacityLimit, ...]
    order_limits: tuple[OrderLimit, ...] = ()
    held: tuple[Held, ...] = ()
    constant_cost: float = 0.0
    """Discounted cost of what is held already, whatever is decided."""
    sale_change: Mapping[int, Floats] = field(default_factory=dict)
    """pool → [order period, leave period]: discounted change of `order_cost` per unit that leaves at the start of that
    period instead of at its end. Only arrival < leave < end of life, inside the horizon, is read; pools that cannot be
    sold early are absent."""
    draws: tuple[Draw, ...] = ()
    budgets: tuple[Budget, ...] = ()
    openings: tuple[Opening, ...] = ()
    people: tuple[People, ...] = ()
    class_of_hour: Integers | None = None
    """class_of_hour[hour]: its cost class, inside one period; None: the class is the period."""
    blocks: Mapping[int, Integers] = field(default_factory=dict)
    """workload → block_of_hour[hour], 0 … without holes: its work may run in any hour of its block, which lies inside
    one period."""

    @property
    def periods(self) -> int:
        """Number of periods."""
        return len(self.first_hour) - 1

    @property
    def hours(self) -> int:
        """Number of hours."""
        return int(self.first_hour[-1])

    @property
    def workloads(self) -> int:
        """Number of workloads."""
        return int(self.effectiveness.shape[0])

    @property
    def supplies(self) -> int:
        """Number of supplies."""
        return int(self.effectiveness.shape[1])

    @property
    def pools(self) -> int:
        """Number of pools."""
        return len(self.pool_supply)

    @property
    def hours_in_period(self) -> Integers:
        """hours_in_period[period]."""
        return np.diff(self.first_hour)

    @property
    def period_of_hour(self) -> Integers:
        """period_of_hour[hour]."""
        return np.repeat(np.arange(self.periods), self.hours_in_period)

    @property
    def cost_class(self) -> Integers:
        """cost_class[hour]: the class whose running costs hold in that hour."""
        return self.period_of_hour if self.class_of_hour is None else self.class_of_hour

    @property
    def period_of_class(self) -> Integers:
        """period_of_class[cost class]."""
        if self.class_of_hour is None:
            return np.arange(self.periods)
        period = np.zeros(len(self.running_cost), dtype=np.int64)
        period[self.class_of_hour] = self.period_of_hour
        return period

    @property
    def coupling(self) -> tuple[int, ...]:
        """Budgets that couple hours: what runs counts in them."""
        return tuple(number for number, budget in enumerate(self.budgets) if budget.run_weights is not None)

    @property
    def has_whole_units(self) -> bool:
        """Is there something that must be a whole number, beside openings?"""
        ordered = bool((self.order_max[self.whole] > 0).any())
        return ordered or bool(self.people) or any(held.whole and len(held.leaving) for held in self.held)

    @property
    def can_decide(self) -> bool:
        """Is there anything to order or to sell?"""
        return bool((self.order_max > 0).any()) or any(len(held.leaving) for held in self.held)

    @property
    def is_market(self) -> NDArray[np.bool_]:
        """is_market[supply]: rented by the hour."""
        market = np.ones(self.supplies, dtype=np.bool_)
        market[self.pool_supply] = False
        return market

    def supply_gpus(self, capacity: Floats) -> Floats:
        """usable[supply, period]  GPUs that pools give to each supply; 0 for markets."""
        usable = np.zeros((self.supplies, self.periods))
        np.add.at(usable, self.pool_supply, self.usable_gpus[:, None] * capacity)
        return usable
