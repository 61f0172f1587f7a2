"""The least cost of one hour, for many hours at once: a dual simplex in which hours with the same basis move together.

With capacity given, an hour is a small linear programme, and hours differ only in its right-hand side. A basis that is
optimal for one hour is optimal for every hour where it stays feasible ("bunching": R. Wets, in Ermoliev & Wets,
Numerical Techniques for Stochastic Optimization, 1988). All hours start at a dual feasible basis; those for which it
is feasible are done, the others leave by their most negative row, and since the entering column depends on basis and
row alone, they travel in bunches. Each basis is factored once, whatever the number of hours; all pivots that are new in
a step are made together. Hours that are charged differently share what was factored, and are moved in the same steps:
what a basis costs is known for each of the costs under which it is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybrid_lp.arrays import grown, runs
from hybrid_lp.bases import Bases
from hybrid_lp.instance import Floats, Integers

_PIVOT = 1e-9
"""Smallest pivot taken, relative to coefficients of the order of 1."""
_NUDGE = 1e-10
"""Change of the costs, relative to a typical one and different for each column, that keeps the simplex from cycling."""
_GOLDEN = 0.6180339887498949
_BUNCH = 24
"""Items of one basis from which on they are multiplied by its inverse as one matrix, rather than each by a copy."""
_CHUNK_VALUES = 4_000_000
"""Values in one matrix product: bounds memory."""
_LENGTH = 2e-9
"""Share of how far to go below which a piece is as long as rounding."""
_UNKNOWN = -1
ABSENT = -1
"""Of a column or basis of another simplex: there is none like it."""
AS_SLACK = -2
"""Of a slack of another simplex: its row is not there."""


@dataclass(frozen=True)
class Basic:
    """The basic columns of some items and their values: all other columns are 0."""

    items: slice
    """Which of the items these are."""
    columns: Integers
    """columns[item, row]; those ≥ the number of structural columns are slacks."""
    values: Floats
    """values[item, row] of the basic columns, ≥ 0."""


@dataclass(frozen=True)
class Stretch:
    """Pieces of a convex cost, those of one item in the order in which they follow each other."""

    item: Integers
    """item[piece]."""
    length: Floats
    """length[piece]."""
    basis: Integers
    """basis[piece]: optimal along the piece."""


class BunchedSimplex:
    """min c·x subject to A x ≤ b, x ≥ 0, with c ≥ 0, for many b and some c. Remembers every basis that it met.

    Its bases are numbered with the cost under which they are met: basis i < number of costs is that of all slacks under
    cost i.
    """

    nudge: Floats
    """nudge[cost]: most by which a cost of a column was changed to keep the simplex from cycling."""

    def __init__(self, bases: Bases, costs: Floats) -> None:
        """bases: of A, which others may share. costs[cost, column] ≥ 0: the basis of all slacks is dual feasible."""
        columns, rows = bases.structural, len(bases.matrix)
        self.columns = columns
        spread = (1 + np.arange(1, columns + 1) * _GOLDEN % 1) / 2
        nudge = _NUDGE * _typical(costs)[:, None] * spread
        self.nudge = nudge.max(axis=1, initial=0.0)
        slacks = np.zeros((len(costs), rows))
        self._given = np.hstack([costs, slacks])
        self._cost = np.hstack([costs + nudge, slacks])
        self._begin(bases)

    def _begin(self, bases: Bases) -> None:
        """Know nothing but the basis of all slacks."""
        rows = len(bases.matrix)
        self._bases = bases
        self._count = 0
        self._number = np.empty(1, dtype=np.int64)
        """_number[basis]: that of `bases`."""
        self._under = np.empty(1, dtype=np.int64)
        """_under[basis]: the cost under which it is met."""
        self._prices, self._exact = np.empty((1, rows)), np.empty((1, rows))
        """prices[basis, row]: what one more unit of the right-hand side costs (≤ 0: it only ever helps), by the nudged
        costs and by those given; times a right-hand side, the cost of the basis there."""
        self._following = np.empty((1, rows), dtype=np.int64)
        """_following[basis, row]: where the leaving row leads."""
        self._useful = np.zeros(1, dtype=np.bool_)
        """_useful[basis]: was it where some item ended, here or where it was taken from? Others were only passed."""
        self._known: dict[int, int] = {}
        every = np.arange(len(self._cost))
        self._remember(np.zeros_like(every), every)
        self._useful[every] = True

    @property
    def costs(self) -> int:
        """Number of costs."""
        return len(self._cost)

    def cost_of(self, numbers: Integers) -> Integers:
        """cost[basis] under which each is met."""
        return self._under[numbers]

    @property
    def knows_slacks_only(self) -> bool:
        """Was no other basis met yet?"""
        return self._count == len(self._cost)

    def solve(self, right_hand_sides: Floats, start: Integers) -> Integers:
        """basis[item] optimal for right_hand_sides[row, item], from start[item] and under the cost of that.

        Raises RuntimeError where an item has no feasible solution; callers give every row a column that can.
        """
        basis = start.copy()
        step = max(_CHUNK_VALUES // max(len(right_hand_sides), 1), 1)
        for first in range(0, len(basis), step):
            sides, chunk = right_hand_sides[:, first : first + step], basis[first : first + step]
            tolerance = 1e-10 * max(float(np.abs(sides).max(initial=0.0)), 1e-300)
            items = np.arange(len(chunk))
            while len(items):
                value, leaving = self._most_negative(sides, items, chunk[items])
                infeasible = value < -tolerance
                items = items[infeasible]
                chunk[items] = self._follow(chunk[items], leaving[infeasible])
        self._useful[basis] = True
        return basis

    def _most_negative(self, sides: Floats, items: Integers, basis: Integers) -> tuple[Floats, Integers]:
        """(value[item], row[item]) of the smallest basic column of some items of the sides, at basis[item]."""
        value, row = np.empty(len(items)), np.empty(len(items), dtype=np.int64)
        for where, values in self._products(sides, items, basis):
            least = values.argmin(axis=0)
            row[where], value[where] = least, values[least, np.arange(len(where))]
        return value, row

    def _products(self, sides: Floats, items: Integers, basis: Integers) -> Iterator[tuple[Integers, Floats]]:
        """(which of the items, values[row, which] of the basic columns at basis[item]), until all were there.

        Items of one basis are one product of matrices; those with few of their kind are many products, made together.
        """
        numbers = self._number[basis]
        few = np.int16 if self._bases.count < np.iinfo(np.int16).max else np.int64
        order = np.argsort(numbers.astype(few), kind="stable")  # Of short numbers it is a radix sort.
        count = np.bincount(numbers, minlength=self._bases.count)
        end = count.cumsum()
        for number in (count >= _BUNCH).nonzero()[0].tolist():
            where = order[end[number] - count[number] : end[number]]
            yield where, self._bases.inverse_of(number) @ sides[:, items[where]]
        alone = order[count[numbers[order]] < _BUNCH]
        most = max(_CHUNK_VALUES // max(len(sides), 1) ** 2, 1)
        for part, inverse in self._bases.parts(numbers[alone], most):
            where = alone[part]
            yield where, np.matmul(inverse, sides.T[items[where], :, None])[:, :, 0].T

    def stretch(
        self, right_hand_sides: Floats, direction: Floats, start: Integers, most: Floats, dearest: Floats
    ) -> Stretch:
        """How the least cost of each item grows with y, at right_hand_sides[row, item] + y · direction[row].

        start[item]: the optimal basis at y = 0. most[item]: how far to go; dearest[item]: the first piece, longer than
        rounding, on which a unit of y costs more than this is the last one. The cost is convex in y: its pieces, in
        order, each with the basis that is optimal there (parametric dual simplex, hours of one basis together).
        """
        items = np.arange(len(start))
        basis, done = start.copy(), np.zeros(len(start))
        pieces: list[tuple[Integers, Floats, Integers]] = []
        while len(items):
            length, leaving = np.empty(len(items)), np.empty(len(items), dtype=np.int64)
            moved = right_hand_sides[:, items] + direction[:, None] * done[items]
            numbers, which = np.unique(basis[items], return_inverse=True)
            steps = np.empty((len(direction), len(numbers)))
            along = np.broadcast_to(direction[:, None], steps.shape)
            for where, step in self._products(along, np.arange(len(numbers)), numbers):
                steps[:, where] = step
            for where, values in self._products(moved, np.arange(len(items)), basis[items]):
                step = steps[:, which[where]]
                reach = np.full(step.shape, np.inf)
                np.divide(np.maximum(values, 0.0), -step, out=reach, where=step < -_PIVOT)
                row = reach.argmin(axis=0)
                limit = reach[row, np.arange(len(where))]
                left = most[items[where]] - done[items[where]]
                length[where] = np.minimum(limit, left)
                leaving[where] = np.where(limit < left, row, _UNKNOWN)
            pieces.append((items, length, basis[items].copy()))
            done[items] += length
            dear = ((self._prices[numbers] @ direction)[which] > dearest[items]) & (length > _LENGTH * most[items])
            going = (leaving >= 0) & ~dear
            items = items[going]
            basis[items] = self._follow(basis[items], leaving[going])
        return Stretch(*(np.concatenate([piece[part] for piece in pieces]) for part in range(3)))

    def adopt(self, other: BunchedSimplex, basis: Integers, under: Integers, place: Integers | None = None) -> Integers:
        """number[i] of basis[i] of another under the cost under[i]; ABSENT where it is no basis, or not dual feasible.

        place[column of the other]: which column it is here, ABSENT, or AS_SLACK where it is the slack of a row that is
        not here; rows that are only here have their slack basic. Coefficients that both have must be the same.
        """
        pairs, which = np.unique(other._number[basis] * len(self._cost) + under, return_inverse=True)
        there, cost = np.divmod(pairs, len(self._cost))
        found = np.full(len(pairs), ABSENT)
        if place is not None:
            there, fits = self._translated(other, there, place)
        elif other._bases is self._bases:
            fits = np.arange(len(pairs))
        else:
            fits = np.flatnonzero(self._is_feasible(other._bases, there, cost))
            there = self._bases.take(other._bases, there[fits])
        cost = cost[fits]
        keys = (there * len(self._cost) + cost).tolist()
        new = np.array([key not in self._known for key in keys], dtype=np.bool_)
        chosen = np.flatnonzero(new)
        chosen = chosen[self._is_feasible(self._bases, there[chosen], cost[chosen])]
        self._remember(*self._new(there[chosen], cost[chosen]))
        found[fits] = [self._known.get(key, ABSENT) for key in keys]
        self._useful[found[found >= 0]] = True
        numbers: Integers = found[which]
        return numbers

    def _translated(self, other: BunchedSimplex, there: Integers, place: Integers) -> tuple[Integers, Integers]:
        """(number of those bases of another that are bases here, which they are): see `adopt`."""
        rows = len(self._bases.matrix)
        columns = place[other._bases.columns(there)]
        only_here = np.setdiff1d(np.arange(self.columns, self.columns + rows), place)
        kept = columns.shape[1] - int((place == AS_SLACK).sum())
        # All rows that are not here must have had their slack basic, and all other basic columns must be here.
        fits = np.flatnonzero(
            (columns != ABSENT).all(axis=1) & ((columns == AS_SLACK).sum(axis=1) == columns.shape[1] - kept)
        )
        chosen = np.sort(columns[fits], axis=1)[:, columns.shape[1] - kept :]
        added = np.broadcast_to(only_here, (len(fits), len(only_here)))
        full = np.sort(np.hstack([chosen, added]), axis=1)
        return (self._bases.find(full) if len(fits) else np.zeros(0, dtype=np.int64)), fits

    def _is_feasible(self, bases: Bases, numbers: Integers, cost: Integers) -> NDArray[np.bool_]:
        """feasible[i]: is a basis of `bases`, which have this matrix, dual feasible under the cost[i]?"""
        feasible = np.zeros(len(numbers), dtype=np.bool_)
        step = max(_CHUNK_VALUES // self._bases.matrix.size, 1)
        for first in range(0, len(numbers), step):
            part = slice(first, first + step)
            columns = bases.columns(numbers[part])
            prices = _times(self._cost[cost[part, None], columns], bases.inverse(numbers[part]))
            reduced = self._cost[cost[part]] - prices @ self._bases.matrix
            np.put_along_axis(reduced, columns, 0.0, axis=1)
            feasible[part] = (reduced >= 0).all(axis=1)
        return feasible

    def has_coefficients_of(self, other: BunchedSimplex, place: Integers) -> bool:
        """Are the coefficients the same where both have row and column? Otherwise a basis there may be none here."""
        columns, slacks = place[: other.columns], place[other.columns :]
        there = np.ix_(slacks >= 0, columns >= 0)
        here = np.ix_(slacks[slacks >= 0] - self.columns, columns[columns >= 0])
        return np.array_equal(self._bases.matrix[here], other._bases.matrix[:, : other.columns][there])

    def met_under(self, cost: int) -> Integers:
        """Every basis met under a cost."""
        met: Integers = (self._under[: self._count] == cost).nonzero()[0]
        return met

    def keeping(self, basis: Integers) -> BunchedSimplex:
        """A copy that remembers the bases of all slacks and these, with bases of its own."""
        kept = copy(self)
        bases = Bases(self._bases.matrix[:, : self.columns])
        taken = bases.take(self._bases, self._number[basis])
        kept._begin(bases)
        kept._remember(*kept._new(taken, self._under[basis]))
        kept._useful[: kept._count] = True
        return kept

    def nearest(self, right_hand_sides: Floats, under: Integers) -> Integers:
        """basis[item]: of the useful ones under the cost under[item], that with the highest bound: where to start."""
        start = under.copy()
        useful = self._useful[: self._count].nonzero()[0]
        met = useful[np.argsort(self._under[useful], kind="stable")]
        last = np.bincount(self._under[useful], minlength=len(self._cost)).cumsum()
        items = np.argsort(under, kind="stable")
        for cost, part in zip(*runs(under[items]), strict=True):
            known = met[last[cost - 1] if cost else 0 : last[cost]]
            prices = self._prices[known]
            step = max(_CHUNK_VALUES // len(known), 1)
            for first in range(part.start, part.stop, step):
                at = items[first : min(first + step, part.stop)]
                start[at] = known[(prices @ right_hand_sides[:, at]).argmax(axis=0)]
        return start

    def basic(self, right_hand_sides: Floats, basis: Integers) -> Iterator[Basic]:
        """The basic columns of all items at basis[item], some at a time: memory stays bounded."""
        rows = len(right_hand_sides)
        step = max(_CHUNK_VALUES // max(rows, 1), 1)
        for first in range(0, len(basis), step):
            chunk = slice(first, min(first + step, len(basis)))
            numbers = self._number[basis[chunk]]
            values = np.empty((len(numbers), rows))
            for where, product in self._products(right_hand_sides, np.arange(chunk.start, chunk.stop), basis[chunk]):
                values[where] = product.T
            yield Basic(chunk, self._bases.columns(numbers), np.maximum(values, 0.0))

    def prices(self, numbers: Integers) -> tuple[Floats, Floats]:
        """bounds[basis, row] and exact[basis, row]: dual values of each basis.

        `exact`, times a right-hand side for which the basis is optimal, is its cost. `bounds`, times any right-hand
        side, is at most the cost there plus `nudge` times the sum of the columns.
        """
        return self._prices[numbers], self._exact[numbers]

    def basic_in(self, numbers: Integers, columns: Integers) -> NDArray[np.bool_]:
        """basic[basis]: is any of these columns basic there?"""
        wanted = np.zeros(self._bases.matrix.shape[1], dtype=np.bool_)
        wanted[columns] = True
        basic: NDArray[np.bool_] = wanted[self._bases.columns(self._number[numbers])].any(axis=1)
        return basic

    def _follow(self, basis: Integers, row: Integers) -> Integers:
        """basis[item] that follows when the item's row leaves."""
        following = self._following[basis, row]
        new = following == _UNKNOWN
        if new.any():
            pairs = np.unique(basis[new] * self._following.shape[1] + row[new])
            step = max(_CHUNK_VALUES // self._bases.matrix.size, 1)
            for first in range(0, len(pairs), step):
                self._enter(*np.divmod(pairs[first : first + step], self._following.shape[1]))
            following = self._following[basis, row]
        return following

    def _enter(self, basis: Integers, row: Integers) -> None:
        """Dual ratio test of each pair (basis, leaving row): the entering column keeps every reduced cost ≥ 0."""
        each, numbers = np.arange(len(basis)), self._number[basis]
        columns = self._bases.columns(numbers)
        reduced = np.maximum(self._cost[self._under[basis]] - self._prices[basis] @ self._bases.matrix, 0.0)
        tableau_row = self._bases.inverse_row(numbers, row) @ self._bases.matrix
        np.put_along_axis(tableau_row, columns, 0.0, axis=1)
        can = tableau_row < -_PIVOT
        if not can.any(axis=1).all():
            raise RuntimeError("an hour has no feasible operation although every row can be met: a bug")
        ratios = np.full(reduced.shape, np.inf)
        np.divide(reduced, -tableau_row, out=ratios, where=can)
        close = ratios <= ratios.min(axis=1, keepdims=True) * (1 + 1e-13)  # Equal costs differ by their nudge.
        columns[each, row] = np.where(close & can, tableau_row, np.inf).argmin(axis=1)
        columns.sort(axis=1)
        found, under = self._bases.find(columns), self._under[basis]
        self._remember(*self._new(found, under))
        keys = found * len(self._cost) + under
        self._following[basis, row] = [self._known[key] for key in keys.tolist()]

    def _new(self, numbers: Integers, under: Integers) -> tuple[Integers, Integers]:
        """Those of these pairs of basis and cost that were not met yet, each once."""
        keys = dict.fromkeys((numbers * len(self._cost) + under).tolist())
        new = np.array([key for key in keys if key not in self._known], dtype=np.int64)
        return np.divmod(new, len(self._cost))

    def _remember(self, numbers: Integers, under: Integers) -> None:
        """Know these bases under these costs too, which are dual feasible and not known yet."""
        count = self._count + len(numbers)
        if count > len(self._number):
            room = max(2 * len(self._number), count)
            self._number, self._under = grown(self._number, room), grown(self._under, room)
            self._following = grown(self._following, room)
            self._prices, self._exact = grown(self._prices, room), grown(self._exact, room)
            self._useful = grown(self._useful, room)
        columns, new = self._bases.columns(numbers), slice(self._count, count)
        inverse = self._bases.inverse(numbers)
        self._number[new], self._under[new], self._following[new] = numbers, under, _UNKNOWN
        self._useful[new] = False
        self._prices[new] = _times(self._cost[under[:, None], columns], inverse)
        self._exact[new] = _times(self._given[under[:, None], columns], inverse)
        keys = (numbers * len(self._cost) + under).tolist()
        self._known.update(zip(keys, range(self._count, count), strict=True))
        self._count = count


def _typical(costs: Floats) -> Floats:
    """typical[cost]: the median of those above 0; 1 where there is none."""
    positive = np.where(costs > 0, costs, np.inf)
    positive.sort(axis=1)
    count = np.isfinite(positive).sum(axis=1)
    each = np.arange(len(costs))
    if costs.shape[1] == 0:
        return np.ones(len(costs))
    low, high = positive[each, np.maximum(count - 1, 0) // 2], positive[each, np.minimum(count // 2, len(costs[0]) - 1)]
    return np.where(count > 0, (low + np.where(count > 0, high, 0.0)) / 2, 1.0)


def _times(costs: Floats, inverse: Floats) -> Floats:
    """prices[basis, row] of costs[basis, row] of the basic columns."""
    product: Floats = np.matmul(costs[:, None, :], inverse)[:, 0]
    return product
