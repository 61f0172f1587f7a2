"""Limits on what is ordered in a period."""

from __future__ import annotations

from pulp import LpProblem, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.variables import Variables


def add_order_limits(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """Σ_{k in pools} order_{kp} ≤ most, for every limit and period p: a server's max_order_per_period over its sites.

    Bounds of single orders (availability, decisions) are bounds of their columns.
    """
    for number, limit in enumerate(instance.order_limits):
        for p in range(instance.periods):
            terms = [(columns.order[k, p], 1.0) for k in limit.pools if (k, p) in columns.order]
            if terms:
                problem.addConstraint(lpSum_vars_coefs(terms) <= limit.most, f"order_limit_{number}_{p}")
