"""Limits on units in service: a site's power and space, the number of servers of a model."""

from __future__ import annotations

from pulp import LpProblem, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.variables import Variables


def add_capacity_limits(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """Σ_{k in pools} weight_k capacity_{kp} ≤ limit, for every limit and period p.

    Power: weight = nameplate kW × PUE. Space: rack units. Number: 1. Below 0 for units that raise the limit.
    """
    for number, limit in enumerate(instance.capacity_limits):
        for p in range(instance.periods):
            terms = [
                (columns.capacity[k, p], weight)
                for k, weight in zip(limit.pools, limit.weights, strict=True)
                if (k, p) in columns.capacity and weight
            ]
            if terms:
                problem.addConstraint(lpSum_vars_coefs(terms) <= limit.limit, f"capacity_limit_{number}_{p}")
