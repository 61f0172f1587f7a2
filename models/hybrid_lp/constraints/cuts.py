"""What the hours of a period cost, and whether they can be served, as rows over capacity alone."""

from __future__ import annotations

import numpy as np
from pulp import LpProblem, lpSum_vars_coefs

from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.instance import Booleans, Instance
from hybrid_lp.units import Units
from hybrid_lp.variables import Variables

_LARGEST = 1e5
"""Largest coefficient of a row, in the programme's units."""

_MOST_SCALED = 1e6
"""Most that a row is divided by: HiGHS takes coefficients below 1e-9 for nothing."""


def add_operating_cuts(
    problem: LpProblem,
    instance: Instance,
    columns: Variables,
    cuts: OperatingCuts,
    chosen: Booleans,
    units: Units,
    number: int,
) -> None:
    """operating_p + Σ_b λ_bp used_bp − Σ_k slope_pk capacity_{kp} ≥ intercept_p, for each chosen period p.

    Where capacity cannot do the work, or no operation keeps a budget, slopes and λ are those of a very high price: such
    a row is divided by a power of ten.
    """
    for p in np.flatnonzero(chosen).tolist():
        terms = [(columns.operating[p], 1.0)]
        terms += [
            (columns.used[budget, p], float(cuts.budget_price[b, p]) * units.budgets[budget] / units.money)
            for b, budget in enumerate(instance.coupling)
            if cuts.budget_price[b, p] and (budget, p) in columns.used
        ]
        terms += [
            (columns.capacity[k, p], -float(cuts.slope[p, k]) / units.money)
            for k in np.flatnonzero(cuts.slope[p]).tolist()
            if (k, p) in columns.capacity
        ]
        bound = float(cuts.intercept[p]) / units.money
        scale = _scale(max(abs(bound), *(abs(coefficient) for _, coefficient in terms)))
        terms = [(column, coefficient / scale) for column, coefficient in terms]
        problem.addConstraint(lpSum_vars_coefs(terms) >= bound / scale, f"operating_cut_{number}_{p}")


def _scale(largest: float) -> float:
    """What to divide a row by: the solver's tolerances are absolute, and rounding reaches them in rows beyond 1e5."""
    return min(float(10.0 ** np.ceil(np.log10(largest / _LARGEST))), _MOST_SCALED) if largest > _LARGEST else 1.0


def add_shortage_cuts(problem: LpProblem, columns: Variables, cuts: ShortageCuts, units: Units, number: int) -> None:
    """−Σ_k slope_k capacity_{kp} ≥ intercept, for each hour of a period p that must be served and was not."""
    for cut, p in enumerate(cuts.period):
        terms = [
            (columns.capacity[int(k), int(p)], -float(cuts.slope[cut, k]) / units.gpus)
            for k in np.flatnonzero(cuts.slope[cut])
            if (int(k), int(p)) in columns.capacity
        ]
        # Without terms, 0 ≥ intercept makes the programme infeasible: nothing can serve that hour.
        bound = float(cuts.intercept[cut]) / units.gpus
        problem.addConstraint(lpSum_vars_coefs(terms) >= bound, f"shortage_cut_{number}_{cut}")
