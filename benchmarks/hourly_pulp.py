"""The rival as most would write it: the programme with every hour through PuLP, solved by HiGHS.

Sums are built in one pass with `lpSum_vars_coefs`, the fastest way that PuLP has; columns in batches. It shares
nothing with `hybrid_lp.build`; `--ours` times that instead, with one level per distinct hour, to see which is faster.
"""

from __future__ import annotations

import time
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np
from figures import Figures, rival_arguments
from hybrid_lp.instance import Instance
from hybrid_lp.merge import useful
from pulp import HiGHS, LpMinimize, LpProblem, LpVariable, lpSum_vars_coefs
from pulp.constants import LpSolveStatus

MONEY, GPUS = 1e3, 10.0
"""Currency per unit of the objective, GPUs per unit of the hourly columns."""

Terms = list[tuple[LpVariable, float]]


class Hourly:
    """The programme under construction."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.problem = LpProblem("hourly", LpMinimize)
        pools, periods = range(instance.pools), range(instance.periods)
        self.order: dict[tuple[int, int], LpVariable] = {}
        for k in pools:
            for p in periods:
                low, high = float(instance.order_min[k, p]), float(instance.order_max[k, p])
                upper = high if np.isfinite(high) else None
                kind: Literal["Integer", "Continuous"] = "Integer" if instance.whole[k] else "Continuous"
                self.order[k, p] = self.problem.add_variable(f"order_{k}_{p}", low, upper, kind)
        index = [(k, p) for k in pools for p in periods]
        self.capacity = self.problem.add_variable_dict("capacity_%s_%s", index, lowBound=0)
        self.objective: Terms = [(self.order[i], instance.order_cost[i] / MONEY) for i in index]
        holding = instance.holding_cost * instance.discount_middle / MONEY
        self.objective += [(self.capacity[i], holding[i]) for i in index]

    def add_held_rows(self) -> None:
        """Vintages as changes of capacity, and limits on capacity and orders."""
        instance, add = self.instance, self.problem.addConstraint
        for (k, p), capacity in self.capacity.items():
            lead, life = int(instance.lead_periods[k]), int(instance.life_periods[k])
            terms: Terms = [(capacity, 1.0)]
            terms += [(self.capacity[k, p - 1], -1.0)] if p else []
            terms += [(self.order[k, p - lead], -1.0)] if p >= lead else []
            terms += [(self.order[k, p - lead - life], 1.0)] if p >= lead + life else []
            add(lpSum_vars_coefs(terms) == 0)
        for p in range(instance.periods):
            for limit in instance.capacity_limits:
                pairs = zip(limit.pools, limit.weights, strict=True)
                add(lpSum_vars_coefs([(self.capacity[k, p], weight) for k, weight in pairs]) <= limit.limit)
            for order in instance.order_limits:
                add(lpSum_vars_coefs([(self.order[k, p], 1.0) for k in order.pools]) <= order.most)

    def add_hours(self, able: Any) -> None:
        """Columns and rows of every hour. able[period, workload, supply]."""
        for p in range(self.instance.periods):
            # What does not differ between the hours of a period is worked out once.
            cells = [(int(w), int(j)) for w, j in zip(*np.nonzero(able[p]), strict=True)]
            first, end = int(self.instance.first_hour[p]), int(self.instance.first_hour[p + 1])
            self._add_period(p, range(first, end), cells)

    def _add_period(self, p: int, hours: range, cells: list[tuple[int, int]]) -> None:
        instance, unit = self.instance, float(self.instance.discount_middle[p]) * GPUS / MONEY
        penalty = instance.unserved_penalty
        failing = [w for w in range(instance.workloads) if np.isfinite(penalty[w])]
        names = [f"run_{h}_{w}_{j}" for h in hours for w, j in cells]
        names += [f"unserved_{h}_{w}" for h in hours for w in failing]
        columns = list(self.problem.add_variable_dict("%s", names, lowBound=0).values())
        costs = [unit * float(instance.running_cost[p, w, j]) for w, j in cells] * len(hours)
        costs += [unit * float(penalty[w]) for w in failing] * len(hours)
        self.objective += zip(columns, costs, strict=True)
        unserved_from = len(hours) * len(cells)
        service = [self._service(w, cells, failing) for w in range(instance.workloads)]
        shares, quotas = self._shares(cells), self._quotas(p, cells)
        pools = self._pools(p, cells)
        add, demand = self.problem.addConstraint, (instance.demand[hours.start : hours.stop] / GPUS).tolist()
        for number, wanted in enumerate(demand):
            base = number * len(cells)
            run = columns[base : base + len(cells)]
            undone = columns[unserved_from + number * len(failing) : unserved_from + (number + 1) * len(failing)]
            run += undone
            for w, row in enumerate(service):
                add(lpSum_vars_coefs([(run[i], a) for i, a in row]) >= wanted[w])
            for places, held in pools:
                add(lpSum_vars_coefs([(run[i], 1.0) for i in places] + held) <= 0)
            for places, held, most in quotas:
                add(lpSum_vars_coefs([(run[i], 1.0) for i in places] + held) <= most)
            for w, row, share in shares:
                add(lpSum_vars_coefs([(run[i], a) for i, a in row]) <= share * wanted[w])

    def _service(self, w: int, cells: list[tuple[int, int]], failing: list[int]) -> list[tuple[int, float]]:
        effect = self.instance.effectiveness
        row = [(i, float(effect[w, j])) for i, (v, j) in enumerate(cells) if v == w]
        return row + ([(len(cells) + failing.index(w), 1.0)] if w in failing else [])

    def _pools(self, p: int, cells: list[tuple[int, int]]) -> list[tuple[list[int], Terms]]:
        instance = self.instance
        rows = []
        for k, supply in enumerate(instance.pool_supply):
            held = [(self.capacity[k, p], -float(instance.usable_gpus[k]) / GPUS)]
            rows.append(([i for i, (_, j) in enumerate(cells) if j == supply], held))
        return [row for row in rows if row[0]]

    def _quotas(self, p: int, cells: list[tuple[int, int]]) -> list[tuple[list[int], Terms, float]]:
        rows = []
        for limit in self.instance.rental_limits:
            pairs = zip(limit.pools, limit.gpus_per_unit, strict=True)
            held = [(self.capacity[k, p], gpus / GPUS) for k, gpus in pairs]
            rows.append(([i for i, (_, j) in enumerate(cells) if j in limit.markets], held, limit.max_gpus / GPUS))
        return [row for row in rows if row[0] or row[1]]

    def _shares(self, cells: list[tuple[int, int]]) -> list[tuple[int, list[tuple[int, float]], float]]:
        instance = self.instance
        rows = []
        for w in np.flatnonzero(instance.spot_max_share < 1).tolist():
            row = [
                (i, float(instance.effectiveness[w, j]))
                for i, (v, j) in enumerate(cells)
                if v == w and instance.is_spot[j]
            ]
            rows.append((w, row, float(instance.spot_max_share[w])))
        return [row for row in rows if row[1]]


def built(instance: Instance, every_column: bool) -> LpProblem:
    """The programme."""
    able = (instance.effectiveness > 0)[None] & instance.offered
    hourly = Hourly(instance)
    hourly.add_held_rows()
    hourly.add_hours(able if every_column else useful(instance))
    hourly.problem.setObjective(lpSum_vars_coefs(hourly.objective))
    return hourly.problem


def ours(instance: Instance) -> tuple[LpProblem, float]:
    """What `hybrid_lp` itself writes out when an instance is small, and its money unit."""
    from hybrid_lp.build import written_out
    from hybrid_lp.levels import distinct_hours

    programme = written_out(instance, distinct_hours(instance), useful(instance))
    return programme.problem, programme.money_unit


def write_orders(folder: Path | None, problem: LpProblem) -> None:
    """The plan of a rival: what to order when. Ours writes far more."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        pairs = ((column.name, column.varValue) for column in problem.variables())
        rows = chain(("column,value",), (f"{name},{value}" for name, value in pairs if name.startswith("order_")))
        (folder / "orders.csv").write_text("\n".join(rows))


def main() -> None:
    """Read, build, solve, write, report."""
    from planner.api import read_inputs

    parser = rival_arguments(__doc__)
    parser.add_argument("--all-columns", action="store_true", help="keep ways of serving that are never worth it")
    parser.add_argument("--ours", action="store_true", help="build by hybrid_lp.build.written_out instead")
    chosen = parser.parse_args()
    instance = read_inputs(chosen.folder / "forecast.csv", chosen.folder / "assumptions.yaml").prepared.instance
    whole = bool(instance.whole.any()) and not chosen.relax
    started, cpu = time.perf_counter(), time.process_time()
    problem, money = ours(instance) if chosen.ours else (built(instance, chosen.all_columns), MONEY)
    ready = time.perf_counter()
    solver = HiGHS(msg=False, mip=whole, timeLimit=chosen.time_limit, gapRel=chosen.gap, gapAbs=0.0)
    stats = problem.solve(solver)
    solved, cpu = time.perf_counter(), time.process_time() - cpu
    write_orders(chosen.output, problem)
    finished = stats.status == LpSolveStatus.Optimal
    known = stats.has_solution and (finished or whole)
    objective = float(stats.objective) * money if known and stats.objective is not None else None
    gap = None if not known else 0.0 if not whole else _gap(stats)
    size = problem.numVariables()
    Figures(ready - started, solved - ready, objective, gap, size, finished, cpu).show()


def _gap(stats: Any) -> float | None:
    if stats.best_bound is None or stats.objective is None:
        return None
    return float(abs(stats.objective - stats.best_bound) / max(abs(stats.objective), 1e-9))


if __name__ == "__main__":
    main()
