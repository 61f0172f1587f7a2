"""Several deferrable workloads: where their work runs is one linear programme for the hours of a period.

One such workload is placed by the pieces of the cost of its levels (`defer.py`). Of several, what one takes changes
what the others cost, in all levels of their blocks, and blocks of different lengths chain a whole period together.
With capacity given periods stay apart: the programme of one is that of its levels, in which the service rows of
deferrable work are those of blocks. It is kept, and goes on from its last basis: only costs and right-hand sides
change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid_lp.costing import Costing
from hybrid_lp.defer import Placed
from hybrid_lp.hour import HourRows, hour_columns
from hybrid_lp.instance import Booleans, Floats, Instance, Integers
from hybrid_lp.levels import Levels

_TOLERANCE = 1e-9
"""Feasibility asked of HiGHS, primal and dual, with demand of up to 100 and a typical cost of 1."""


class Placing:
    """Places deferrable work in given levels, for any capacity and costs."""

    def __init__(self, instance: Instance, rows: HourRows, useful: Booleans, levels: Levels) -> None:
        """useful[class, workload, supply] as from `merge.useful`."""
        self._instance, self._rows, self.levels = instance, rows, levels
        there = np.unique(levels.period).tolist()  # Parts of the levels do not have every period.
        self._periods = [(p, _Period.of(instance, rows, useful, levels, p)) for p in there]

    def place(self, by_period: Floats, costing: Costing) -> Placed:
        """The demand of every level that costs least, and a bound on other capacities.

        by_period[row of the hour, period]: right-hand sides without demand, with what is in service.

        Raises RuntimeError where the solver has no answer.
        """
        instance, levels = self._instance, self.levels
        demand = levels.demand.copy()
        bound, slope = np.zeros(instance.periods), np.zeros((instance.periods, instance.pools))
        for p, period in self._periods:
            sides = self._rows.by_demand(demand[period.items]) + by_period[:, [p]]
            work, worth, price = period.solve(sides, costing)
            demand[np.ix_(period.items, period.movable)] = work
            bound[p] = worth
            slope[p] = price @ self._rows.per_unit
        return Placed(demand, None, bound, slope)


@dataclass(frozen=True)
class _Period:
    """min Σ_ℓ ω_ℓ c_ℓ·x_ℓ over the levels ℓ of one period, with the hour's rows A x_ℓ ≤ b_ℓ, x ≥ 0.

    Less the service rows of deferrable work; these are Σ_{ℓ∈B} ω_ℓ (a x_ℓ)_w ≥ Σ_{ℓ∈B} ω_ℓ d_ℓw for each of its blocks
    B, both sides by the hours of the block.
    """

    items: Integers
    """items[level]: which levels of all."""
    movable: Integers
    """Deferrable workloads."""
    kept: Integers
    """Rows of the hour that are rows of each level."""
    weight: Floats
    """weight[level]  hours, ω."""
    cost_class: Integers
    """cost_class[level]."""
    block: tuple[Integers, ...]
    """block[level]  of each deferrable workload, from 0."""
    work: tuple[Floats, ...]
    """work[block]  mean reference GPUs, of each deferrable workload."""
    level: Integers
    """level[column]."""
    workload: Integers
    """workload[column]."""
    effect: Floats
    """effect[column]  reference GPUs per unit of the column."""
    slowest: Floats
    """slowest[workload]: least of its columns' effects."""
    matrix: tuple[Integers, Integers, Floats]
    """(row, column, value) of each coefficient: the rows of the levels in their order, then those of blocks."""
    model: _Model

    @classmethod
    def of(cls, instance: Instance, rows: HourRows, useful: Booleans, levels: Levels, period: int) -> _Period:
        """The programme of one period."""
        items = np.flatnonzero(levels.period == period)
        weight, cost_class = levels.weight_hours[items], levels.cost_class[items]
        movable = np.array(list(levels.block), dtype=np.int64)
        kept = np.setdiff1d(np.arange(len(rows.constant)), movable)
        block = tuple(np.unique(levels.block[w][items], return_inverse=True)[1] for w in movable.tolist())
        hours = [np.bincount(of_level, weights=weight) for of_level in block]
        work = tuple(
            np.bincount(of_level, weights=weight * levels.demand[items, w]) / total
            for w, of_level, total in zip(movable.tolist(), block, hours, strict=True)
        )
        # Where each row of the hour stands, and what its coefficients are times.
        row_of = np.zeros((len(rows.constant), len(items)), dtype=np.int64)
        row_of[kept] = np.arange(len(items)) * len(kept) + np.arange(len(kept))[:, None]
        factor = np.ones(row_of.shape)
        height = len(items) * len(kept)
        for w, of_level, total in zip(movable.tolist(), block, hours, strict=True):
            row_of[w], factor[w] = height + of_level, weight / total[of_level]
            height += len(total)
        columns = {int(c): hour_columns(useful[c]) for c in np.unique(cost_class)}
        width = np.array([len(columns[int(c)][0]) for c in cost_class], dtype=np.int64)
        first = np.cumsum(width) - width
        level = np.repeat(np.arange(len(items)), width)
        workload, effect = np.empty(len(level), dtype=np.int64), np.empty(len(level))
        coefficients: list[tuple[Integers, Integers, Floats]] = []
        for c, (of_column, supply) in columns.items():
            here = np.flatnonzero(cost_class == c)
            at = first[here][:, None] + np.arange(len(of_column))
            workload[at] = of_column
            effect[at] = np.where(supply < 0, 1.0, instance.effectiveness[of_column, supply])
            of_hour = rows.matrix(of_column[supply >= 0], supply[supply >= 0])
            r, k = np.nonzero(of_hour)
            values = factor[r][:, here] * of_hour[r, k][:, None]
            coefficients.append((row_of[r][:, here].ravel(), at[:, k].T.ravel(), values.ravel()))
        row, column, value = (np.concatenate(parts) for parts in zip(*coefficients, strict=True))
        slowest = np.ones(instance.workloads)
        np.minimum.at(slowest, workload, effect)
        gpus = float(instance.demand.max(initial=0.0)) / 100 or 1.0
        matrix = (row, column, value)
        model = _Model(matrix, height, len(level), gpus)
        return cls(
            items, movable, kept, weight, cost_class, block, work, level, workload, effect, slowest, matrix, model
        )

    def solve(self, sides: Floats, costing: Costing) -> tuple[Floats, float, Floats]:
        """(work[level, deferrable workload], a bound on the cost, price[row of the hour] summed over the period).

        sides[row, level] of the hour's rows, with deferrable work as it is without being moved.
        """
        cost = self._costs(costing)
        right = np.concatenate([sides[self.kept].T.ravel(), *(-work for work in self.work)])
        value, price = self.model.solve(cost, right)
        row, column, coefficient = self.matrix
        excess = np.bincount(column, weights=coefficient * price[row], minlength=len(cost)) - cost
        # Rounding leaves prices that pay too much for a column. No least-cost operation has more of all columns than
        # every workload on its slowest supply: that often the worst excess is what the bound may be too high by.
        most = float(self.weight @ (-sides[: len(self.slowest)].T @ (1.0 / self.slowest)))
        worth = float(price @ right) - max(float((excess / self.weight[self.level]).max(initial=0.0)), 0.0) * most
        by_row = np.zeros(len(sides))
        by_row[self.kept] = price[: len(self.items) * len(self.kept)].reshape(len(self.items), -1).sum(axis=0)
        return self._placed(value), worth, by_row

    def _costs(self, costing: Costing) -> Floats:
        """cost[column], times the hours of its level."""
        first = np.searchsorted(self.level, np.arange(len(self.items)))
        cost = np.empty(len(self.level))
        for c in np.unique(self.cost_class):
            here = np.flatnonzero(self.cost_class == c)
            of_hour = costing.charged(int(c))
            cost[first[here][:, None] + np.arange(len(of_hour))] = self.weight[here][:, None] * of_hour
        return cost

    def _placed(self, value: Floats) -> Floats:
        """work[level, deferrable workload]  as value[column] divides the work of each block, but for its rounding."""
        count, workloads = len(self.items), len(self.slowest)
        cells = self.level * workloads + self.workload
        done = np.bincount(cells, weights=self.effect * value, minlength=count * workloads).reshape(count, workloads)
        placed = np.empty((count, len(self.movable)))
        for index, (w, block, work) in enumerate(zip(self.movable, self.block, self.work, strict=True)):
            hours = np.bincount(block, weights=self.weight)
            mean = np.bincount(block, weights=self.weight * done[:, w]) / hours
            factor = np.divide(work, mean, out=np.zeros_like(work), where=mean > 0)
            placed[:, index] = np.where(mean[block] > 0, done[:, w] * factor[block], work[block])
        return placed


class _Model:
    """min c·x, A x ≤ b, x ≥ 0, solved by HiGHS again and again for other c and b."""

    def __init__(self, matrix: tuple[Integers, Integers, Floats], rows: int, columns: int, gpus: float) -> None:
        """matrix: (row, column, value) of each coefficient. gpus: the unit in which columns and rows are counted."""
        self._matrix, self._rows, self._columns, self._gpus = matrix, rows, columns, gpus
        self._highs: Any = None

    def solve(self, cost: Floats, right: Floats) -> tuple[Floats, Floats]:
        """(value[column] ≥ 0, price[row] ≤ 0), right up to the solver's tolerance."""
        import highspy

        money = float(np.median(cost[cost > 0])) if (cost > 0).any() else 1.0
        lowest, highest = np.full(self._rows, -highspy.kHighsInf), right / self._gpus
        if self._highs is None:
            self._highs = self._built(cost / money, lowest, highest)
        else:
            indices = np.arange(max(self._rows, self._columns), dtype=np.int32)
            self._highs.changeColsCost(self._columns, indices[: self._columns], cost / money)
            self._highs.changeRowsBounds(self._rows, indices[: self._rows], lowest, highest)
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # A basis that ended in trouble is not gone on from.
            self._highs.clearSolver()
            self._highs.run()
        solution = self._highs.getSolution()
        if not (solution.value_valid and solution.dual_valid):
            raise RuntimeError(f"deferrable work was not placed ({self._highs.getModelStatus()}): a bug")
        value = np.maximum(np.array(solution.col_value), 0.0) * self._gpus
        return value, np.minimum(np.array(solution.row_dual), 0.0) * money

    def _built(self, cost: Floats, lowest: Floats, highest: Floats) -> Any:
        import highspy

        row, column, value = self._matrix
        order = np.lexsort((row, column))
        problem = highspy.HighsLp()
        problem.num_col_, problem.num_row_ = self._columns, self._rows
        problem.col_cost_, problem.col_lower_ = cost, np.zeros(self._columns)
        problem.col_upper_ = np.full(self._columns, highspy.kHighsInf)
        problem.row_lower_, problem.row_upper_ = lowest, highest
        problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        problem.a_matrix_.start_ = np.searchsorted(column[order], np.arange(self._columns + 1)).astype(np.int32)
        problem.a_matrix_.index_ = row[order].astype(np.int32)
        problem.a_matrix_.value_ = value[order]
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("primal_feasibility_tolerance", _TOLERANCE)
        highs.setOptionValue("dual_feasibility_tolerance", _TOLERANCE)
        highs.passModel(problem)
        return highs
