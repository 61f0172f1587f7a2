"""Deferrable work: when it runs is decided by what one more GPU costs in each level of its block.

With capacity given, the cost of a level is convex and piecewise linear in the work that is put there. The least cost of
a block puts its work on the cheapest pieces of its levels first. That is exact as long as there is one such workload;
several are placed by `placing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.instance import Floats, Integers
from hybrid_lp.levels import Levels

_ROUNDING = 1e-9
"""Share of the work of a block below which what is taken or left of a piece is rounding: it says nothing of prices.
Less than what `stretch` takes for rounding, so that each level has a piece of the price that would be next."""


@dataclass(frozen=True)
class Pieces:
    """How the cost of levels grows with the work of one workload: pieces of each level in order."""

    level: Integers
    """level[piece]."""
    length: Floats
    """length[piece]  reference GPUs."""
    slope: Floats
    """slope[piece]  currency per reference GPU-hour."""
    basis: Integers
    """basis[piece]: optimal along the piece."""

    @classmethod
    def joined(cls, parts: list[Pieces]) -> Pieces:
        """All of them."""
        return cls(
            np.concatenate([part.level for part in parts]),
            np.concatenate([part.length for part in parts]),
            np.concatenate([part.slope for part in parts]),
            np.concatenate([part.basis for part in parts]),
        )


@dataclass(frozen=True)
class Deferral:
    """Where deferrable work runs, and the bases that are optimal there."""

    demand: Floats
    """demand[level, workload]."""
    basis: Integers
    """basis[level]  optimal with that demand: along the last piece that is used, or the first one."""
    other: Integers
    """other[level]  optimal too: along the piece that would be used next."""
    share: Floats
    """share[level]  of `basis` in the mixture of both whose price of the work is that of the block."""


@dataclass(frozen=True)
class Placed:
    """Deferrable work in its cheapest levels, and what that says of other capacities."""

    demand: Floats
    """demand[level, workload]."""
    basis: Integers | None
    """basis[level]  optimal with that demand, where it is known."""
    bound: Floats
    """bound[period]  on the cost of the period with this capacity."""
    slope: Floats
    """slope[period, pool]: how that bound changes with capacity."""


def fill(levels: Levels, w: int, pieces: Pieces) -> tuple[Floats, Integers, Integers, Floats]:
    """Put the work of each block of workload w on the cheapest pieces: (work[level], basis, other, share)."""
    block, weight = levels.block[w], levels.weight_hours
    wanted = np.bincount(block, weights=weight * levels.demand[:, w])
    order = np.lexsort((np.arange(len(pieces.level)), pieces.slope, block[pieces.level]))
    level, slope, basis = pieces.level[order], pieces.slope[order], pieces.basis[order]
    hours = pieces.length[order] * weight[level]
    owner = block[level]
    first = np.searchsorted(owner, np.arange(len(wanted)))
    running = np.cumsum(hours)
    before = running - hours - (running - hours)[np.minimum(first, len(hours) - 1)][owner]
    taken = np.clip(wanted[owner] - before, 0.0, hours)
    price = np.full(len(wanted), np.inf)
    rounding = _ROUNDING * wanted[owner]
    used, left = taken > rounding, taken < hours - rounding
    price[owner[used]] = slope[used]  # sorted by slope: the last one used is the dearest
    work = np.bincount(level, weights=taken / weight[level], minlength=levels.count)
    last = _chosen(level, np.flatnonzero(used), levels.count)
    beyond = _chosen(level, np.flatnonzero(left)[::-1], levels.count)
    none = last < 0
    beyond = np.where(
        beyond < 0, np.where(none, _chosen(level, np.arange(len(level))[::-1], levels.count), last), beyond
    )
    last = np.where(none, beyond, last)
    low, high = slope[last], slope[beyond]
    target = np.clip(price[block], low, high)
    share = np.divide(high - target, high - low, out=np.ones_like(high), where=high > low)
    share[none] = 1.0
    return work, basis[last], basis[beyond], share


def _chosen(level: Integers, pieces: Integers, count: int) -> Integers:
    """The last of these pieces of each level; −1 where there is none."""
    chosen = np.full(count, -1, dtype=np.int64)
    chosen[level[pieces]] = pieces
    return chosen


def block_prices(levels: Levels, w: int, price: Floats) -> Floats:
    """price[block] of the work of w that is dual feasible: the least of price[level] over the levels of the block."""
    least = np.full(int(levels.block[w].max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, levels.block[w], price)
    return np.where(np.isfinite(least), np.maximum(least, 0.0), 0.0)
