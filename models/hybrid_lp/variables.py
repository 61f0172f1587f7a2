"""The variables of the programme. Those that could only be 0 do not exist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pulp import LpProblem, LpVariable

from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import Levels


@dataclass(frozen=True)
class Variables:
    """Columns by their indices."""

    order: dict[tuple[int, int], LpVariable]
    """order[pool, period]  units ordered."""
    capacity: dict[tuple[int, int], LpVariable]
    """capacity[pool, period]  units in service, a variable of its own."""
    run: dict[tuple[int, int, int], LpVariable]
    """run[level, workload, supply]  GPUs occupied, in the programme's GPU unit."""
    unserved: dict[tuple[int, int], LpVariable]
    """unserved[level, workload]  reference GPUs, in the programme's GPU unit; only where there is a penalty."""


def add_variables(
    problem: LpProblem, instance: Instance, levels: Levels, useful: Booleans, *, relax: bool
) -> Variables:
    """Create all columns. useful[period, workload, supply] says which supplies a workload would ever run on."""
    order: dict[tuple[int, int], LpVariable] = {}
    for k, p in zip(*np.nonzero(instance.order_max > 0), strict=True):
        most = instance.order_max[k, p]
        order[int(k), int(p)] = problem.add_variable(
            f"order_{k}_{p}",
            float(instance.order_min[k, p]),
            float(most) if np.isfinite(most) else None,
            "Integer" if instance.whole[k] and not relax else "Continuous",
        )
    reachable = instance.capacity(np.where(instance.order_max > 0, 1.0, 0.0)) > 0
    capacity = _batch2(problem, "capacity", list(zip(*np.nonzero(reachable), strict=True)))
    usable = instance.is_market[:, None] | (instance.supply_gpus(reachable.astype(np.float64)) > 0)
    able = useful & usable.T[:, None, :]
    run = _run(problem, levels, able)
    may_fail = np.isfinite(instance.unserved_penalty)
    failing = may_fail & (levels.demand > 0)
    unserved = _batch2(problem, "unserved", list(zip(*np.nonzero(failing), strict=True)))
    return Variables(order, capacity, run, unserved)


def values(columns: dict[tuple[int, int], LpVariable], shape: tuple[int, int]) -> Floats:
    """The solved values of two-index columns as an array; 0 where there is no column."""
    result = np.zeros(shape)
    for index, column in columns.items():
        value = column.varValue
        result[index] = 0.0 if value is None else value
    return result


def _run(problem: LpProblem, levels: Levels, able: Booleans) -> dict[tuple[int, int, int], LpVariable]:
    per_level = able[levels.period] & (levels.demand > 0)[:, :, None]
    index = [(int(level), int(w), int(j)) for level, w, j in zip(*np.nonzero(per_level), strict=True)]
    return problem.add_variable_dict("run_%s_%s_%s", index, lowBound=0) if index else {}


def _batch2(problem: LpProblem, name: str, index: list[tuple[int, int]]) -> dict[tuple[int, int], LpVariable]:
    pairs = [(int(first), int(second)) for first, second in index]
    return problem.add_variable_dict(f"{name}_%s_%s", pairs, lowBound=0) if pairs else {}
