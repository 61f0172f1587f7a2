"""What was ordered is in service from its arrival to the end of its life, or to its sale."""

from __future__ import annotations

from collections import defaultdict

from pulp import LpProblem, LpVariable, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.variables import Variables

Terms = list[tuple[LpVariable, float]]


def add_vintages(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """capacity_{kp} − capacity_{k,p−1} = Σ arriving in p − Σ leaving at the start of p.

    Arriving: order_{k,p−lead} and early_{k,p−lead,e}. Leaving: order_{k,p−lead−life}, early_{kvp}, sold_{hp}; and what
    was held, which comes and goes as a number. The sum over vintages in service, Σ_v order_{kv} − sold, written as its
    change: a handful of terms a row instead of a lifetime's.
    """
    change = _changes(instance, columns)
    fixed = _held_changes(instance)
    for (k, p), capacity in columns.capacity.items():
        terms: Terms = [(capacity, 1.0)]
        terms += [(columns.capacity[k, p - 1], -1.0)] if (k, p - 1) in columns.capacity else []
        row = lpSum_vars_coefs(terms + change.get((k, p), []))
        problem.addConstraint(row == fixed.get((k, p), 0.0), f"vintages_{k}_{p}")


def _changes(instance: Instance, columns: Variables) -> dict[tuple[int, int], Terms]:
    """(pool, period) → −1 for columns that arrive then, +1 for those that leave."""
    change: defaultdict[tuple[int, int], Terms] = defaultdict(list)
    for (k, p), order in columns.order.items():
        arrival = p + int(instance.lead_periods[k])
        change[k, arrival].append((order, -1.0))
        change[k, arrival + int(instance.life_periods[k])].append((order, 1.0))
    for (k, p, leave), early in columns.early.items():
        change[k, p + int(instance.lead_periods[k])].append((early, -1.0))
        change[k, leave].append((early, 1.0))
    for (number, leave), sold in columns.sold_held.items():
        held = instance.held[number]
        change[held.pool, leave].append((sold, 1.0))
        change[held.pool, held.last + 1].append((sold, -1.0))
    return change


def _held_changes(instance: Instance) -> dict[tuple[int, int], float]:
    change: defaultdict[tuple[int, int], float] = defaultdict(float)
    for held in instance.held:
        change[held.pool, held.first] += held.units
        change[held.pool, held.last + 1] -= held.units
    return change


def add_held_sales(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """Σ_p sold_{hp} ≤ units_h, for everything held that may be sold."""
    sold: defaultdict[int, Terms] = defaultdict(list)
    for (number, _), column in columns.sold_held.items():
        sold[number].append((column, 1.0))
    for number, terms in sold.items():
        problem.addConstraint(lpSum_vars_coefs(terms) <= instance.held[number].units, f"held_sales_{number}")
