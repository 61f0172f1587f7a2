"""The least cost of one hour, for many hours at once: a dual simplex in which hours with the same basis move together.

With capacity given, an hour is a small linear programme, and hours differ only in its right-hand side. A basis that is
optimal for one hour is optimal for every hour where it stays feasible ("bunching": R. Wets, in Ermoliev & Wets,
Numerical Techniques for Stochastic Optimization, 1988). All hours start at a dual feasible basis; those for which it
is feasible are done, the others leave by their most negative row, and since the entering column depends on basis and
row alone, they travel in bunches. Each basis is factored once, whatever the number of hours.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hybrid_lp.instance import Floats, Integers

_PIVOT = 1e-9
"""Smallest pivot taken, relative to coefficients of the order of 1."""
_NUDGE = 1e-10
"""Change of the costs, relative to a typical one and different for each column, that keeps the simplex from cycling."""
_GOLDEN = 0.6180339887498949
_TOGETHER_VALUES = 30_000
"""Values of one inverse for each item, up to which items are solved together rather than basis by basis."""
_CHUNK_VALUES = 4_000_000
"""Values in one matrix product: bounds memory."""


@dataclass
class _Basis:
    """A dual feasible basis: its columns and inverse, and where each leaving row leads."""

    columns: Integers
    inverse: Floats
    prices: Floats
    """prices[row] by the nudged costs: what one more unit of the right-hand side costs (≤ 0: it only ever helps)."""
    exact: Floats
    """exact[row]: the same by the costs as given; times a right-hand side, the cost of the basis there."""
    next_by_row: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Bunch:
    """Hours that share an optimal basis."""

    items: Integers
    """Indices into the right-hand sides."""
    columns: Integers
    """columns[row]: the basic column of each row; those ≥ the number of structural columns are slacks."""
    values: Floats
    """values[row, item] of the basic columns, ≥ 0."""


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
    """min c·x subject to A x ≤ b, x ≥ 0, with c ≥ 0, for many b. Remembers every basis that it met."""

    nudge: float
    """Most by which a cost was changed to keep the simplex from cycling."""

    def __init__(self, matrix: Floats, cost: Floats) -> None:
        """matrix[row, column], cost[column] ≥ 0 (so that the basis of all slacks is dual feasible)."""
        rows, columns = matrix.shape
        self.columns = columns
        self._matrix = np.hstack([matrix, np.eye(rows)])
        typical = float(np.median(cost[cost > 0])) if (cost > 0).any() else 1.0
        nudge = _NUDGE * typical * (1 + np.arange(1, columns + 1) * _GOLDEN % 1) / 2
        self.nudge = float(nudge.max(initial=0.0))
        self._given = np.concatenate([cost, np.zeros(rows)])
        self._cost = np.concatenate([cost + nudge, np.zeros(rows)])
        slack = np.arange(columns, columns + rows, dtype=np.int64)
        self._bases = [_Basis(slack, np.eye(rows), np.zeros(rows), np.zeros(rows))]
        self._chunk = max(_CHUNK_VALUES // max(rows, 1), 1)
        self._known = {slack.tobytes(): 0}

    def solve(self, right_hand_sides: Floats, start: Integers) -> Integers:
        """basis[item] optimal for right_hand_sides[row, item], from start[item] (0 is the basis of all slacks).

        Raises RuntimeError where an item has no feasible solution; callers give every row a column that can.
        """
        basis = np.empty(right_hand_sides.shape[1], dtype=np.int64)
        for first in range(0, len(basis), self._chunk):
            chunk = slice(first, first + self._chunk)
            sides = right_hand_sides[:, chunk]
            together = sides.size * len(sides) <= _TOGETHER_VALUES
            basis[chunk] = (self._solve_together if together else self._solve)(sides, start[chunk])
        return basis

    def _solve(self, right_hand_sides: Floats, start: Integers) -> Integers:
        tolerance = 1e-10 * max(float(np.abs(right_hand_sides).max(initial=0.0)), 1e-300)
        basis = start.copy()
        waiting: defaultdict[int, list[Integers]] = defaultdict(list)
        for number in distinct(start):
            waiting[int(number)].append(np.flatnonzero(start == number))
        while waiting:
            number = min(waiting)
            items = np.concatenate(waiting.pop(number))
            basis[items] = number
            values = self._bases[number].inverse @ right_hand_sides[:, items]
            leaving = values.argmin(axis=0)
            infeasible = values[leaving, np.arange(len(items))] < -tolerance
            for row in distinct(leaving[infeasible]):
                travellers = items[infeasible & (leaving == row)]
                waiting[self._pivot(number, int(row))].append(travellers)
        return basis

    def _solve_together(self, right_hand_sides: Floats, start: Integers) -> Integers:
        """The same for a few items: every one with the inverse of its own basis, all of them a pivot at a time."""
        tolerance = 1e-10 * max(float(np.abs(right_hand_sides).max(initial=0.0)), 1e-300)
        basis, items, sides = start.copy(), np.arange(len(start)), right_hand_sides.T[:, :, None]
        inverses = np.array([node.inverse for node in self._bases])
        while len(items):
            if len(inverses) < len(self._bases):
                more = [node.inverse for node in self._bases[len(inverses) :]]
                inverses = np.concatenate([inverses, more])
            values = np.matmul(inverses[basis[items]], sides[items])[:, :, 0]
            leaving = values.argmin(axis=1)
            infeasible = values[np.arange(len(items)), leaving] < -tolerance
            items, leaving = items[infeasible], leaving[infeasible]
            number = basis[items] * len(right_hand_sides) + leaving
            for pair in distinct(number):
                basis[items[number == pair]] = self._pivot(*divmod(int(pair), len(right_hand_sides)))
        return basis

    def stretch(self, right_hand_sides: Floats, direction: Floats, start: Integers, most: Floats) -> Stretch:
        """How the least cost of each item grows with y, at right_hand_sides[row, item] + y · direction[row].

        start[item]: the optimal basis at y = 0. most[item]: how far to go. The cost is convex in y: its pieces, in
        order, each with the basis that is optimal there (parametric dual simplex, hours of one basis together).
        """
        items = np.arange(len(start))
        basis, done = start.copy(), np.zeros(len(start))
        pieces: list[tuple[Integers, Floats, Integers]] = []
        while len(items):
            following = np.empty(len(items), dtype=np.int64)
            length = np.empty(len(items))
            for number in np.unique(basis[items]):
                here = np.flatnonzero(basis[items] == number)
                at = items[here]
                node = self._bases[int(number)]
                step = node.inverse @ direction
                values = np.maximum(node.inverse @ (right_hand_sides[:, at] + direction[:, None] * done[at]), 0.0)
                falling = np.flatnonzero(step < -_PIVOT)
                reach = values[falling] / -step[falling, None]
                row = reach.argmin(axis=0) if len(falling) else np.zeros(len(at), dtype=np.int64)
                limit = reach[row, np.arange(len(at))] if len(falling) else np.full(len(at), np.inf)
                length[here] = np.minimum(limit, most[at] - done[at])
                following[here] = -1
                for which in np.unique(row[limit < most[at] - done[at]]):
                    moved = (row == which) & (limit < most[at] - done[at])
                    following[here[moved]] = self._pivot(int(number), int(falling[which]))
            pieces.append((items, length, basis[items].copy()))
            done[items] += length
            going = following >= 0
            items = items[going]
            basis[items] = following[going]
        return Stretch(*(np.concatenate([piece[part] for piece in pieces]) for part in range(3)))

    def adopt(self, other: BunchedSimplex, numbers: Integers) -> None:
        """Take over those bases of another simplex with the same matrix that are dual feasible at these costs too."""
        for number in numbers:
            node = other._bases[int(number)]
            if node.columns.tobytes() not in self._known:
                reduced = self._cost - (self._cost[node.columns] @ node.inverse) @ self._matrix
                if (np.delete(reduced, node.columns) >= 0).all():
                    self._add(node.columns, node.inverse)

    def adopt_all(self, other: BunchedSimplex) -> None:
        """Take over every basis of another simplex that is dual feasible here; none if its matrix is another one."""
        if np.array_equal(self._matrix, other._matrix):
            self.adopt(other, np.arange(len(other._bases)))

    def keeping(self, numbers: Integers) -> BunchedSimplex:
        """A copy that remembers the basis of all slacks and these."""
        kept = copy(self)
        kept._bases, kept._known = [], {}
        for node in (self._bases[0], *(self._bases[int(number)] for number in numbers)):
            if node.columns.tobytes() not in kept._known:
                kept._add(node.columns, node.inverse)
        return kept

    def nearest(self, right_hand_sides: Floats) -> Integers:
        """basis[item]: of the bases known so far, the one with the highest bound on the item's cost: where to start."""
        prices = np.array([node.prices for node in self._bases])
        start = np.empty(right_hand_sides.shape[1], dtype=np.int64)
        step = max(_CHUNK_VALUES // len(prices), 1)
        for first in range(0, len(start), step):
            start[first : first + step] = (prices @ right_hand_sides[:, first : first + step]).argmax(axis=0)
        return start

    def bunches(self, right_hand_sides: Floats, basis: Integers) -> list[Bunch]:
        """The items by basis, with the values of their basic columns."""
        result = []
        for number in np.unique(basis):
            items = np.flatnonzero(basis == number)
            node = self._bases[int(number)]
            for part in np.split(items, range(self._chunk, len(items), self._chunk)):
                values = np.maximum(node.inverse @ right_hand_sides[:, part], 0.0)
                result.append(Bunch(part, node.columns, values))
        return result

    def prices(self, numbers: Integers) -> tuple[Floats, Floats]:
        """bounds[basis, row] and exact[basis, row]: dual values of each basis.

        `exact`, times a right-hand side for which the basis is optimal, is its cost. `bounds`, times any right-hand
        side, is at most the cost there plus `nudge` times the sum of the columns.
        """
        nodes = [self._bases[int(number)] for number in numbers]
        shape = (len(nodes), len(self._matrix))
        return (
            np.array([node.prices for node in nodes]).reshape(shape),
            np.array([node.exact for node in nodes]).reshape(shape),
        )

    def basic_in(self, numbers: Integers, columns: Integers) -> NDArray[np.bool_]:
        """basic[basis]: is any of these columns basic there?"""
        wanted = np.zeros(self._matrix.shape[1], dtype=np.bool_)
        wanted[columns] = True
        return np.array([wanted[self._bases[int(number)].columns].any() for number in numbers], dtype=np.bool_)

    def _pivot(self, number: int, row: int) -> int:
        """The basis that follows when the row's basic column leaves."""
        node = self._bases[number]
        if row not in node.next_by_row:
            node.next_by_row[row] = self._enter(node, row)
        return node.next_by_row[row]

    def _enter(self, node: _Basis, row: int) -> int:
        """Dual ratio test: the entering column keeps every reduced cost ≥ 0."""
        reduced = np.maximum(self._cost - node.prices @ self._matrix, 0.0)
        tableau_row = node.inverse[row] @ self._matrix
        tableau_row[node.columns] = 0.0
        candidates = np.flatnonzero(tableau_row < -_PIVOT)
        if len(candidates) == 0:
            raise RuntimeError("an hour has no feasible operation although every row can be met: a bug")
        ratios = reduced[candidates] / -tableau_row[candidates]
        close = candidates[ratios <= ratios.min() * (1 + 1e-9)]
        entering = int(close[np.argmin(tableau_row[close])])
        columns = node.columns.copy()
        columns[row] = entering
        order = np.argsort(columns)
        columns = columns[order]
        known = self._known.get(columns.tobytes())
        return self._add(columns, np.linalg.inv(self._matrix[:, columns])) if known is None else known

    def _add(self, columns: Integers, inverse: Floats) -> int:
        """Remember a basis; its number."""
        number = len(self._bases)
        self._known[columns.tobytes()] = number
        self._bases.append(_Basis(columns, inverse, self._cost[columns] @ inverse, self._given[columns] @ inverse))
        return number


def distinct(numbers: Integers) -> Integers:
    """The distinct ones of a few small whole numbers ≥ 0, in order: faster than sorting."""
    there: Integers = np.bincount(numbers).nonzero()[0]
    return there


def numbered(numbers: Integers) -> tuple[Integers, Integers]:
    """(distinct numbers in order, which of them each one is)."""
    there = distinct(numbers)
    place = np.zeros(int(there[-1]) + 1 if len(there) else 1, dtype=np.int64)
    place[there] = np.arange(len(there))
    return there, place[numbers]
