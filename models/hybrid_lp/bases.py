"""Bases of one matrix, factored once each, whatever the costs and the right-hand sides that meet them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hybrid_lp.arrays import grown
from hybrid_lp.instance import Floats, Integers

_BLOCK_VALUES = 2_000_000
"""Values of the inverses that are kept in one array: more of them never move those that are there."""


class Bases:
    """Invertible choices of columns of [A, I], numbered in the order in which they came; 0 is that of all slacks."""

    def __init__(self, matrix: Floats) -> None:
        """matrix[row, column]: A, without slacks."""
        rows, columns = matrix.shape
        self.structural = columns
        """Number of columns of A; those from here on are slacks."""
        self.matrix = np.hstack([matrix, np.eye(rows)])
        """matrix[row, column], slacks included."""
        self.count = 1
        self._columns = np.arange(columns, columns + rows, dtype=np.int64)[None]
        self._per_block = max(_BLOCK_VALUES // max(rows, 1) ** 2, 1)
        self._blocks = [np.eye(rows)[None]]
        self._number = {self._columns[0].tobytes(): 0}

    def columns(self, numbers: Integers) -> Integers:
        """columns[basis, row]: the basic column of each row, in rising order."""
        return self._columns[numbers]

    def parts(self, numbers: Integers, most: int) -> Iterator[tuple[Integers, Floats]]:
        """(which of the numbers, inverse[which, row, row]), at most so many at a time, until all were there.

        An inverse takes right-hand sides to the values of the basic columns.
        """
        block, place = np.divmod(numbers, self._per_block)
        for number in np.flatnonzero(np.bincount(block)).tolist():
            where = np.flatnonzero(block == number)
            for part in np.split(where, range(most, len(where), most)):
                yield part, self._blocks[number][place[part]]

    def inverse(self, numbers: Integers) -> Floats:
        """inverse[basis, row, row] of all of them."""
        result = np.empty((len(numbers), *self._blocks[0].shape[1:]))
        for where, inverse in self.parts(numbers, max(len(numbers), 1)):
            result[where] = inverse
        return result

    def inverse_of(self, number: int) -> Floats:
        """inverse[row, row] of one."""
        block, place = divmod(number, self._per_block)
        one: Floats = self._blocks[block][place]
        return one

    def inverse_row(self, numbers: Integers, row: Integers) -> Floats:
        """inverse[basis, row]: one row of each."""
        block, place = np.divmod(numbers, self._per_block)
        result = np.empty((len(numbers), len(self.matrix)))
        for which in np.flatnonzero(np.bincount(block)).tolist():
            here = block == which
            result[here] = self._blocks[which][place[here], row[here]]
        return result

    def find(self, columns: Integers) -> Integers:
        """number[basis] of columns[basis, row], each in rising order. Those that are new are factored together.

        Raises numpy.linalg.LinAlgError where such columns are no basis.
        """
        found, new = self._look_up(columns)
        if new:
            chosen = columns[new]
            self._add(chosen, np.linalg.inv(self.matrix[:, chosen].transpose(1, 0, 2)))
        return found

    def take(self, other: Bases, numbers: Integers) -> Integers:
        """number[basis] here of bases of another that has the same matrix."""
        if other is self:
            return numbers
        columns = other.columns(numbers)
        found, new = self._look_up(columns)
        if new:
            self._add(columns[new], other.inverse(numbers[new]))
        return found

    def _look_up(self, columns: Integers) -> tuple[Integers, list[int]]:
        """(number[basis], the first of each basis that is new, in the order of its number)."""
        found = np.empty(len(columns), dtype=np.int64)
        new: list[int] = []
        for which, basis in enumerate(columns):
            key = basis.tobytes()
            number = self._number.get(key)
            if number is None:
                number = self._number[key] = self.count + len(new)
                new.append(which)
            found[which] = number
        return found, new

    def _add(self, columns: Integers, inverse: Floats) -> None:
        needed = self.count + len(columns)
        if needed > len(self._columns):
            self._columns = grown(self._columns, max(2 * len(self._columns), needed))
        self._columns[self.count : needed] = columns
        while len(inverse):
            block, place = divmod(self.count, self._per_block)
            taken = inverse[: self._per_block - place]
            self._make_room(block, place + len(taken))
            self._blocks[block][place : place + len(taken)] = taken
            self.count, inverse = self.count + len(taken), inverse[len(taken) :]

    def _make_room(self, block: int, needed: int) -> None:
        """Let a block have room for that many inverses."""
        if block == len(self._blocks):
            self._blocks.append(np.empty((self._per_block, *self._blocks[0].shape[1:])))
        room = len(self._blocks[block])
        if room < needed:
            self._blocks[block] = grown(self._blocks[block], min(max(2 * room, needed), self._per_block))
