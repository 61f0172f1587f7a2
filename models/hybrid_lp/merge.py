"""Exact reductions: what no plan can tell apart is one, what no plan would use is not there.

- Pools whose hours are interchangeable (same effectiveness and running cost for every workload) share one supply.
- Deferrable work of which a share may run on spot is two workloads: that share, and the rest, which may not.
- Workloads with equal coefficients are one workload with the sum of their demand.
- What is no cheaper than an unlimited market, and takes no less of any budget, is not offered to a workload; nor is
  what costs more than leaving the work undone.

None of these changes the optimum; `Membership` divides the merged operation among the members again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hybrid_lp.instance import Booleans, Floats, Instance, Integers

_CHUNK_VALUES = 4_000_000
"""Values of one array when ways to serve are compared: bounds memory."""


@dataclass(frozen=True)
class Membership:
    """Who is part of what after `merge`."""

    part: Floats
    """part[original workload, merged workload]: the share of its demand that is in each; a row sums to 1."""
    supply_of: Integers
    """supply_of[original supply] → merged supply."""

    def price(self, prices: Floats, workload: int) -> Floats:
        """price[…] of one more of an original workload's demand, of prices[…, merged workload]."""
        parts = np.flatnonzero(self.part[workload])
        price: Floats = prices[..., parts] @ self.part[workload, parts]
        return price


def merge(instance: Instance) -> tuple[Instance, Membership]:
    """The same problem with interchangeable pools and equal workloads merged.

    Expects `pool_supply` to be one supply per pool, as `planner.prepare` makes it.
    """
    instance, halves = split_spot(instance)
    supply_of = _merged_supplies(instance)
    supplies = int(supply_of.max(initial=-1)) + 1
    first_supply = np.array([int(np.argmax(supply_of == j)) for j in range(supplies)], dtype=np.int64)
    run_weights = _run_weights(instance)
    workload_of = _first_equal(
        [
            np.concatenate(
                [
                    instance.effectiveness[w],
                    instance.running_cost[:, w, :].ravel(),
                    instance.offered[:, w, :].ravel(),
                    [instance.unserved_penalty[w], instance.spot_max_share[w]],
                    *(weights[:, w].ravel() for weights in run_weights),
                    instance.blocks.get(w, np.full(1, -1)),
                ]
            ).tobytes()
            for w in range(instance.workloads)
        ]
    )
    workloads = int(workload_of.max(initial=-1)) + 1
    first = np.array([int(np.argmax(workload_of == w)) for w in range(workloads)], dtype=np.int64)
    demand = np.zeros((instance.hours, workloads))
    for w, merged in enumerate(workload_of):
        demand[:, merged] += instance.demand[:, w]
    limits = tuple(
        replace(limit, markets=tuple(int(supply_of[j]) for j in limit.markets)) for limit in instance.rental_limits
    )
    merged = replace(
        instance,
        demand=demand,
        unserved_penalty=instance.unserved_penalty[first],
        spot_max_share=instance.spot_max_share[first],
        effectiveness=instance.effectiveness[np.ix_(first, first_supply)],
        running_cost=instance.running_cost[:, first][:, :, first_supply],
        is_spot=instance.is_spot[first_supply],
        offered=instance.offered[:, first][:, :, first_supply],
        pool_supply=supply_of[instance.pool_supply],
        rental_limits=limits,
        draws=tuple(replace(draw, supply=int(supply_of[draw.supply])) for draw in instance.draws),
        budgets=tuple(
            budget
            if budget.run_weights is None
            else replace(budget, run_weights=budget.run_weights[:, first][:, :, first_supply])
            for budget in instance.budgets
        ),
        blocks={int(workload_of[w]): block_of_hour for w, block_of_hour in instance.blocks.items()},
    )
    return merged, Membership(halves @ np.eye(workloads)[workload_of], supply_of)


def split_spot(instance: Instance) -> tuple[Instance, Floats]:
    """(the same problem without spot shares on deferrable work, part[workload, new workload] of its demand).

    Σ_{ℓ∈B} spot work ≤ share · demand of the block couples hours by one more row. Two workloads say the same: share ·
    demand, which may run on spot entirely, and the rest, which may not. Whatever keeps the row can be divided so, with
    all that runs on spot in the first; and what is served of both keeps the row.
    """
    sources: list[int] = []
    shares: list[float] = []
    barred: list[bool] = []
    for w in range(instance.workloads):
        spot = float(instance.spot_max_share[w])
        pieces = [(spot, False), (1 - spot, True)] if is_shared(instance, w) else [(1.0, False)]
        for share, without in pieces:
            if share == 0:
                continue
            sources.append(w)
            shares.append(share)
            barred.append(without)
    part = np.zeros((instance.workloads, len(sources)))
    part[sources, np.arange(len(sources))] = shares
    effectiveness = instance.effectiveness[sources]
    effectiveness[np.ix_(barred, instance.is_spot)] = 0.0
    split = replace(
        instance,
        demand=instance.demand[:, sources] * np.array(shares),
        unserved_penalty=instance.unserved_penalty[sources],
        spot_max_share=np.where([w in instance.blocks for w in sources], 1.0, instance.spot_max_share[sources]),
        effectiveness=effectiveness,
        running_cost=instance.running_cost[:, sources],
        offered=instance.offered[:, sources],
        budgets=tuple(
            budget if budget.run_weights is None else replace(budget, run_weights=budget.run_weights[:, sources])
            for budget in instance.budgets
        ),
        blocks={new: instance.blocks[w] for new, w in enumerate(sources) if w in instance.blocks},
    )
    return split, part


def is_shared(instance: Instance, w: int) -> bool:
    """Does a spot share hold for the blocks of workload w?"""
    spot = instance.effectiveness[w, instance.is_spot] > 0
    return w in instance.blocks and bool(instance.spot_max_share[w] < 1) and bool(spot.any())


def useful(instance: Instance) -> Booleans:
    """useful[class, workload, supply]: False where another way to serve is never limited, dearer, or takes more.

    What it takes is that of budgets that couple hours; leaving work undone takes nothing. Of equal ways one stays.
    """
    able = (instance.effectiveness > 0)[None, :, :] & instance.offered[instance.period_of_class]
    unlimited = instance.is_market
    for limit in instance.rental_limits:
        unlimited[list(limit.markets)] = False
    unlimited[[draw.supply for draw in instance.draws]] = False
    barred = instance.is_spot[None, :] & (instance.spot_max_share < 1)[:, None]
    free = able & unlimited & ~barred
    keep = np.empty(able.shape, dtype=np.bool_)
    classes = max(_CHUNK_VALUES // max(able[0].size, 1), 1)
    for first in range(0, len(able), classes):
        chunk = np.arange(first, min(first + classes, len(able)))
        keep[chunk] = _not_beaten(instance, chunk, able[chunk], free[chunk])
    return keep


def _not_beaten(instance: Instance, classes: Integers, able: Booleans, free: Booleans) -> Booleans:
    """keep[class, workload, supply] of some classes: able, and beaten by no other that is free of limits."""
    takes = _per_work(instance, classes, able)
    penalty = instance.unserved_penalty[:, None]
    keep = able & ((takes[0] < penalty) | (free & (takes[0] == penalty)))
    number = np.arange(instance.supplies)
    for f in np.flatnonzero(free.any(axis=(0, 1))).tolist():
        no_better = free[:, :, [f]] & (number != f)
        better = np.zeros(able.shape, dtype=np.bool_)
        for measure in takes:
            no_better &= measure >= measure[:, :, [f]]
            better |= measure > measure[:, :, [f]]
        keep &= ~(no_better & (better | ~free | (number > f)))
    kept: Booleans = keep
    return kept


def _per_work(instance: Instance, classes: Integers, able: Booleans) -> list[Floats]:
    """What a reference GPU-hour costs, and takes of each budget that couples hours: [class, workload, supply] each."""
    shape = (len(classes), instance.workloads, instance.supplies)
    effect = np.where(able, instance.effectiveness, 1.0)
    takes = [np.where(able, instance.running_cost[classes] / effect, np.inf)]
    period = instance.period_of_class[classes]
    for number in instance.coupling:
        budget = instance.budgets[number]
        assert budget.run_weights is not None, "a budget in which hours do not count"
        inside = np.isin(period, budget.periods)
        if inside.any():
            weight = np.zeros(shape)
            weight[inside] = budget.run_weights[period[inside] - budget.periods.start]
            takes.append(weight / effect)
    return takes


def _merged_supplies(instance: Instance) -> Integers:
    """supply_of[supply]: supplies of pools that serve alike become one; markets and commitments of money stay apart."""
    apart = instance.is_market
    apart[[int(instance.pool_supply[draw.pool]) for draw in instance.draws]] = True
    return _first_equal(
        [
            f"apart {j}".encode()
            if apart[j]
            else np.concatenate(
                [
                    instance.effectiveness[:, j],
                    instance.running_cost[:, :, j].ravel(),
                    instance.offered[:, :, j].ravel(),
                    *(weights[:, :, j].ravel() for weights in _run_weights(instance)),
                ]
            ).tobytes()
            for j in range(instance.supplies)
        ]
    )


def _run_weights(instance: Instance) -> list[Floats]:
    """What runs takes of each budget that couples hours."""
    return [budget.run_weights for budget in instance.budgets if budget.run_weights is not None]


def _first_equal(fingerprints: list[bytes]) -> Integers:
    """Number the distinct fingerprints in order of first appearance."""
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(print_, len(numbers)) for print_ in fingerprints], dtype=np.int64)


def share_of_supply(instance: Instance, capacity: Floats) -> Floats:
    """share[pool, period]: the part of its supply's usable GPUs that each pool gives; 0 where there are none."""
    usable = instance.usable_gpus[:, None] * capacity
    total = instance.supply_gpus(capacity)[instance.pool_supply]
    return np.divide(usable, total, out=np.zeros_like(usable), where=total > 0)
