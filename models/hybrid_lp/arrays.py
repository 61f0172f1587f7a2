"""Small things that numpy and dictionaries leave to their users."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hybrid_lp.instance import Booleans, Floats, Integers


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
    """(distinct numbers ≥ 0 in order, which of them each one is): for small numbers faster than sorting."""
    there: Integers = np.bincount(numbers).nonzero()[0]
    place = np.zeros(int(there[-1]) + 1 if len(there) else 1, dtype=np.int64)
    place[there] = np.arange(len(there))
    return there, place[numbers]


def kept_last[Key, Value](kept: dict[Key, Value], key: Key, made: Callable[[], Value], most: int) -> Value:
    """kept[key], made where it is not there; of the entries only the last `most` that were asked for stay."""
    value = kept.pop(key) if key in kept else made()
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]
    return value
