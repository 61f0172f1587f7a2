"""Limits on what is ordered in a period."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from pulp import LpProblem, LpVariable, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.variables import Variables

Terms = list[tuple[LpVariable, float]]


def add_order_limits(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """Σ_{k in pools} order_{kp} ≤ most, for every limit and period p: a server's max_order_per_period over its sites.

    Units that will be sold early count as ordered.
    """
    ordered = ordered_terms(columns)
    for number, limit in enumerate(instance.order_limits):
        for p in range(instance.periods):
            terms = [term for k in limit.pools for term in ordered.get((k, p), [])]
            if terms:
                problem.addConstraint(lpSum_vars_coefs(terms) <= limit.most, f"order_limit_{number}_{p}")


def add_order_bounds(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """min_{kp} ≤ order_{kp} + Σ_e early_{kpe} ≤ max_{kp}: availability and decisions, where units may leave early.

    Elsewhere these are bounds of the column.
    """
    ordered = ordered_terms(columns)
    for k, p in dict.fromkeys((k, p) for k, p, _ in columns.early):
        row = lpSum_vars_coefs(ordered[k, p])
        if np.isfinite(instance.order_max[k, p]):
            problem.addConstraint(row <= float(instance.order_max[k, p]), f"order_most_{k}_{p}")
        if instance.order_min[k, p] > 0:
            problem.addConstraint(row >= float(instance.order_min[k, p]), f"order_least_{k}_{p}")


def ordered_terms(columns: Variables) -> dict[tuple[int, int], Terms]:
    """(pool, period) → the columns that order then."""
    ordered: defaultdict[tuple[int, int], Terms] = defaultdict(list)
    for index, column in columns.bought:
        ordered[index].append((column, 1.0))
    return ordered
