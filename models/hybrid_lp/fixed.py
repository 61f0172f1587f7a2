"""What given orders and sales cost at full hourly resolution, and which limits they overstep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from hybrid_lp.certify import Certified, Mixed, Path, Status
from hybrid_lp.holdings import Fractions, Holdings, fixed_cost, in_service, spent
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.levels import Levels, distinct_hours
from hybrid_lp.merge import useful
from hybrid_lp.operate import Operator
from hybrid_lp.ration import Part, budget_use, operating_cost, ration

BEYOND = 1e-6
"""Share of a limit by which it must be overstepped to be so: below is what solvers and rounding leave."""


@dataclass(frozen=True)
class Overstep:
    """A limit that is not kept."""

    limit: str
    unit: str
    period: int | None
    """None where the limit is one of several periods together."""
    found: float
    allowed: float


@dataclass(frozen=True)
class Priced:
    """Given orders and sales with their best operation."""

    certified: Certified
    """`cost` counts what is served; `bound` is −inf: what other orders would cost is not asked."""
    operator: Operator
    instance: Instance
    """With the budgets that the operation keeps: those that it cannot keep are left out."""
    short: bool
    """Is must-serve work left undone?"""
    oversteps: tuple[Overstep, ...]


def price(instance: Instance, holdings: Holdings, fractions: Fractions = Fractions.NONE) -> Priced:
    """The least cost of operating these holdings, whatever limits they overstep.

    A limit on rented hours is kept, as far as reservations leave room below it. A budget that no operation keeps is
    left aside, and told. Where capacity is short, must-serve work is left undone, no more than must be in any hour;
    budgets are not minded then.
    """
    levels, capacity = distinct_hours(instance), in_service(instance, holdings)
    left = _left(instance, holdings, fractions)
    hopeless = {number for number in instance.coupling if left[number] < 0}
    while True:
        minded = replace(instance, budgets=tuple(b for n, b in enumerate(instance.budgets) if n not in hopeless))
        operator = Operator(minded, useful(minded))
        parts, short, kept = _operated(minded, operator, levels, capacity, _left(minded, holdings, fractions))
        if short:
            operator = Operator(minded, useful(minded), tells_shortage=True)
            parts = (Part(np.ones(instance.periods), operator.value(levels, capacity)),)
        operations = tuple(Mixed(part.share, operator.operate(levels, capacity, part.valuation)) for part in parts)
        if short or kept:
            break
        hopeless |= _hopeless(instance, operations, left, hopeless)
    shares = [(mixed.share, operating_cost(instance, mixed.operation)) for mixed in operations]
    period_cost: Floats = sum((share * cost for share, cost in shares), np.zeros(instance.periods))
    cost = fixed_cost(instance, holdings, fractions) + float(instance.discount_middle @ period_cost)
    certified = Certified(
        Status.WITHIN_GAP, cost, -np.inf, holdings, capacity, operations, None, Path.NO_ORDERS, (), ""
    )
    used = _used(instance, operations)
    oversteps = (*_held_oversteps(instance, holdings), *_budget_oversteps(instance, holdings, fractions, used))
    return Priced(certified, operator, minded, short, oversteps)


def _left(instance: Instance, holdings: Holdings, fractions: Fractions) -> Floats:
    """left[budget]  by what is ordered, opened and held."""
    limits = np.array([budget.limit for budget in instance.budgets])
    return limits - spent(instance, holdings, fractions)


def _operated(
    instance: Instance, operator: Operator, levels: Levels, capacity: Floats, left: Floats
) -> tuple[tuple[Part, ...], bool, bool]:
    """(operation, is must-serve work short?, are the budgets kept?)"""
    if not instance.coupling:
        valuation = operator.value(levels, capacity)
        return (Part(np.ones(instance.periods), valuation),), bool(valuation.short.any()), True
    found = ration(instance, operator, levels, capacity, left[list(instance.coupling)], [])
    return found.parts, bool(found.valuations[0].short.any()), found.kept


def _used(instance: Instance, operations: tuple[Mixed, ...]) -> Floats:
    """used[budget]  of each by what runs."""
    used = np.zeros(len(instance.budgets))
    for mixed in operations:
        used[list(instance.coupling)] += budget_use(instance, mixed.operation) @ mixed.share
    return used


def _hopeless(instance: Instance, operations: tuple[Mixed, ...], left: Floats, known: set[int]) -> set[int]:
    """Further budgets that an operation which oversteps them least still oversteps: one at least."""
    over = (_used(instance, operations) - left) / np.maximum(np.abs(left), 1.0)
    rest = [number for number in instance.coupling if number not in known]
    worst = max(rest, key=lambda number: float(over[number]))
    return {worst, *(number for number in rest if over[number] > BEYOND)}


def _held_oversteps(instance: Instance, holdings: Holdings) -> Iterator[Overstep]:
    """Limits on what is in service and on orders, period by period."""
    capacity = in_service(instance, holdings)
    for limit in instance.capacity_limits:
        taken = np.array(limit.weights) @ capacity[list(limit.pools)]
        yield from _periods(limit.name, limit.unit, taken, limit.limit)
    for rental in instance.rental_limits:
        if rental.pools:
            held = np.array(rental.gpus_per_unit) @ capacity[list(rental.pools)]
            yield from _periods(f"max_gpus of {rental.name}", "GPUs", held, rental.max_gpus)
    for order in instance.order_limits:
        yield from _periods(order.name, "servers", holdings.orders[list(order.pools)].sum(axis=0), order.most)


def _budget_oversteps(instance: Instance, holdings: Holdings, fractions: Fractions, used: Floats) -> Iterator[Overstep]:
    for budget, fixed, ran in zip(instance.budgets, spent(instance, holdings, fractions), used, strict=True):
        if _beyond(fixed + ran, budget.limit):
            period = budget.periods.start if len(budget.periods) == 1 else None
            yield Overstep(budget.name, budget.unit, period, float(fixed + ran), budget.limit)


def _periods(name: str, unit: str, found: Floats, allowed: float) -> Iterator[Overstep]:
    for period in np.flatnonzero([_beyond(value, allowed) for value in found]):
        yield Overstep(name, unit, int(period), float(found[period]), allowed)


def _beyond(found: float, allowed: float) -> bool:
    return found > allowed + BEYOND * max(abs(allowed), 1.0)
