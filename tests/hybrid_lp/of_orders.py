"""Capacity and fixed cost of plain orders, without early sales."""

from __future__ import annotations

from hybrid_lp.holdings import Fractions, Holdings, fixed_cost, in_service
from hybrid_lp.instance import Floats, Instance


def in_service_of(instance: Instance, orders: Floats) -> Floats:
    return in_service(instance, Holdings(orders))


def fixed_cost_of(instance: Instance, orders: Floats) -> float:
    return fixed_cost(instance, Holdings(orders))


def allowed(*, relax: bool) -> Fractions:
    """What `relax` meant before sites could be opened."""
    return Fractions.ALL if relax else Fractions.NONE
