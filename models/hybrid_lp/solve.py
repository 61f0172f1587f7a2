"""The one place that knows the solver: its options, its status, its bound."""

from __future__ import annotations

from collections.abc import Callable
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


@dataclass(frozen=True)
class Effort:
    """How hard to try."""

    solver: str = DEFAULT_SOLVER
    gap: float = 1e-4
    """Relative gap at which a search over whole numbers may stop; without them the answer is exact."""
    seconds: float | None = None
    relax: bool = False
    """May whole orders be fractions?"""
    interrupted: Callable[[], bool] | None = None
    """Asked now and then during a search: True ends it with what it has."""


def solve(programme: Programme, instance: Instance, effort: Effort) -> Solution:
    """Solve the programme."""
    whole = instance.has_whole_orders and not effort.relax
    stats = _solved(programme, effort, whole)
    outcome = _OUTCOMES.get(stats.status, Outcome.ERROR)
    message = f"{effort.solver}: {stats.status_str}"
    if not stats.has_solution or (outcome is Outcome.TIME_LIMIT and not whole):
        # Without whole numbers there is no search: what an unfinished solve holds is not a plan.
        return Solution(outcome, None, np.zeros(0), -np.inf, message)
    orders = values(programme.columns.order, (instance.pools, instance.periods))
    if whole:
        orders[instance.whole] = np.round(orders[instance.whole])
    orders[orders < TOLERANCE] = 0.0
    orders = np.clip(orders, instance.order_min, instance.order_max)
    operating = np.array([column.varValue or 0.0 for column in programme.columns.operating]) * programme.money_unit
    bound = _bound(stats, outcome, whole, effort.gap) * programme.money_unit
    return Solution(outcome, orders, operating, bound, message)


def _solved(programme: Programme, effort: Effort, whole: bool) -> LpSolveStats:
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
    options: dict[str, Any] = {"msg": False, "mip": whole}
    if effort.solver == DEFAULT_SOLVER:
        attempts = [tight, tight | {"presolve": "off"}, {"presolve": "off"}]
        if whole and effort.interrupted is not None:
            options |= _interruptible(effort.interrupted)
    if whole:
        options |= {"gapRel": effort.gap, "gapAbs": 0.0}
    if effort.seconds is not None:
        options["timeLimit"] = max(effort.seconds, 0.01)
    for attempt in attempts:
        stats = programme.problem.solve(getSolver(effort.solver, **options, **attempt))
        if stats.has_solution or stats.status != LpSolveStatus.Undefined:
            break
    return stats


def _interruptible(interrupted: Callable[[], bool]) -> dict[str, Any]:
    """Options that let HiGHS's search over whole numbers be ended from outside."""
    import highspy

    def ask(kind: Any, message: str, output: Any, answer: Any, user_data: Any) -> None:
        answer.user_interrupt = interrupted()

    kinds = [highspy.cb.HighsCallbackType.kCallbackMipInterrupt]
    return {"callbackTuple": (ask, None), "callbacksToActivate": kinds}


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


def limit_prices(programme: Programme, instance: Instance) -> Floats:
    """limit[capacity limit, period]  currency of that period per unit more of the limit (≤ 0: it saves).

    From the row duals of a relaxed programme that has just been solved.
    """
    prices = np.zeros((len(instance.capacity_limits), instance.periods))
    for number in range(len(instance.capacity_limits)):
        for p in range(instance.periods):
            row = programme.problem.get_constraint_by_name(f"capacity_limit_{number}_{p}")
            if row is not None and row.pi is not None:
                prices[number, p] = row.pi * programme.money_unit / instance.discount_middle[p]
    return prices
