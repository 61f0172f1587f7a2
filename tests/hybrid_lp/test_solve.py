"""The one place that knows the solver: how a solve ends, and what it proves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hand_instance import hand_instance
from hybrid_lp.build import Programme, with_cuts, written_out
from hybrid_lp.instance import Instance
from hybrid_lp.levels import distinct_hours
from hybrid_lp.merge import useful
from hybrid_lp.solve import Effort, Outcome, Solution, SolverMissingError, require_solver, solve
from hybrid_lp.units import Units
from hybrid_lp.variables import Variables
from of_orders import allowed, fixed_cost_of
from pulp import LpProblem, PulpSolverError
from random_instances import random_instance

BOTH = pytest.mark.parametrize("solver", ["HiGHS", "COIN_CMD"])


def solution(
    problem: Instance, solver: str = "HiGHS", *, relax: bool = False, seconds: float | None = None
) -> Solution:
    programme = written_out(problem, distinct_hours(problem), useful(problem))
    return solve(programme, Effort(solver, 1e-7, seconds, allowed(relax=relax)))


def test_an_unknown_solver_is_named_with_those_that_are_there() -> None:
    with pytest.raises(SolverMissingError, match=r"'GLUTTON' is not available; PuLP finds .*HiGHS"):
        require_solver("GLUTTON")


@BOTH
def test_installed_solvers_are_found(solver: str) -> None:
    require_solver(solver)


def test_a_solver_that_is_known_but_not_installed_is_missing() -> None:
    with pytest.raises(SolverMissingError, match="GUROBI"):
        require_solver("GUROBI")


@BOTH
def test_solved(solver: str) -> None:
    """By hand: 10 GPUs for 2 hours, then 26, 26 and 46 for an hour each; nothing is worth a server."""
    found = solution(hand_instance(), solver)
    assert found.outcome is Outcome.SOLVED
    assert found.holdings is not None
    # A reserved GPU costs 30/8 in the first period, less than 2 hours at 3 × 0.9; 20/8 in the second, less than 3 hours
    # at 2 × 0.8, or at 0.8/0.9 for what may be on spot, but more than the last hour alone. There, 3 of 46 are on spot.
    assert found.holdings.orders[0].tolist() == [0, 0]
    assert found.holdings.orders[1] == pytest.approx([10 / 8, 26 / 8], abs=1e-6)
    cost = 30 * 10 / 8 + 20 * 26 / 8 + 0.8 * (2 * 17 + 3 / 0.9)
    assert found.bound == pytest.approx(cost, rel=1e-6)


@BOTH
@pytest.mark.parametrize("relax", [True, False])
def test_infeasible(solver: str, relax: bool) -> None:
    problem = replace(hand_instance(), offered=np.zeros((2, 2, 4), dtype=np.bool_))
    found = solution(problem, solver, relax=relax)
    assert found.outcome is Outcome.INFEASIBLE
    assert found.holdings is None
    assert found.bound == -np.inf
    assert solver in found.message


@BOTH
@pytest.mark.parametrize("relax", [True, False])
def test_unbounded(solver: str, relax: bool) -> None:
    base = hand_instance()
    problem = replace(base, order_cost=-base.order_cost, rental_limits=(), order_limits=(), capacity_limits=())
    found = solution(problem, solver, relax=relax)
    assert found.outcome is Outcome.UNBOUNDED
    assert found.holdings is None
    assert found.bound == -np.inf


@pytest.mark.parametrize("seed", range(0, 30, 3))
def test_whole_orders_are_whole_and_the_bound_is_below_their_cost(seed: int) -> None:
    problem = random_instance(seed, whole=True)
    found, relaxed = solution(problem), solution(problem, relax=True)
    assert found.holdings is not None
    assert relaxed.holdings is not None
    assert (found.holdings.orders == np.round(found.holdings.orders)).all()
    assert relaxed.bound <= found.bound * (1 + 1e-7)
    assert fixed_cost_of(problem, relaxed.holdings.orders) <= relaxed.bound * (1 + 1e-6)


def test_the_bound_of_a_wide_search_is_not_its_objective() -> None:
    """Some search that may stop at 20 % stops above the optimum: what it claims is still below."""
    wide = []
    for seed in range(12):
        problem = random_instance(seed, whole=True)
        exact = solution(problem).bound
        programme = written_out(problem, distinct_hours(problem), useful(problem))
        found = solve(programme, Effort(gap=0.2))
        assert found.bound <= exact * (1 + 1e-7)
        wide.append(found.bound < exact * (1 - 1e-4))
    assert any(wide)


def test_without_cuts_operation_is_free() -> None:
    """The programme with cuts knows nothing of the hours before the first cut."""
    problem = replace(hand_instance(), order_min=np.zeros((2, 2)))
    found = solve(with_cuts(problem), Effort(gap=0))
    assert found.holdings is not None
    assert not found.holdings.orders.any()
    assert found.operating.tolist() == [0, 0]
    assert found.bound == 0


def test_a_relaxed_solve_that_runs_out_of_time_is_no_plan() -> None:
    """Whatever it holds. A limit below the time it needs; if it makes it all the same, it must be exact."""
    problem = random_instance(10, most_workloads=8, most_supplies=(10, 6, 4))
    found, exact = solution(problem, relax=True, seconds=1e-6), solution(problem, relax=True)
    if found.outcome is Outcome.TIME_LIMIT:
        assert found.holdings is None
        assert found.bound == -np.inf
    else:
        assert found.bound == pytest.approx(exact.bound, rel=1e-7)


def test_highs_is_kept_from_a_presolve_rule_that_loses_the_optimum() -> None:
    """A programme with cuts whose optimum is 17,236.95 (CBC, and HiGHS without presolve); 1.15.1 says 19,482.16."""
    _, problem = LpProblem.fromMPS(str(Path(__file__).with_name("highs_doubleton_equations.mps")))
    programme = Programme(hand_instance(), problem, Variables({}, {}), Units(1.0, 1.0, ()))
    found = solve(programme, Effort(gap=1e-6))
    assert found.bound == pytest.approx(17236.9548, abs=1e-3)


def test_a_solver_by_a_name_that_pulp_does_not_know_is_an_error() -> None:
    with pytest.raises(PulpSolverError):
        solution(hand_instance(), "GLUTTON")
