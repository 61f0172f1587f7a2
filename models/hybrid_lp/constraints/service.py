"""Demand is served, or left undone at its penalty."""

from __future__ import annotations

from collections import defaultdict

from pulp import LpProblem, LpVariable, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels
from hybrid_lp.variables import Variables


def add_service(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables, gpu_unit: float) -> None:
    """Σ_j a_{wj} run_{ℓwj} + unserved_{ℓw} ≥ d_{ℓw}, for every level ℓ and workload w with demand."""
    terms: defaultdict[tuple[int, int], list[tuple[LpVariable, float]]] = defaultdict(list)
    for (level, w, j), run in columns.run.items():
        terms[level, w].append((run, float(instance.effectiveness[w, j])))
    for index, unserved in columns.unserved.items():
        terms[index].append((unserved, 1.0))
    for level in range(levels.count):
        for w in range(instance.workloads):
            demand = float(levels.demand[level, w]) / gpu_unit
            if demand > 0:
                # An empty row with demand has no way to be served: 0 ≥ demand makes the programme infeasible, as it is.
                row = lpSum_vars_coefs(terms[level, w])
                problem.addConstraint(row >= demand, f"service_{level}_{w}")
