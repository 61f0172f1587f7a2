"""Reduced cost fixing: while a better plan is searched for, columns that none could use are not there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
from pulp.constants import LpInteger

from hybrid_lp.build import Programme
from hybrid_lp.instance import Floats


@contextlib.contextmanager
def orders_within(programme: Programme, reduced: Floats | None, most: float) -> Iterator[bool]:
    """Within it, whole orders whose reduced[pool, period] cost is above `most` are 0.

    A plan with one of them costs more than the relaxed programme's optimum plus `most`: what is found, and its bound,
    hold for all plans that cost less than that. Every column may be used where `reduced` is None or `most` infinite.
    Yields whether anything is left out.
    """
    fixed = []
    if reduced is not None and np.isfinite(most):
        for index, column in programme.columns.order.items():
            if column.cat == LpInteger and column.lowBound == 0 and reduced[index] > most:
                fixed.append((column, column.upBound))
    for column, _ in fixed:
        column.upBound = 0
    try:
        yield bool(fixed)
    finally:
        for column, upper in fixed:
            column.upBound = upper
