"""Demand is served, or left undone at its penalty."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from pulp import LpProblem, LpVariable, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels
from hybrid_lp.variables import Variables

Terms = list[tuple[LpVariable, float]]


def add_service(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables, gpu_unit: float) -> None:
    """Σ_j a_{wj} run_{ℓwj} + unserved_{ℓw} ≥ d_{ℓw}, for every level ℓ and workload w with demand.

    Of deferrable work, the mean over each block B of levels: Σ_{ℓ∈B} ω_ℓ (…) ≥ Σ_{ℓ∈B} ω_ℓ d_{ℓw}, both by Σ ω.
    """
    terms: defaultdict[tuple[int, int], Terms] = defaultdict(list)
    for (level, w, j), run in columns.run.items():
        terms[level, w].append((run, float(instance.effectiveness[w, j])))
    for index, unserved in columns.unserved.items():
        terms[index].append((unserved, 1.0))
    for w in range(instance.workloads):
        for name, members in members_of(levels, w):
            weight = levels.weight_hours[members] / levels.weight_hours[members].sum()
            demand = float(weight @ levels.demand[members, w]) / gpu_unit
            if demand > 0:
                row = [
                    (column, coefficient * share)
                    for level, share in zip(members.tolist(), weight.tolist(), strict=True)
                    for column, coefficient in terms[level, w]
                ]
                # An empty row with demand has no way to be served: 0 ≥ demand makes the programme infeasible, as it is.
                problem.addConstraint(lpSum_vars_coefs(row) >= demand, f"service_{name}_{w}")


def members_of(levels: Levels, w: int) -> list[tuple[str, np.ndarray]]:
    """(name, levels) of each set of levels over which the work of w may be moved: one level, or a block of them."""
    if w not in levels.block:
        return [(str(level), np.array([level])) for level in range(levels.count)]
    order = np.argsort(levels.block[w], kind="stable")
    blocks, first = np.unique(levels.block[w][order], return_index=True)
    parts = np.split(order, first[1:])
    return [(f"block_{block}", part) for block, part in zip(blocks.tolist(), parts, strict=True)]
