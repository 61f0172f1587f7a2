"""What a site takes beside its servers: to be opened, and people."""

from __future__ import annotations

from pulp import LpProblem, lpSum_vars_coefs

from hybrid_lp.constraints.orders import ordered_terms
from hybrid_lp.holdings import most_orders
from hybrid_lp.instance import Instance
from hybrid_lp.variables import Variables

FIRST_ORDER = 1e-3
"""Least units, over the pools of a site, that open it: an order of nothing does not."""


def add_openings(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """order_{kp} ≤ U_{kp} Σ_{q≤p} opening_q for every pool k of an opening, and Σ_q opening_q ≤ 1.

    U is the most that an order can need (`most_orders`). The second row is needed only to say that a site opens once:
    opening again would cost more and allow nothing more. Where budgets count openings, one could be had early, in a
    year that has money left: then FIRST_ORDER · opening_p ≤ Σ_k order_{kp}, too.
    """
    if not instance.openings:
        return
    most, ordered = most_orders(instance), ordered_terms(columns)
    counted = any(budget.opening_weights is not None for budget in instance.budgets)
    for number, opening in enumerate(instance.openings):
        opened = [(columns.opening[number, p], 1.0) for p in range(instance.periods)]
        problem.addConstraint(lpSum_vars_coefs(opened) <= 1, f"opening_once_{number}")
        for k in opening.pools:
            for p in range(instance.periods):
                if (k, p) in ordered:
                    until = [(column, -float(most[k, p])) for column, _ in opened[: p + 1]]
                    row = lpSum_vars_coefs(ordered[k, p] + until)
                    problem.addConstraint(row <= 0, f"opening_{number}_{k}_{p}")
        for p, (column, _) in enumerate(opened if counted else []):
            together = [(order, -1.0) for k in opening.pools for order, _ in ordered.get((k, p), [])]
            row = lpSum_vars_coefs([(column, FIRST_ORDER), *together])
            problem.addConstraint(row <= 0, f"opening_by_order_{number}_{p}")


def add_people(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """Σ_{k in pools} capacity_{kp} ≤ units per person · people_p, for every group of people and period p."""
    for number, group in enumerate(instance.people):
        for p in range(instance.periods):
            terms = [(columns.capacity[k, p], 1.0) for k in group.pools if (k, p) in columns.capacity]
            if terms:
                served = (columns.people[number, p], -group.units_per_person)
                problem.addConstraint(lpSum_vars_coefs([*terms, served]) <= 0, f"people_{number}_{p}")
