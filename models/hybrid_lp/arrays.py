"""Small things that numpy and dictionaries leave to their users."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hybrid_lp.instance import Booleans, Floats, Integers

_MOST_EMPTY = 8
"""Numbers that are not there, for one that is, up to which they are counted."""


def grown[Array: (Floats, Integers, Booleans)](values: Array, room: int) -> Array:
    """values with room for more along the first axis, which is not filled."""
    result = np.empty((room, *values.shape[1:]), dtype=values.dtype)
    result[: len(values)] = values
    return result


def runs(values: Integers) -> tuple[list[int], list[slice]]:
    """(each value, where it is) of values in rising order."""
    distinct, first = np.unique(values, return_index=True)
    ends = [*first[1:].tolist(), len(values)]
    return distinct.tolist(), [slice(start, end) for start, end in zip(first.tolist(), ends, strict=True)]


def numbered(numbers: Integers) -> tuple[Integers, Integers]:
    """(distinct numbers ≥ 0 in order, which of them each one is): without sorting, unless there are large ones."""
    if int(numbers.max(initial=0)) > _MOST_EMPTY * (len(numbers) + 1):
        return np.unique(numbers, return_inverse=True)
    there: Integers = np.bincount(numbers).nonzero()[0]
    place = np.zeros(int(there[-1]) + 1 if len(there) else 1, dtype=np.int64)
    place[there] = np.arange(len(there))
    return there, place[numbers]


def order_in_groups(group: Integers, values: Floats) -> Integers:
    """Items by their group ≥ 0, those of a group by value: np.lexsort((values, group)), but for ties, and faster."""
    order = np.argsort(values)
    few = np.int16 if group.max(initial=0) <= np.iinfo(np.int16).max else np.int64
    result: Integers = order[np.argsort(group[order].astype(few), kind="stable")]  # Short numbers are sorted by digits.
    return result


def kept_last[Key, Value](kept: dict[Key, Value], key: Key, made: Callable[[], Value], most: int) -> Value:
    """kept[key], made where it is not there; of the entries only the last `most` that were asked for stay."""
    value = kept.pop(key) if key in kept else made()
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]
    return value
