"""For every order and commitment of a plan: how busy its units are, and from when they pay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hybrid_lp.holdings import Holdings, in_service
from hybrid_lp.worth import Appraiser, Worth
from numpy.typing import NDArray

from planner.dispatch import Supply, SupplyKind
from planner.replay import Replay

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Taken:
    """An order."""

    supply: Supply
    period: int
    count: float
    """Units, or money per hour."""
    rank: float
    """Units of the pool in service when it arrives, those of the order included."""
    decided: bool
    """Was all of it settled before the plan?"""
    first_busy: float
    """Hours at full use of the first unit; of a spend commitment, of all of it."""
    last: Worth
    """The last unit; of a spend commitment, all of it."""
    years: float
    """In service, inside the horizon."""
    cost: float
    """Discounted, of the whole order."""


def taken(replay: Replay, appraiser: Appraiser, most: int) -> tuple[list[Taken], int]:
    """The dearest orders, `most` of them, and how many more there are."""
    prepared, holdings = replay.prepared, replay.certified.holdings
    instance = prepared.instance
    orders = [(int(k), int(p)) for k, p in np.argwhere(holdings.orders > 0)]
    cost = {(k, p): float(instance.order_cost[k, p] * holdings.orders[k, p]) for k, p in orders}
    chosen = sorted(orders, key=lambda order: -cost[order])[:most]
    made = [_taken(replay, appraiser, k, p, cost[k, p]) for k, p in chosen]
    return made, len(orders) - len(made)


def _taken(replay: Replay, appraiser: Appraiser, k: int, p: int, cost: float) -> Taken:
    prepared, holdings = replay.prepared, replay.certified.holdings
    instance, count = prepared.instance, float(holdings.orders[k, p])
    unit = count if prepared.pools[k].kind is SupplyKind.SPEND_COMMITMENT else min(count, 1.0)
    below = _underneath(replay, k, p)
    last = appraiser.last_units(k, p, below + count - unit, unit)
    first = last.busy if count == unit else appraiser.busy(k, p, below, unit)
    arrival = p + int(instance.lead_periods[k])
    periods = min(int(instance.life_periods[k]), instance.periods - arrival)
    earlier = np.zeros_like(holdings.orders)
    earlier[k, : p + 1] = holdings.orders[k, : p + 1]
    rank = float(in_service(instance, Holdings(earlier))[k, arrival])
    decided = bool(instance.order_min[k, p] >= count * (1 - 1e-9))
    years = periods * prepared.timeline.years
    return Taken(prepared.pools[k], p, count, rank, decided, first, last, years, cost)


def _underneath(replay: Replay, k: int, p: int) -> Floats:
    """below[period]  what is used before the units of an order, in units of its pool: all that serve alike and were
    there, or ordered, before."""
    instance, merged = replay.prepared.instance, replay.merged
    alike = merged.pool_supply == merged.pool_supply[k]
    orders = replay.certified.orders.copy()
    orders[~alike] = 0.0
    orders[:, p + 1 :] = 0.0
    orders[k:, p] = 0.0
    units = in_service(instance, Holdings(orders))
    below: Floats = (instance.usable_gpus * alike) @ units / instance.usable_gpus[k]
    return below


def texts_of(orders: list[Taken], labels: tuple[str, ...], currency: str) -> Iterator[str]:
    """One sentence for each order."""
    for order in orders:
        yield _sentence(order, labels[order.period], currency)


def _sentence(order: Taken, label: str, currency: str) -> str:
    who = _who(order, label)
    many = order.count > 1 + 1e-9 and order.supply.kind is not SupplyKind.SPEND_COMMITMENT
    verb, pays = ("are", "they pay") if many else ("is", "it pays")
    settled = "; decided before the plan" if order.decided else ""
    if order.supply.kind is SupplyKind.SERVER:
        busy = _span(_hours(order, order.first_busy), _hours(order, order.last.busy))
        text = f"{who} {verb} busy {busy} h a year"
    else:
        used = "drawn" if order.supply.kind is SupplyKind.SPEND_COMMITMENT else "used"
        shares = _span(_share(order.first_busy / order.last.hours), _share(order.last.utilisation))
        text = f"{who} {verb} {used} {shares} of the time"
    if not np.isfinite(order.last.saved):
        return f"{text}; without {'the last' if many else 'it'} some work could not be served{settled}"
    threshold = order.last.pays_from
    if threshold is None:
        return f"{text}; nothing is saved by it{settled}"
    if order.supply.kind is SupplyKind.SERVER:
        return f"{text}; {pays} from {_hours(order, threshold)} h{_at_cost(order, currency)}{settled}"
    return f"{text}; {pays} from {_share(threshold / order.last.hours)}{settled}"


def _at_cost(order: Taken, currency: str) -> str:
    """What the last unit costs and saves a year, discounted."""
    cost, saved = order.last.cost / order.years, order.last.saved / order.years
    return f" (the last costs {cost:,.0f} and saves {saved:,.0f} {currency} a year, discounted)"


def _who(order: Taken, label: str) -> str:
    name, rank = order.supply.label, order.rank
    if order.supply.kind is SupplyKind.SPEND_COMMITMENT:
        return f"{order.count:,.2f} an hour of {order.supply.owner} ({label})"
    if not float(order.count).is_integer() or not float(rank).is_integer():
        count = f"{order.count:,.2f}" if order.count >= 0.1 else f"{order.count:.2g}"
        return f"{count} × {name} ({label})"
    if order.count == 1:
        return f"the {ordinal(int(rank))} {name} ({label})"
    return f"the {ordinal(int(rank - order.count) + 1)} to {ordinal(int(rank))} {name} ({label})"


def _hours(order: Taken, unit_hours: float) -> str:
    """Hours a year of one unit."""
    units = min(order.count, 1.0)
    return f"{unit_hours / units / order.years:,.0f}"


def _share(share: float) -> str:
    return f"{share * 100:.1f} %".replace(".0 %", " %")


def _span(first: str, last: str) -> str:
    return last if first == last else f"{first} to {last}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 112)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '112th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
