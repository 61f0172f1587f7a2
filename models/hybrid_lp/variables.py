"""The variables of the programme. Those that could only be 0 do not exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from pulp import LpProblem, LpVariable

from hybrid_lp.holdings import Fractions, reachable
from hybrid_lp.instance import Booleans, Floats, Instance
from hybrid_lp.levels import Levels

Early = tuple[int, int, int]
"""pool, order period, leave period: units ordered in one period that are sold at the start of another."""


@dataclass(frozen=True)
class Variables:
    """Columns by their indices."""

    order: dict[tuple[int, int], LpVariable]
    """order[pool, period]  units ordered that stay to their end."""
    capacity: dict[tuple[int, int], LpVariable]
    """capacity[pool, period]  units in service, a variable of its own."""
    early: dict[Early, LpVariable] = field(default_factory=dict)
    """early[pool, order period, leave period]  units ordered that leave at the start of a period."""
    sold_held: dict[tuple[int, int], LpVariable] = field(default_factory=dict)
    """sold_held[held, leave period]  units held at the start that leave early."""
    opening: dict[tuple[int, int], LpVariable] = field(default_factory=dict)
    """opening[opening, period]  1 in the period in which a site opens."""
    people: dict[tuple[int, int], LpVariable] = field(default_factory=dict)
    """people[group, period]  whole people."""
    run: dict[tuple[int, int, int], LpVariable] = field(default_factory=dict)
    """run[level, workload, supply]  GPUs occupied, in the programme's GPU unit."""
    unserved: dict[tuple[int, int], LpVariable] = field(default_factory=dict)
    """unserved[level, workload]  reference GPUs, in the programme's GPU unit; only where there is a penalty."""
    operating: tuple[LpVariable, ...] = ()
    """operating[period]  money units: cost of the period's hours, where these are not written out."""
    used: dict[tuple[int, int], LpVariable] = field(default_factory=dict)
    """used[budget, period]  what the period's hours take of a budget, in its unit, where they are not written out."""

    @property
    def bought(self) -> list[tuple[tuple[int, int], LpVariable]]:
        """((pool, order period), column) of everything that orders: what stays, and what is sold early."""
        return [*self.order.items(), *(((k, p), column) for (k, p, _), column in self.early.items())]


def add_holdings(
    problem: LpProblem, instance: Instance, early: Iterable[Early] = (), fractions: Fractions = Fractions.NONE
) -> Variables:
    """Create the columns of what is ordered, sold, opened and held; integer where no fractions are allowed."""

    def kind(whole: bool, *exact: Fractions) -> Literal["Continuous", "Integer"]:
        return "Integer" if whole and fractions in (Fractions.NONE, *exact) else "Continuous"

    early = sorted(early)
    shared = {(k, p) for k, p, _ in early}
    counted = [_is_counted(instance, k) for k in range(instance.pools)]
    order: dict[tuple[int, int], LpVariable] = {}
    for k, p in zip(*np.nonzero(instance.order_max > 0), strict=True):
        index, most = (int(k), int(p)), instance.order_max[k, p]
        # Where units may also leave early, the bounds are those of both together: a row.
        least = 0.0 if index in shared else float(instance.order_min[k, p])
        upper = float(most) if np.isfinite(most) and index not in shared else None
        order[index] = problem.add_variable(f"order_{k}_{p}", least, upper, kind(bool(instance.whole[k])))
    return Variables(
        order,
        {
            (int(k), int(p)): problem.add_variable(f"capacity_{k}_{p}", 0, None, kind(counted[k]))
            for k, p in zip(*np.nonzero(reachable(instance)), strict=True)
        },
        early={
            index: problem.add_variable("early_{}_{}_{}".format(*index), 0, None, kind(bool(instance.whole[index[0]])))
            for index in early
        },
        sold_held={
            (number, p): problem.add_variable(f"sold_held_{number}_{p}", 0, None, kind(held.whole))
            for number, held in enumerate(instance.held)
            for p in held.leaving
        },
        opening={
            (number, p): problem.add_variable(
                f"opening_{number}_{p}", 0, 1, "Continuous" if fractions is Fractions.ALL else "Integer"
            )
            for number in range(len(instance.openings))
            for p in range(instance.periods)
        },
        people={
            (number, p): problem.add_variable(f"people_{number}_{p}", 0, None, kind(True, Fractions.SERVERS))
            for number in range(len(instance.people))
            for p in range(instance.periods)
        },
    )


def _is_counted(instance: Instance, pool: int) -> bool:
    """Is the pool's capacity declared to be whole? It is whole anyway; where units can leave early, only this is quick.

    Orders by when they leave are an interval matrix: with whole capacity their programme has whole corners (totally
    unimodular: Veinott & Wagner 1962), so that a search has to branch on capacity alone.
    """
    held = [entry for entry in instance.held if entry.pool == pool]
    whole = all(entry.units == round(entry.units) and (entry.whole or not entry.leaving) for entry in held)
    return bool(instance.whole[pool]) and pool in instance.sale_change and whole


def add_hours(problem: LpProblem, instance: Instance, levels: Levels, useful: Booleans, held: Variables) -> Variables:
    """Add the columns of what runs in each level. useful[class, workload, supply]: where a workload would ever run."""
    usable = instance.is_market[:, None] | (instance.supply_gpus(reachable(instance)) > 0)
    able = useful & usable.T[instance.period_of_class][:, None, :]
    per_level = able[levels.cost_class] & (levels.demand > 0)[:, :, None]
    index = [(int(level), int(w), int(j)) for level, w, j in zip(*np.nonzero(per_level), strict=True)]
    run = problem.add_variable_dict("run_%s_%s_%s", index, lowBound=0) if index else {}
    failing = np.isfinite(instance.unserved_penalty) & (levels.demand > 0)
    return replace(held, run=run, unserved=_columns(problem, "unserved", zip(*np.nonzero(failing), strict=True)))


def add_operating(problem: LpProblem, instance: Instance, held: Variables) -> Variables:
    """Add the columns that stand for what the hours of each period cost, and take of the budgets that couple them."""
    operating = tuple(problem.add_variable(f"operating_{p}", 0) for p in range(instance.periods))
    index = [(number, p) for number in instance.coupling for p in instance.budgets[number].periods]
    return replace(held, operating=operating, used=_columns(problem, "used", index))


def values(columns: dict[tuple[int, int], LpVariable], shape: tuple[int, int]) -> Floats:
    """The solved values of two-index columns as an array; 0 where there is no column."""
    result = np.zeros(shape)
    for index, column in columns.items():
        value = column.varValue
        result[index] = 0.0 if value is None else value
    return result


def _columns(problem: LpProblem, name: str, index: Iterable[tuple[int, int]]) -> dict[tuple[int, int], LpVariable]:
    pairs = [(int(first), int(second)) for first, second in index]
    return problem.add_variable_dict(f"{name}_%s_%s", pairs, lowBound=0) if pairs else {}
