"""No more runs on pools than they have in service."""

from __future__ import annotations

from collections import defaultdict

from pulp import LpProblem, LpVariable, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels
from hybrid_lp.variables import Variables


def add_pool_use(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables, gpu_unit: float) -> None:
    """Σ_w run_{ℓwj} ≤ Σ_{k of supply j} n_k capacity_{kp}, for every level ℓ of p and supply j of pools.

    Pools are shared: any workload, any hour. For a spend commitment, a pool of money per hour,
    Σ_{j drawn from it} Σ_w rate_j run_{ℓwj} ≤ Σ active money per hour.
    """
    runs: defaultdict[tuple[int, int], list[tuple[LpVariable, float]]] = defaultdict(list)
    market = instance.is_market
    paid = {draw.supply: (int(instance.pool_supply[draw.pool]), draw.rate) for draw in instance.draws}
    for (level, _, j), run in columns.run.items():
        if not market[j]:
            runs[level, j].append((run, 1.0))
        elif j in paid:
            runs[level, paid[j][0]].append((run, paid[j][1]))
    held: defaultdict[tuple[int, int], list[tuple[LpVariable, float]]] = defaultdict(list)
    for (k, p), capacity in columns.capacity.items():
        held[int(instance.pool_supply[k]), p].append((capacity, -float(instance.usable_gpus[k]) / gpu_unit))
    for (level, j), terms in runs.items():
        row = lpSum_vars_coefs(terms + held[j, int(levels.period[level])])
        problem.addConstraint(row <= 0, f"pool_use_{level}_{j}")
