"""The orders of a plan that was made before, found by name among what can be ordered now: where a search may begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from hybrid_lp.holdings import Holdings

from planner.dispatch import SupplyKind
from planner.prepare import Prepared
from planner.supplies import MONEY

if TYPE_CHECKING:
    from planner.result import Plan

type _Pool = tuple[SupplyKind, str, str]
"""As `Supply` has it."""


def orders_of(plan: Plan, prepared: Prepared) -> Holdings | None:
    """Orders and early sales of a plan, as far as there is the same to order, or to sell, in the same periods.

    None where nothing is left of them: then the plan says nothing of this instance.
    """
    pools: dict[_Pool, int] = {(pool.kind, pool.owner, pool.place): k for k, pool in enumerate(prepared.pools)}
    periods = {label: p for p, label in enumerate(prepared.case.calendar.labels)}
    orders = np.zeros((len(pools), len(periods)))
    for pool, label, count in _ordered(plan):
        if pool in pools and label in periods:
            orders[pools[pool], periods[label]] += count
    if not orders.any():
        return None
    held = {(units.supply, units.acquired): number for number, units in enumerate(prepared.held)}
    sold: dict[tuple[int, int, int], float] = {}
    sold_held: dict[tuple[int, int], float] = {}
    sales = plan.sales
    for label, site, server, count, acquired in zip(
        sales["period"], sales["site"], sales["server"], sales["count"], sales["acquired"], strict=True
    ):
        k, leave = pools.get((SupplyKind.SERVER, server, site)), periods.get(label)
        if k is None or leave is None:
            continue
        if acquired in periods:
            sold[k, periods[acquired], leave] = float(count)
        elif (number := held.get((prepared.pools[k], acquired))) is not None:
            sold_held[number, leave] = float(count)
    return Holdings(orders, sold, sold_held)


def _ordered(plan: Plan) -> Iterator[tuple[_Pool, str, float]]:
    """(pool, label of the period, units) of every order."""
    bought, committed, promised = plan.purchases, plan.commitments, plan.spend_commitments
    for label, site, server, count in zip(
        bought["period"], bought["site"], bought["server"], bought["count"], strict=True
    ):
        yield (SupplyKind.SERVER, server, site), label, float(count)
    for label, offer, option, count in zip(
        committed["period"], committed["offer"], committed["option"], committed["count"], strict=True
    ):
        yield (SupplyKind.RESERVED, offer, option), label, float(count)
    for label, name, amount in zip(promised["period"], promised["name"], promised["amount_per_hour"], strict=True):
        yield (SupplyKind.SPEND_COMMITMENT, name, MONEY), label, float(amount)
