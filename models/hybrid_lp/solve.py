"""The one place that knows the solver: its options, its status, its bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from pulp import getSolver, listSolvers
from pulp.constants import LpInteger, LpSolveStatus

from hybrid_lp.build import Programme
from hybrid_lp.holdings import ROUNDING, Fractions, Holdings, in_service, openings, people_needed
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.variables import values
from hybrid_lp.warm import WarmHighs

if TYPE_CHECKING:
    from pulp import LpSolveStats, LpVariable

DEFAULT_SOLVER = "HiGHS"

TOLERANCE = 1e-9
"""Feasibility tolerance asked of HiGHS, in the programme's units: gaps of 1e-6 are claimed on its answers."""

_DOUBLETON_EQUATIONS = 1 << 9
"""Bit of the presolve rule that HiGHS is asked to leave out: with it, 1.15.1 calls a plan 12 % above the optimum of a
programme with cuts and whole orders optimal (tests/hybrid_lp/test_solve.py)."""


_WARM = {"simplex_dual_edge_weight_strategy": 1}
"""Options of solves that go on from a basis with more rows: Devex weights, as exact ones would be computed anew."""

_SEARCH = {
    "mip_allow_restart": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_rins": False,
}
"""Options of HiGHS's search: columns that no better plan uses are left out before it, which is what the first two would
find; neighbourhoods of the fractional plan (RENS) find as good plans as those of two plans do, in less time."""


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
    holdings: Holdings | None
    """Whole units exactly whole. None when there is no feasible answer."""
    operating: Floats
    """operating[period]  currency, undiscounted, as the programme's cuts have it; empty where hours are written out."""
    used: Floats
    """used[coupling budget, period]  of each budget by the hours, as the programme has it."""
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
    fractions: Fractions = Fractions.NONE
    """What may be a fraction."""
    interrupted: Callable[[], bool] | None = None
    """Asked now and then during a search: True ends it with what it has."""
    start: Holdings | None = None
    """A plan that HiGHS's search over whole numbers may begin with."""


def solve(programme: Programme, effort: Effort) -> Solution:
    """Solve the programme."""
    instance = programme.instance
    whole = searched(instance, effort.fractions)
    stats = _solved(programme, effort, whole)
    outcome = _OUTCOMES.get(stats.status, Outcome.ERROR)
    message = f"{effort.solver}: {stats.status_str}"
    if not stats.has_solution or (outcome is Outcome.TIME_LIMIT and not whole):
        # Without whole numbers there is no search: what an unfinished solve holds is not a plan.
        return Solution(outcome, None, np.zeros(0), np.zeros((0, 0)), -np.inf, message)
    money = programme.units.money
    operating = np.array([column.varValue or 0.0 for column in programme.columns.operating]) * money
    bound = _bound(stats, outcome, whole, effort.gap) * money + instance.constant_cost
    holdings = _holdings(programme, whole=effort.fractions is Fractions.NONE)
    return Solution(outcome, holdings, operating, _used(programme), bound, message)


def searched(instance: Instance, fractions: Fractions) -> bool:
    """Is there something that must be whole, so that the programme needs a search?"""
    openings = bool(instance.openings) and fractions is not Fractions.ALL
    people = bool(instance.people) and fractions is Fractions.SERVERS
    return openings or people or (instance.has_whole_units and fractions is Fractions.NONE)


def _holdings(programme: Programme, *, whole: bool) -> Holdings:
    """The solved orders and sales: rounding taken off, whole ones whole, within their bounds."""
    instance, columns = programme.instance, programme.columns

    def count(column: LpVariable, exact: bool) -> float:
        value = max(column.varValue or 0.0, 0.0)
        value = round(value) if whole and exact else value
        return value if value >= ROUNDING else 0.0

    orders = values(columns.order, (instance.pools, instance.periods))
    if whole:
        orders[instance.whole] = np.round(orders[instance.whole])
    orders[orders < ROUNDING] = 0.0
    sold = {index: count(column, bool(instance.whole[index[0]])) for index, column in columns.early.items()}
    sold = {index: units for index, units in sold.items() if units > 0}
    for (k, p, _), units in sold.items():
        orders[k, p] += units
    held = {index: count(column, instance.held[index[0]].whole) for index, column in columns.sold_held.items()}
    orders = np.clip(orders, instance.order_min, instance.order_max)
    return Holdings(orders, sold, {index: units for index, units in held.items() if units > 0})


def _used(programme: Programme) -> Floats:
    instance, columns = programme.instance, programme.columns
    used = np.zeros((len(instance.coupling), instance.periods))
    for b, number in enumerate(instance.coupling):
        for p in instance.budgets[number].periods:
            if (number, p) in columns.used:
                used[b, p] = (columns.used[number, p].varValue or 0.0) * programme.units.budgets[number]
    return used


def _solved(programme: Programme, effort: Effort, whole: bool) -> LpSolveStats:
    """Solve; where HiGHS comes to no conclusion, once more without presolve, then with its own tolerances.

    Presolve may end with "infeasible or unbounded", and the tight tolerances with a solve error: neither is an answer.
    Without whole numbers the first attempt goes on from where the last solve of the programme ended.
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
        options |= _SEARCH if whole else {}
        attempts = [tight, tight | {"presolve": "off"}, {"presolve": "off"}]
        if whole and effort.interrupted is not None:
            options |= _interruptible(effort.interrupted)
    if whole:
        options |= {"gapRel": effort.gap, "gapAbs": 0.0}
        if effort.start is not None and effort.solver == DEFAULT_SOLVER:
            options |= {"warmStart": True}
            _begin(programme, effort.start, effort.fractions)
    elif effort.solver == DEFAULT_SOLVER:
        if not isinstance(programme.session, WarmHighs):
            programme.session = WarmHighs(programme.start, msg=False, mip=False, **tight, **_WARM)
        programme.session.seconds = effort.seconds
        stats = programme.problem.solve(programme.session)
        if stats.has_solution or stats.status in (LpSolveStatus.Infeasible, LpSolveStatus.TimeLimit):
            return stats
        programme.session = None
    if effort.seconds is not None:
        options["timeLimit"] = max(effort.seconds, 0.01)
    for attempt in attempts:
        stats = programme.problem.solve(getSolver(effort.solver, **options, **attempt))
        if stats.has_solution or stats.status != LpSolveStatus.Undefined:
            break
    return stats


def _begin(programme: Programme, start: Holdings, fractions: Fractions) -> None:
    """Give the columns that are whole the values of a plan, and no other a value: the solver completes them."""
    instance, columns = programme.instance, programme.columns
    capacity, opened = in_service(instance, start), openings(instance, start.orders, fractions)
    people = [people_needed(group, capacity, fractions) for group in instance.people]
    stay = start.orders.copy()
    for (k, p, _), units in start.sold.items():
        stay[k, p] -= units
    worth = {column: float(stay[index]) for index, column in columns.order.items()}
    worth |= {column: start.sold.get(index, 0.0) for index, column in columns.early.items()}
    worth |= {column: start.sold_held.get(index, 0.0) for index, column in columns.sold_held.items()}
    worth |= {column: float(opened[index]) for index, column in columns.opening.items()}
    worth |= {column: float(people[number][p]) for (number, p), column in columns.people.items()}
    for variable in programme.problem.variables():
        variable.varValue = worth.get(variable) if variable.cat == LpInteger else None


def fix_sites(programme: Programme, plan: Holdings) -> None:
    """Open sites when a plan does, and have the people that it needs."""
    instance, columns = programme.instance, programme.columns
    capacity, opened = in_service(instance, plan), openings(instance, plan.orders, Fractions.SERVERS)
    people = [people_needed(group, capacity, Fractions.SERVERS) for group in instance.people]
    values = {column: float(opened[index]) for index, column in columns.opening.items()}
    values |= {column: float(people[number][p]) for (number, p), column in columns.people.items()}
    for column, value in values.items():
        column.lowBound = column.upBound = value


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


@dataclass(frozen=True)
class Prices:
    """Dual prices of a relaxed programme that has just been solved, in discounted currency."""

    order: Floats
    """order[pool, period]  cost of one more unit ordered, net of what it brings; NaN where it cannot be ordered."""
    service: Floats
    """service[pool, period]  what a unit that comes into service at the start of a period costs from there on, the dual
    price of its vintage row; 0 at the horizon's end and where there is no row."""
    limit: Floats
    """limit[capacity limit, period]  change of cost per unit more of the limit (≤ 0: it saves)."""
    budget: Floats
    """budget[budget]  change of cost per unit more of the budget (≤ 0: it saves)."""


def prices(programme: Programme) -> Prices:
    """The dual prices of the last solve, which must have been one of a relaxed programme."""
    instance, problem, money = programme.instance, programme.problem, programme.units.money

    def dual(name: str, unit: float = 1.0) -> float:
        row = problem.get_constraint_by_name(name)
        return 0.0 if row is None or row.pi is None else row.pi * money / unit

    order = np.full((instance.pools, instance.periods), np.nan)
    for index, column in programme.columns.order.items():
        order[index] = (column.dj or 0.0) * money
    service = np.zeros((instance.pools, instance.periods + 1))
    for k, p in programme.columns.capacity:
        service[k, p] = dual(f"vintages_{k}_{p}")
    limit = [
        [dual(f"capacity_limit_{number}_{p}") for p in range(instance.periods)]
        for number in range(len(instance.capacity_limits))
    ]
    budget = [dual(f"budget_{number}", unit) for number, unit in enumerate(programme.units.budgets)]
    shape = (len(instance.capacity_limits), instance.periods)
    return Prices(order, service, np.array(limit).reshape(shape), np.array(budget))
