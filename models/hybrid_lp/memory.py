"""What a solved instance leaves for others that differ from it in costs, demand or limits, but not in their sets.

Nothing of it is taken on trust: remembered orders are evaluated again at the new costs, remembered bases are taken over
only where they are dual feasible, and levels only where the demand is the same. A memory makes a search shorter, never
its answer worse; and since it is a value that no search changes, the same memory and instance give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hybrid_lp.build import Cut
from hybrid_lp.costing import HourProgrammes
from hybrid_lp.early import possible
from hybrid_lp.holdings import ROUNDING, Fractions, Holdings, in_service, keeps_limits
from hybrid_lp.instance import Instance, Integers
from hybrid_lp.levels import Levels, distinct_hours, group
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operator
from hybrid_lp.valuation import Valuation
from hybrid_lp.variables import Early

MOST_HOLDINGS = 2
"""Orders that are remembered: each costs an evaluation of all hours, and saves a round that would need one."""


@dataclass(frozen=True)
class Memory:
    """Of one search."""

    instance: Instance
    hours: Levels
    """The hours at full resolution of that demand."""
    labels: Integers
    """labels[hour]: hours with the same label shared an optimal basis at all of the last orders; empty: not known."""
    holdings: tuple[Holdings, ...]
    """The last ones that were evaluated at all hours; the best is the last."""
    early: frozenset[Early]
    """Early sales that the relaxed programme needed."""
    programmes: HourProgrammes | None
    """Hour programmes with the bases that were optimal in some hour; None: nothing was operated."""
    cuts: tuple[Cut, ...]

    @classmethod
    def of(
        cls,
        instance: Instance,
        hours: Levels,
        holdings: tuple[Holdings, ...],
        early: frozenset[Early],
        valuations: tuple[Valuation, ...],
        cuts: tuple[Cut, ...],
    ) -> Memory:
        """What is kept of a search; `valuations` are the last ones at all hours."""
        programmes = None
        labels = np.zeros(0, dtype=np.int64)
        if valuations:
            last = valuations[-1]
            alike = [valuation.basis for valuation in valuations if valuation.programmes is last.programmes]
            programmes = last.programmes.keeping(hours.cost_class, alike)
            labels = _common([valuation.basis for valuation in valuations if valuation.costing is last.costing])
            labels = labels[hours.level_of_hour]
        return cls(instance, hours, labels, holdings, early, programmes, cuts)

    @classmethod
    def of_orders(cls, instance: Instance, holdings: Holdings) -> Memory:
        """What the orders of a plan of a like instance tell: they are operated once, at all hours and at today's costs.

        That is nearly all that a search leaves: which hours are operated alike, and the bases of the hours. Orders of
        pools that can't be ordered now, or that overstep limits, do no harm.
        """
        hours, operator = distinct_hours(instance), Operator(instance, useful(instance))
        valuation = operator.value(hours, in_service(instance, holdings))
        return cls.of(instance, hours, (holdings,), frozenset(holdings.sold), (valuation,), ())

    def hours_of(self, instance: Instance) -> Levels | None:
        """The hours at full resolution, where demand and the hours of its prices are the same."""
        before = self.instance
        same = (
            np.array_equal(before.demand, instance.demand)
            and np.array_equal(before.cost_class, instance.cost_class)
            and _equal(before.blocks, instance.blocks)
        )
        return self.hours if same else None

    def levels_of(self, instance: Instance) -> Levels | None:
        """Hours that were operated alike as one level; None where that is not known, or work may be moved.

        Operating cost was linear among them: where they are still operated alike, the levels cost what the hours do
        (adaptive partitions: Song & Luedtke 2015). Where not, they are a bound, as all levels are.
        """
        if len(self.labels) != instance.hours or instance.blocks or self.instance.blocks:
            return None
        return group(instance, self.labels)

    def cuts_of(self, instance: Instance) -> tuple[Cut, ...]:
        """The cuts themselves, where nothing differs that the hours know of: only orders and holding cost otherwise."""
        same = self._same_sets(instance) and self.hours_of(instance) is not None
        return self.cuts if same and _equal(_of_hours(self.instance), _of_hours(instance)) else ()

    def holdings_of(self, instance: Instance) -> tuple[Holdings, ...]:
        """The remembered orders: cuts can be taken at them, whether or not they keep the instance's limits."""
        return self.holdings if self._same_sets(instance) else ()

    def early_of(self, instance: Instance) -> frozenset[Early]:
        """The remembered early sales that the instance has."""
        return self.early & possible(instance) if self._same_sets(instance) else frozenset()

    def teach(self, operator: Operator) -> None:
        """Let the operator begin at the remembered bases that are dual feasible at its costs."""
        if self.programmes is not None:
            operator.teach(self.programmes)

    def _same_sets(self, instance: Instance) -> bool:
        before = self.instance
        return (before.pools, before.periods, before.workloads) == (
            instance.pools,
            instance.periods,
            instance.workloads,
        )


def fits(instance: Instance, holdings: Holdings, fractions: Fractions) -> bool:
    """Are these holdings a plan of the instance, as far as orders and what limits them go?"""
    orders, least, most = holdings.orders, instance.order_min, instance.order_max
    if (orders < least - ROUNDING).any() or (orders > most + ROUNDING).any():
        return False
    if not holdings.sold.keys() <= possible(instance):
        return False
    sold = holdings.sold.items()
    for (number, leave), units in holdings.sold_held.items():
        if number >= len(instance.held) or leave not in instance.held[number].leaving:
            return False
        leaving = sum(count for (other, _), count in holdings.sold_held.items() if other == number)
        if leaving > instance.held[number].units + ROUNDING or (
            instance.held[number].whole and fractions is Fractions.NONE and units != round(units)
        ):
            return False
    if fractions is Fractions.NONE:
        counts = np.array([*orders[instance.whole].flat, *(n for (k, _, _), n in sold if instance.whole[k])])
        if (counts != np.round(counts)).any():
            return False
    return keeps_limits(instance, holdings, fractions)


def _of_hours(instance: Instance) -> list[object]:
    """Everything that the cost of the hours depends on, beside their demand."""
    return [
        instance.first_hour,
        instance.running_cost,
        instance.unserved_penalty,
        instance.spot_max_share,
        instance.effectiveness,
        instance.is_spot,
        instance.offered,
        instance.pool_supply,
        instance.usable_gpus,
        instance.rental_limits,
        instance.draws,
        [(number, instance.budgets[number].periods) for number in instance.coupling],
        [instance.budgets[number].run_weights for number in instance.coupling],
    ]


def _equal(one: object, other: object) -> bool:
    """Are these the same, arrays inside them too?"""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(one), np.asarray(other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_equal(left, right) for left, right in zip(one, other, strict=True))
    return one == other


def _common(bases: list[Integers]) -> Integers:
    """label[level]: equal where the levels are equal in all of these."""
    label = np.zeros(len(bases[0]), dtype=np.int64)
    for basis in bases:
        _, label = np.unique(label * (int(basis.max(initial=0)) + 1) + basis, return_inverse=True)
    return label.astype(np.int64).ravel()
