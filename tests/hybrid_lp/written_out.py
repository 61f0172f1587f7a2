"""The programme written out hour by hour, straight from formulation.md: what everything else is compared with.

Shares nothing with `hybrid_lp.build` and its constraints: no levels, no merging, every way to serve offered, every
early sale a column, and capacity as the sum over its vintages.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hybrid_lp.instance import Budget, Instance
from pulp import LpMinimize, LpProblem, LpVariable, getSolver, lpSum_vars_coefs
from pulp.constants import LpSolveStatus

Term = tuple[LpVariable, float]
Terms = list[Term]


def optimum(instance: Instance, *, relax: bool = False) -> float:
    """The least discounted cost; infinite when nothing can serve."""
    writer = _Writer(instance, relax=relax)
    exact = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
    stats = writer.problem.solve(
        getSolver("HiGHS", msg=False, gapRel=1e-9, gapAbs=0.0, mip_feasibility_tolerance=1e-9, **exact)
    )
    if stats.status in (LpSolveStatus.Infeasible, LpSolveStatus.Undefined) and not stats.has_solution:
        return np.inf
    assert stats.status in (LpSolveStatus.Optimal, LpSolveStatus.GapLimit), stats.status_str
    return float(stats.objective) * writer.unit + instance.constant_cost


class _Writer:
    """Writes the whole problem; GPUs in units of the largest demand."""

    def __init__(self, instance: Instance, *, relax: bool) -> None:
        self.instance = instance
        self.relax = relax
        self.unit = float(instance.demand.max(initial=0.0)) or 1.0
        self.problem = LpProblem("written_out", LpMinimize)
        self.one = self.problem.add_variable("one", 1, 1)
        """For constants: what is held already."""
        self.goal: Terms = []
        self.in_service: defaultdict[tuple[int, int], Terms] = defaultdict(list)
        self.ordered: defaultdict[tuple[int, int], Terms] = defaultdict(list)
        self.opening: dict[tuple[int, int], LpVariable] = {}
        self.runs: defaultdict[int, list[tuple[int, int, LpVariable]]] = defaultdict(list)
        """period → (workload, supply, column) of each hour."""
        self._orders()
        self._held()
        self._limits()
        self._sites()
        self._hours()
        for number, budget in enumerate(instance.budgets):
            self._budget(number, budget)
        self.problem.setObjective(lpSum_vars_coefs(_summed(self.goal)))

    def _kind(self, whole: bool) -> str:
        return "Integer" if whole and not self.relax else "Continuous"

    def _orders(self) -> None:
        instance = self.instance
        for k, v in zip(*np.nonzero(instance.order_max > 0), strict=True):
            k, v = int(k), int(v)
            arrival = v + int(instance.lead_periods[k])
            end = arrival + int(instance.life_periods[k])
            leaves = [end]
            if k in instance.sale_change:
                leaves += list(range(arrival + 1, min(end, instance.periods)))
            for leave in leaves:
                column = self.problem.add_variable(f"o_{k}_{v}_{leave}", 0, None, self._kind(bool(instance.whole[k])))
                cost = float(instance.order_cost[k, v])
                cost += 0.0 if leave == end else float(instance.sale_change[k][v, leave])
                self.goal.append((column, cost / self.unit))
                self.ordered[k, v].append((column, 1.0))
                for p in range(arrival, min(leave, instance.periods)):
                    self.in_service[k, p].append((column, 1.0))
            self._row(self.ordered[k, v], ">=", float(instance.order_min[k, v]), f"least_{k}_{v}")
            if np.isfinite(instance.order_max[k, v]):
                self._row(self.ordered[k, v], "<=", float(instance.order_max[k, v]), f"most_{k}_{v}")

    def _held(self) -> None:
        for number, held in enumerate(self.instance.held):
            sold: Terms = []
            for p in range(held.first, held.last + 1):
                possible = held.sale_change is not None and (p > held.first or p == 0)
                if possible:
                    column = self.problem.add_variable(f"s_{number}_{p}", 0, None, self._kind(held.whole))
                    sold.append((column, 1.0))
                    assert held.sale_change is not None
                    self.goal.append((column, float(held.sale_change[p]) / self.unit))
                self.in_service[held.pool, p].append((self.one, held.units))
                self.in_service[held.pool, p] += [(column, -1.0) for column, _ in sold]
            self._row(sold, "<=", held.units, f"sold_{number}")

    def _limits(self) -> None:
        instance = self.instance
        for number, order_limit in enumerate(instance.order_limits):
            for p in range(instance.periods):
                ordered = [term for k in order_limit.pools for term in self.ordered[k, p]]
                self._row(ordered, "<=", order_limit.most, f"orders_{number}_{p}")
        for p in range(instance.periods):
            for k in range(instance.pools):
                holding = float(instance.discount_middle[p] * instance.holding_cost[k, p]) / self.unit
                self.goal += [(column, holding * units) for column, units in self.in_service[k, p]]
            for number, limit in enumerate(instance.capacity_limits):
                taken = [
                    (column, weight * units)
                    for k, weight in zip(limit.pools, limit.weights, strict=True)
                    for column, units in self.in_service[k, p]
                ]
                self._row(taken, "<=", limit.limit, f"limit_{number}_{p}")

    def _sites(self) -> None:
        """A site opens with its first order, where that matters to budgets; people for what is in service."""
        instance = self.instance
        for number, opening in enumerate(instance.openings):
            for p in range(instance.periods):
                column = self.problem.add_variable(f"open_{number}_{p}", 0, 1, "Integer")
                self.opening[number, p] = column
                self.goal.append((column, float(opening.cost[p]) / self.unit))
            if any(budget.opening_weights is not None for budget in instance.budgets):
                for p in range(instance.periods):
                    first = [term for k in opening.pools for term in self.ordered[k, p]]
                    self._row([*first, (self.opening[number, p], -1e-3)], ">=", 0.0, f"opened_by_{number}_{p}")
            for k in opening.pools:
                for p in range(instance.periods):
                    until = [(self.opening[number, q], -1e3) for q in range(p + 1)]
                    self._row(self.ordered[k, p] + until, "<=", 0.0, f"open_{number}_{k}_{p}")
        for number, group in enumerate(instance.people):
            for p in range(instance.periods):
                column = self.problem.add_variable(f"people_{number}_{p}", 0, None, self._kind(True))
                self.goal.append((column, float(group.cost[p]) / self.unit))
                served = [term for k in group.pools for term in self.in_service[k, p]]
                self._row([*served, (column, -group.units_per_person)], "<=", 0.0, f"people_{number}_{p}")

    def _hours(self) -> None:
        """Every hour; work that may be moved has one row for its block."""
        instance = self.instance
        served: defaultdict[tuple[int, int], Terms] = defaultdict(list)
        spot: defaultdict[tuple[int, int], Terms] = defaultdict(list)
        wanted: defaultdict[tuple[int, int], float] = defaultdict(float)
        for hour, p in enumerate(instance.period_of_hour.tolist()):
            by_supply: list[Terms] = [[] for _ in range(instance.supplies)]
            factor, cost = float(instance.discount_middle[p]), instance.running_cost[instance.cost_class[hour]]
            for w in range(instance.workloads):
                row = w, int(instance.blocks[w][hour]) if w in instance.blocks else hour
                wanted[row] += float(instance.demand[hour, w]) / self.unit
                for j in range(instance.supplies):
                    effect = float(instance.effectiveness[w, j])
                    if effect > 0 and instance.offered[p, w, j]:
                        run = self.problem.add_variable(f"r_{hour}_{w}_{j}", 0)
                        self.runs[p].append((w, j, run))
                        self.goal.append((run, factor * float(cost[w, j])))
                        by_supply[j].append((run, 1.0))
                        served[row].append((run, effect))
                        if instance.is_spot[j]:
                            spot[row].append((run, effect))
                if np.isfinite(instance.unserved_penalty[w]):
                    unserved = self.problem.add_variable(f"u_{hour}_{w}", 0)
                    self.goal.append((unserved, factor * float(instance.unserved_penalty[w])))
                    served[row].append((unserved, 1.0))
            self._hour_limits(hour, p, by_supply)
        for (w, block), demand in wanted.items():
            self._row(served[w, block], ">=", demand, f"service_{w}_{block}")
            most = float(instance.spot_max_share[w]) * demand
            self._row(spot[w, block], "<=", most, f"share_{w}_{block}")

    def _hour_limits(self, hour: int, p: int, by_supply: list[Terms]) -> None:
        instance = self.instance
        drawn: defaultdict[int, Terms] = defaultdict(list)
        for draw in instance.draws:
            j = int(instance.pool_supply[draw.pool])
            drawn[j] += [(run, draw.rate) for run, _ in by_supply[draw.supply]]
        for j in np.unique(instance.pool_supply):
            given = [
                (column, -float(instance.usable_gpus[k]) * units / self.unit)
                for k in np.flatnonzero(instance.pool_supply == j)
                for column, units in self.in_service[int(k), p]
            ]
            self._row(by_supply[j] + drawn[int(j)] + given, "<=", 0.0, f"use_{hour}_{j}")
        for number, rental in enumerate(instance.rental_limits):
            rented = [term for j in rental.markets for term in by_supply[j]]
            reserved = [
                (column, gpus * units / self.unit)
                for k, gpus in zip(rental.pools, rental.gpus_per_unit, strict=True)
                for column, units in self.in_service[k, p]
            ]
            self._row(rented + reserved, "<=", rental.max_gpus / self.unit, f"rental_{number}_{hour}")

    def _budget(self, number: int, budget: Budget) -> None:
        terms: Terms = []
        if budget.order_weights is not None:
            for (k, p), ordered in self.ordered.items():
                terms += [(column, float(budget.order_weights[k, p]) * units) for column, units in ordered]
        if budget.unit_weights is not None:
            for (k, p), held in self.in_service.items():
                terms += [(column, float(budget.unit_weights[k, p]) * units) for column, units in held]
        if budget.opening_weights is not None:
            terms += [(column, float(budget.opening_weights[index])) for index, column in self.opening.items()]
        if budget.run_weights is not None:
            for p in budget.periods:
                weights = budget.run_weights[p - budget.periods.start] * self.unit
                terms += [(run, float(weights[w, j])) for w, j, run in self.runs[p]]
        scale = max(abs(budget.limit), 1.0)
        scaled = [(column, weight / scale) for column, weight in terms]
        self._row(scaled, "<=", budget.limit / scale, f"budget_{number}")

    def _row(self, terms: Terms, sense: str, right: float, name: str) -> None:
        terms = _summed(terms)
        if not terms and (right <= 0 if sense == ">=" else right >= 0):
            return
        row = lpSum_vars_coefs(terms)
        self.problem.addConstraint(row >= right if sense == ">=" else row <= right, name)


def _summed(terms: Terms) -> Terms:
    total: dict[int, Term] = {}
    for variable, coefficient in terms:
        before = total.get(id(variable), (variable, 0.0))[1]
        total[id(variable)] = (variable, before + coefficient)
    return list(total.values())
