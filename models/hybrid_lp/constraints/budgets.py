"""Limits on what is spent: capital, cloud bills, carbon."""

from __future__ import annotations

from pulp import LpProblem, LpVariable, lpSum_vars_coefs

from hybrid_lp.instance import Budget, Instance
from hybrid_lp.levels import Levels
from hybrid_lp.units import Units
from hybrid_lp.variables import Variables

Terms = list[tuple[LpVariable, float]]


def add_budgets(problem: LpProblem, instance: Instance, columns: Variables, units: Units) -> None:
    """Σ order weights · orders + Σ unit weights · capacity + Σ opening weights · openings + Σ_p used_p ≤ limit.

    With the hours' part as columns `used`, whose cuts say how much the hours take; without such columns, of budgets
    that hours do not count in. In the budget's unit, as all its coefficients.
    """
    for number, budget in enumerate(instance.budgets):
        if budget.run_weights is None or columns.used:
            unit = units.budgets[number]
            hours = [(columns.used[number, p], unit) for p in budget.periods if (number, p) in columns.used]
            _add(problem, number, budget, _holding_terms(budget, columns) + hours, units)


def add_hour_budgets(
    problem: LpProblem,
    instance: Instance,
    levels: Levels,
    columns: Variables,
    units: Units,
) -> None:
    """The same with Σ_{p} Σ_{ℓ∈L_p} ω_ℓ Σ_wj run_weight_{pwj} run_{ℓwj} in place of `used`: hours written out."""
    for number in instance.coupling:
        budget = instance.budgets[number]
        assert budget.run_weights is not None
        terms = _holding_terms(budget, columns)
        first = budget.periods.start
        for (level, w, j), run in columns.run.items():
            p = int(levels.period[level])
            if p in budget.periods and budget.run_weights[p - first, w, j] != 0:
                weight = float(levels.weight_hours[level] * budget.run_weights[p - first, w, j])
                terms.append((run, weight * units.gpus))
        _add(problem, number, budget, terms, units)


def _holding_terms(budget: Budget, columns: Variables) -> Terms:
    terms: Terms = []
    if budget.order_weights is not None:
        terms += [(column, float(budget.order_weights[index])) for index, column in columns.bought]
    if budget.unit_weights is not None:
        terms += [(column, float(budget.unit_weights[index])) for index, column in columns.capacity.items()]
    if budget.opening_weights is not None:
        terms += [(column, float(budget.opening_weights[index])) for index, column in columns.opening.items()]
    return [(column, weight) for column, weight in terms if weight]


def _add(problem: LpProblem, number: int, budget: Budget, terms: Terms, units: Units) -> None:
    scaled = [(column, weight / units.budgets[number]) for column, weight in terms]
    # Without terms, a limit below 0 makes the programme infeasible: what is spent already is too much.
    problem.addConstraint(lpSum_vars_coefs(scaled) <= budget.limit / units.budgets[number], f"budget_{number}")
