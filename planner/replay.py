"""The hourly operation of a plan, hour by hour and by name, made again one period at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hybrid_lp.certify import Certified
from hybrid_lp.instance import Instance
from hybrid_lp.memory import Memory
from hybrid_lp.merge import Membership, share_of_supply
from hybrid_lp.operate import Operator
from numpy.typing import NDArray

from planner.dispatch import PeriodDispatch, Supply
from planner.prepare import Prepared

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Replay:
    """Divides the operation of merged workloads and pools among their members; a `planner.dispatch.Dispatch`.

    A member workload takes its share of the merged demand of the hour, or of the block where work may be moved, from
    each merged workload that has a part of it; a member pool its share of the usable GPUs.
    """

    prepared: Prepared
    names: tuple[str, ...]
    merged: Instance
    membership: Membership
    operator: Operator
    certified: Certified
    used: NDArray[np.int64]
    """Indices of the supplies that hold capacity or are rented in some hour."""
    memory: Memory | None = None
    """What the search left for others like it; None where it is not kept."""

    @property
    def workloads(self) -> tuple[str, ...]:
        """Names, the axis `workload`."""
        return self.names

    @property
    def supplies(self) -> tuple[Supply, ...]:
        """The axis `supply`: those that are used."""
        return tuple(self.prepared.supplies[j] for j in self.used)

    def __iter__(self) -> Iterator[PeriodDispatch]:
        """The periods of the horizon, in order."""
        pool_share = np.ones((len(self.prepared.supplies), self.merged.periods))
        pool_share[: self.merged.pools] = share_of_supply(self.merged, self.certified.capacity)
        supply_of = self.membership.supply_of[self.used]
        natural = self.prepared.instance
        effectiveness = natural.effectiveness[:, self.used]
        for period in range(self.merged.periods):
            gpus, unserved = self._mixture(period)
            hours = slice(natural.first_hour[period], natural.first_hour[period + 1])
            mine = np.zeros((len(gpus), natural.workloads, len(self.used)))
            left = np.zeros((len(gpus), natural.workloads))
            for w, m in np.argwhere(self.membership.part > 0).tolist():
                asked = self._by_block(w, hours, self.membership.part[w, m] * natural.demand[hours, w])
                total = self._by_block(w, hours, self.merged.demand[hours, m])
                part = np.divide(asked, total, out=np.zeros_like(asked), where=total > 0)
                run = gpus[:, m, supply_of] * part[:, None] * pool_share[self.used, period]
                undone = unserved[:, m] * part
                served = self._by_block(w, hours, run @ effectiveness[w] + undone)
                # Where running costs nothing the operation may do more than is asked: what is asked is reported.
                trim = np.divide(asked, served, out=np.ones_like(served), where=served > asked)
                mine[:, w] += run * trim[:, None]
                left[:, w] += undone * trim
            yield PeriodDispatch(period, mine, left)

    def _mixture(self, period: int) -> tuple[Floats, Floats]:
        """What runs and what is left undone, over the operations that the plan mixes."""
        parts = [mixed for mixed in self.certified.operations if mixed.share[period] > 0]
        made = [self.operator.dispatch(period, self.certified.capacity, mixed.operation) for mixed in parts]
        shares = [float(mixed.share[period]) for mixed in parts]
        gpus: Floats = np.sum([share * ran for share, (ran, _) in zip(shares, made, strict=True)], axis=0)
        unserved: Floats = np.sum([share * left for share, (_, left) in zip(shares, made, strict=True)], axis=0)
        return gpus, unserved

    def _by_block(self, w: int, hours: slice, values: Floats) -> Floats:
        """values[hour], summed over the block of each hour where the work of w may be moved."""
        if w not in self.prepared.instance.blocks:
            return values
        block_of_hour = self.prepared.instance.blocks[w][hours]
        block = block_of_hour - block_of_hour[0]
        summed: Floats = np.bincount(block, weights=values)[block]
        return summed


def used_supplies(prepared: Prepared, membership: Membership, certified: Certified) -> NDArray[np.int64]:
    """Pools with capacity in some period, and markets from which something is rented; not money that is promised."""
    used = certified.run_gpu_hours.sum(axis=0)[membership.supply_of] > 0
    used[: len(certified.capacity)] = certified.capacity.max(axis=1, initial=0.0) > 0
    used[[k for k, pool in enumerate(prepared.pools) if not pool.runs_work]] = False
    return np.flatnonzero(used)
