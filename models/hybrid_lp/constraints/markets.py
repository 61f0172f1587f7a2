"""Limits on what is rented by the hour: quotas of an offer, and the share of work that may run on spot."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from pulp import LpProblem, LpVariable, lpSum_vars_coefs

from hybrid_lp.constraints.service import members_of
from hybrid_lp.instance import Instance, RentalLimit
from hybrid_lp.levels import Levels
from hybrid_lp.variables import Variables


def add_held_limits(problem: LpProblem, instance: Instance, columns: Variables, gpu_unit: float) -> None:
    """Σ_{k in pools} gpus_k capacity_{kp} ≤ max_gpus, for every limit and period p: also where nothing is rented."""
    for number, limit in enumerate(instance.rental_limits):
        for p, terms in _held(instance, columns, limit, gpu_unit).items():
            problem.addConstraint(lpSum_vars_coefs(terms) <= limit.max_gpus / gpu_unit, f"held_limit_{number}_{p}")


def add_rental_limits(
    problem: LpProblem, instance: Instance, levels: Levels, columns: Variables, gpu_unit: float
) -> None:
    """Σ_{j in markets} Σ_w run_{ℓwj} + Σ_{k in pools} gpus_k capacity_{kp} ≤ max_gpus, every limit, level ℓ of p.

    A limit is an offer's max_gpus (on-demand, with what is held reserved) or its spot's own.
    """
    for number, limit in enumerate(instance.rental_limits):
        markets = set(limit.markets)
        runs: defaultdict[int, list[tuple[LpVariable, float]]] = defaultdict(list)
        for (level, _, j), run in columns.run.items():
            if j in markets:
                runs[level].append((run, 1.0))
        held = _held(instance, columns, limit, gpu_unit)
        for level, terms in runs.items():
            row = lpSum_vars_coefs(terms + held.get(int(levels.period[level]), []))
            problem.addConstraint(row <= limit.max_gpus / gpu_unit, f"rental_limit_{number}_{level}")


def _held(
    instance: Instance, columns: Variables, limit: RentalLimit, gpu_unit: float
) -> dict[int, list[tuple[LpVariable, float]]]:
    """The terms of the pools that count in a limit, by period."""
    held: defaultdict[int, list[tuple[LpVariable, float]]] = defaultdict(list)
    for k, gpus in zip(limit.pools, limit.gpus_per_unit, strict=True):
        for p in range(instance.periods):
            if (k, p) in columns.capacity:
                held[p].append((columns.capacity[k, p], gpus / gpu_unit))
    return held


def add_spot_share(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables, gpu_unit: float) -> None:
    """Σ_{j spot} a_{wj} run_{ℓwj} ≤ share_w d_{ℓw}, for every level ℓ and workload w with a share below 1.

    Of deferrable work, the means over each block of levels.
    """
    terms: defaultdict[tuple[int, int], list[tuple[LpVariable, float]]] = defaultdict(list)
    limited = np.flatnonzero(instance.spot_max_share < 1)
    for (level, w, j), run in columns.run.items():
        if instance.is_spot[j] and w in limited:
            terms[level, w].append((run, float(instance.effectiveness[w, j])))
    for w in limited.tolist():
        for name, members in members_of(levels, w):
            weight = levels.weight_hours[members] / levels.weight_hours[members].sum()
            row = [
                (column, coefficient * share)
                for level, share in zip(members.tolist(), weight.tolist(), strict=True)
                for column, coefficient in terms.get((level, w), [])
            ]
            if row:
                most = float(instance.spot_max_share[w] * (weight @ levels.demand[members, w])) / gpu_unit
                problem.addConstraint(lpSum_vars_coefs(row) <= most, f"spot_share_{name}_{w}")
