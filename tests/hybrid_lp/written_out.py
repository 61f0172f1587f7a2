"""The programme written out hour by hour, straight from formulation.md: what everything else is compared with.

Shares nothing with `hybrid_lp.build` and its constraints: no levels, no merging, every way to serve offered, and
capacity as the sum over its vintages.
"""

from __future__ import annotations

import numpy as np
from hybrid_lp.instance import Instance
from pulp import LpMinimize, LpProblem, LpVariable, getSolver, lpSum_vars_coefs
from pulp.constants import LpSolveStatus

Term = tuple[LpVariable, float]


def optimum(instance: Instance, *, relax: bool = False) -> float:
    """The least discounted cost; infinite when nothing can serve."""
    problem, unit = _write(instance, relax=relax)
    exact = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
    stats = problem.solve(
        getSolver("HiGHS", msg=False, gapRel=1e-9, gapAbs=0.0, mip_feasibility_tolerance=1e-9, **exact)
    )
    if stats.status in (LpSolveStatus.Infeasible, LpSolveStatus.Undefined) and not stats.has_solution:
        return np.inf
    assert stats.status in (LpSolveStatus.Optimal, LpSolveStatus.GapLimit), stats.status_str
    return float(stats.objective) * unit


def _write(instance: Instance, *, relax: bool) -> tuple[LpProblem, float]:
    """The problem with GPUs in units of the largest demand, and its unit of money."""
    unit = float(instance.demand.max(initial=0.0)) or 1.0
    problem = LpProblem("written_out", LpMinimize)
    goal: list[Term] = []
    order = {}
    for k, p in zip(*np.nonzero(instance.order_max > 0), strict=True):
        most = instance.order_max[k, p]
        kind = "Integer" if instance.whole[k] and not relax else "Continuous"
        upper = float(most) if np.isfinite(most) else None
        order[k, p] = problem.add_variable(f"o_{k}_{p}", float(instance.order_min[k, p]), upper, kind)
        goal.append((order[k, p], float(instance.order_cost[k, p]) / unit))
    for number, order_limit in enumerate(instance.order_limits):
        for p in range(instance.periods):
            ordered = [(order[k, p], 1.0) for k in order_limit.pools if (k, p) in order]
            _row(problem, ordered, "<=", order_limit.most, f"orders_{number}_{p}")
    for p in range(instance.periods):
        held: list[list[Term]] = []
        for k in range(instance.pools):
            vintages = [
                order[k, v]
                for v in range(instance.periods)
                if (k, v) in order
                and v + instance.lead_periods[k] <= p < v + instance.lead_periods[k] + instance.life_periods[k]
            ]
            held.append([(vintage, 1.0) for vintage in vintages])
            holding = float(instance.discount_middle[p] * instance.holding_cost[k, p]) / unit
            goal += [(vintage, holding) for vintage in vintages]
        for number, limit in enumerate(instance.capacity_limits):
            taken = [(v, weight) for k, weight in zip(limit.pools, limit.weights, strict=True) for v, _ in held[k]]
            _row(problem, taken, "<=", limit.limit, f"limit_{number}_{p}")
        for hour in range(instance.first_hour[p], instance.first_hour[p + 1]):
            goal += _hour(problem, instance, p, hour, held, unit)
    problem.setObjective(lpSum_vars_coefs(_summed(goal)))
    return problem, unit


def _hour(problem: LpProblem, instance: Instance, p: int, hour: int, held: list[list[Term]], unit: float) -> list[Term]:
    """The rows of one hour; returns its part of the objective."""
    goal: list[Term] = []
    factor = float(instance.discount_middle[p])
    by_supply: list[list[Term]] = [[] for _ in range(instance.supplies)]
    for w in range(instance.workloads):
        demand = float(instance.demand[hour, w]) / unit
        served: list[Term] = []
        spot: list[Term] = []
        for j in range(instance.supplies):
            effect = float(instance.effectiveness[w, j])
            if effect > 0 and instance.offered[p, j]:
                run = problem.add_variable(f"r_{hour}_{w}_{j}", 0)
                goal.append((run, factor * float(instance.running_cost[p, w, j])))
                by_supply[j].append((run, 1.0))
                served.append((run, effect))
                if instance.is_spot[j]:
                    spot.append((run, effect))
        if np.isfinite(instance.unserved_penalty[w]):
            unserved = problem.add_variable(f"u_{hour}_{w}", 0)
            goal.append((unserved, factor * float(instance.unserved_penalty[w])))
            served.append((unserved, 1.0))
        _row(problem, served, ">=", demand, f"service_{hour}_{w}")
        _row(problem, spot, "<=", float(instance.spot_max_share[w]) * demand, f"share_{hour}_{w}")
    for j in np.unique(instance.pool_supply):
        members = np.flatnonzero(instance.pool_supply == j)
        given = [(v, -float(instance.usable_gpus[k]) / unit) for k in members for v, _ in held[k]]
        _row(problem, by_supply[j] + given, "<=", 0.0, f"use_{hour}_{j}")
    for number, rental in enumerate(instance.rental_limits):
        rented = [term for j in rental.markets for term in by_supply[j]]
        reserved = [
            (v, gpus / unit) for k, gpus in zip(rental.pools, rental.gpus_per_unit, strict=True) for v, _ in held[k]
        ]
        _row(problem, rented + reserved, "<=", rental.max_gpus / unit, f"rental_{number}_{hour}")
    return goal


def _row(problem: LpProblem, terms: list[Term], sense: str, right: float, name: str) -> None:
    terms = _summed(terms)
    if not terms and (right <= 0 if sense == ">=" else right >= 0):
        return
    row = lpSum_vars_coefs(terms)
    problem.addConstraint(row >= right if sense == ">=" else row <= right, name)


def _summed(terms: list[Term]) -> list[Term]:
    total: dict[int, Term] = {}
    for variable, coefficient in terms:
        before = total.get(id(variable), (variable, 0.0))[1]
        total[id(variable)] = (variable, before + coefficient)
    return list(total.values())
