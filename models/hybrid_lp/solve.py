"""The one place that knows the solver: its options, its status, its bound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from pulp import getSolver, listSolvers
from pulp.constants import LpSolveStatus

from hybrid_lp.build import Programme
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.variables import values

if TYPE_CHECKING:
    from pulp import LpSolveStats

DEFAULT_SOLVER = "HiGHS"

TOLERANCE = 1e-9
"""Feasibility tolerance asked of HiGHS, in the programme's units: gaps of 1e-6 are claimed on its answers."""

_DOUBLETON_EQUATIONS = 1 << 9
"""Bit of the presolve rule that HiGHS is asked to leave out: with it, 1.15.1 calls a plan 12 % above the optimum of a
programme with cuts and whole orders optimal (tests/hybrid_lp/test_solve.py)."""


class Outcome(StrEnum):
    """How a solve ended."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    TIME_LIMIT = "time_limit"
    ERROR = "error"


_OUTCOMES = {
    LpSolveStatus.Optimal: Outcome.SOLVED,
    LpSolveStatus.GapLimit: Outcome.SOLVED,
    LpSolveStatus.Infeasible: Outcome.INFEASIBLE,
    LpSolveStatus.Unbounded: Outcome.UNBOUNDED,
    LpSolveStatus.TimeLimit: Outcome.TIME_LIMIT,
    LpSolveStatus.Interrupted: Outcome.TIME_LIMIT,
    LpSolveStatus.Stopped: Outcome.TIME_LIMIT,
}


@dataclass(frozen=True)
class Solution:
    """What the solver found."""

    outcome: Outcome
    orders: Floats | None
    """orders[pool, period]  units; whole ones exactly whole. None when there is no feasible answer."""
    operating: Floats
    """operating[period]  currency, undiscounted, as the programme's cuts have it; empty where hours are written out."""
    bound: float
    """No plan of the programme costs less: currency, −inf when nothing is proven."""
    message: str


class SolverMissingError(ValueError):
    """The solver asked for is not known to PuLP, or not installed."""


def require_solver(name: str) -> None:
    """Raise SolverMissingError, naming those that are there, unless PuLP finds the solver."""
    if name == DEFAULT_SOLVER:
        return  # Embedded: looking for all the others would cost more than a small plan.
    available = listSolvers(onlyAvailable=True)
    if name not in available:
        raise SolverMissingError(f"solver '{name}' is not available; PuLP finds {', '.join(sorted(available))}")


def solve(
    programme: Programme, instance: Instance, *, solver: str, gap: float, seconds: float | None, relax: bool
) -> Solution:
    """Solve to a relative gap (whole numbers only; without them the answer is exact) within so many seconds."""
    whole = instance.has_whole_orders and not relax
    stats = _solved(programme, solver, gap if whole else None, seconds, whole)
    outcome = _OUTCOMES.get(stats.status, Outcome.ERROR)
    message = f"{solver}: {stats.status_str}"
    if not stats.has_solution or (outcome is Outcome.TIME_LIMIT and not whole):
        # Without whole numbers there is no search: what an unfinished solve holds is not a plan.
        return Solution(outcome, None, np.zeros(0), -np.inf, message)
    orders = values(programme.columns.order, (instance.pools, instance.periods))
    if whole:
        orders[instance.whole] = np.round(orders[instance.whole])
    orders[orders < TOLERANCE] = 0.0
    orders = np.clip(orders, instance.order_min, instance.order_max)
    operating = np.array([column.varValue or 0.0 for column in programme.columns.operating]) * programme.money_unit
    return Solution(outcome, orders, operating, _bound(stats, outcome, whole, gap) * programme.money_unit, message)


def _solved(programme: Programme, solver: str, gap: float | None, seconds: float | None, whole: bool) -> LpSolveStats:
    """Solve; where HiGHS comes to no conclusion, once more without presolve, then with its own tolerances.

    Presolve may end with "infeasible or unbounded", and the tight tolerances with a solve error: neither is an answer.
    """
    tight = {
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
        "mip_feasibility_tolerance": TOLERANCE,
        "presolve_rule_off": _DOUBLETON_EQUATIONS,
    }
    attempts: list[dict[str, Any]] = [{}]
    if solver == DEFAULT_SOLVER:
        attempts = [tight, tight | {"presolve": "off"}, {"presolve": "off"}]
    options: dict[str, Any] = {"msg": False, "mip": whole}
    if gap is not None:
        options |= {"gapRel": gap, "gapAbs": 0.0}
    if seconds is not None:
        options["timeLimit"] = max(seconds, 0.01)
    for attempt in attempts:
        stats = programme.problem.solve(getSolver(solver, **options, **attempt))
        if stats.has_solution or stats.status != LpSolveStatus.Undefined:
            break
    return stats


def _bound(stats: LpSolveStats, outcome: Outcome, whole: bool, gap: float) -> float:
    """The bound that the solve proves: the objective of an exact solve, the solver's own bound of a search."""
    if stats.objective is None:
        return -np.inf
    if not whole:
        return float(stats.objective) if outcome is Outcome.SOLVED else -np.inf
    if stats.solver != "HiGHS" and outcome is Outcome.SOLVED:
        # PuLP reads other solvers' bounds from their logs; that they stopped says that their gap was met.
        return float(stats.objective) - gap * abs(float(stats.objective))
    return -np.inf if stats.best_bound is None else min(float(stats.best_bound), float(stats.objective))
