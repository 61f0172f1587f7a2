"""What the hours of a period cost, and whether they can be served, as rows over capacity alone."""

from __future__ import annotations

import numpy as np
from pulp import LpProblem, lpSum_vars_coefs

from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.instance import Booleans
from hybrid_lp.variables import Variables


def add_operating_cuts(
    problem: LpProblem, columns: Variables, cuts: OperatingCuts, chosen: Booleans, money_unit: float, number: int
) -> None:
    """operating_p − Σ_k slope_pk capacity_{kp} ≥ intercept_p, for each chosen period p."""
    for p in np.flatnonzero(chosen):
        terms = [(columns.operating[p], 1.0)]
        terms += [
            (columns.capacity[int(k), int(p)], -float(cuts.slope[p, k]) / money_unit)
            for k in np.flatnonzero(cuts.slope[p])
            if (int(k), int(p)) in columns.capacity
        ]
        bound = float(cuts.intercept[p]) / money_unit
        problem.addConstraint(lpSum_vars_coefs(terms) >= bound, f"operating_cut_{number}_{p}")


def add_shortage_cuts(problem: LpProblem, columns: Variables, cuts: ShortageCuts, gpu_unit: float, number: int) -> None:
    """−Σ_k slope_k capacity_{kp} ≥ intercept, for each hour of a period p that must be served and was not."""
    for cut, p in enumerate(cuts.period):
        terms = [
            (columns.capacity[int(k), int(p)], -float(cuts.slope[cut, k]) / gpu_unit)
            for k in np.flatnonzero(cuts.slope[cut])
            if (int(k), int(p)) in columns.capacity
        ]
        # Without terms, 0 ≥ intercept makes the programme infeasible: nothing can serve that hour.
        bound = float(cuts.intercept[cut]) / gpu_unit
        problem.addConstraint(lpSum_vars_coefs(terms) >= bound, f"shortage_cut_{number}_{cut}")
