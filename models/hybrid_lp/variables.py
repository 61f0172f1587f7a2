"""The variables of the programme. Those that could only be 0 do not exist."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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
    run: dict[tuple[int, int, int], LpVariable] = field(default_factory=dict)
    """run[level, workload, supply]  GPUs occupied, in the programme's GPU unit."""
    unserved: dict[tuple[int, int], LpVariable] = field(default_factory=dict)
    """unserved[level, workload]  reference GPUs, in the programme's GPU unit; only where there is a penalty."""
    operating: tuple[LpVariable, ...] = ()
    """operating[period]  money units: cost of the period's hours, where these are not written out."""


def add_holdings(problem: LpProblem, instance: Instance) -> Variables:
    """Create the columns of what is ordered and held."""
    order: dict[tuple[int, int], LpVariable] = {}
    for k, p in zip(*np.nonzero(instance.order_max > 0), strict=True):
        most = instance.order_max[k, p]
        order[int(k), int(p)] = problem.add_variable(
            f"order_{k}_{p}",
            float(instance.order_min[k, p]),
            float(most) if np.isfinite(most) else None,
            "Integer" if instance.whole[k] else "Continuous",
        )
    index = list(zip(*np.nonzero(_reachable(instance)), strict=True))
    return Variables(order, _pairs(problem, "capacity", index))


def add_hours(problem: LpProblem, instance: Instance, levels: Levels, useful: Booleans, held: Variables) -> Variables:
    """Add the columns of what runs in each level. useful[period, workload, supply]: where a workload would ever run."""
    usable = instance.is_market[:, None] | (instance.supply_gpus(_reachable(instance).astype(np.float64)) > 0)
    able = useful & usable.T[:, None, :]
    per_level = able[levels.period] & (levels.demand > 0)[:, :, None]
    index = [(int(level), int(w), int(j)) for level, w, j in zip(*np.nonzero(per_level), strict=True)]
    run = problem.add_variable_dict("run_%s_%s_%s", index, lowBound=0) if index else {}
    failing = np.isfinite(instance.unserved_penalty) & (levels.demand > 0)
    unserved = _pairs(problem, "unserved", list(zip(*np.nonzero(failing), strict=True)))
    return replace(held, run=run, unserved=unserved)


def add_operating(problem: LpProblem, instance: Instance, held: Variables) -> Variables:
    """Add one column per period that stands for the cost of its hours."""
    operating = tuple(problem.add_variable(f"operating_{p}", 0) for p in range(instance.periods))
    return replace(held, operating=operating)


def values(columns: dict[tuple[int, int], LpVariable], shape: tuple[int, int]) -> Floats:
    """The solved values of two-index columns as an array; 0 where there is no column."""
    result = np.zeros(shape)
    for index, column in columns.items():
        value = column.varValue
        result[index] = 0.0 if value is None else value
    return result


def _reachable(instance: Instance) -> Booleans:
    """reachable[pool, period]: can a unit be in service then?"""
    reachable: Booleans = instance.capacity(np.where(instance.order_max > 0, 1.0, 0.0)) > 0
    return reachable


def _pairs(problem: LpProblem, name: str, index: list[tuple[int, int]]) -> dict[tuple[int, int], LpVariable]:
    pairs = [(int(first), int(second)) for first, second in index]
    return problem.add_variable_dict(f"{name}_%s_%s", pairs, lowBound=0) if pairs else {}
