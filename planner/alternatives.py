"""Near-optimal plans of a run: how far each of its decisions can go at little more cost."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.dispatch import Supply, SupplyKind
from planner.problems import NoPlanError

if TYPE_CHECKING:
    from planner.prepare import Prepared
    from planner.runs.kept import KeptRun


class Topic(StrEnum):
    """What a range is about."""

    SERVERS = "servers"
    COMMITMENTS = "commitments"
    SPEND_COMMITMENTS = "spend_commitments"
    CLOUD_SHARE = "cloud_share"


_TOPICS = {
    SupplyKind.SERVER: Topic.SERVERS,
    SupplyKind.RESERVED: Topic.COMMITMENTS,
    SupplyKind.SPEND_COMMITMENT: Topic.SPEND_COMMITMENTS,
}


@dataclass(frozen=True)
class DecisionRange:
    """One decision in plans that cost little more. Orders are counted over the horizon, shares are of all work."""

    topic: Topic
    name: str
    """Server, or offer and option; `all` for all of a topic."""
    plan: float
    """In the plan itself."""
    least_proven: float
    """No plan within the budget has less."""
    least_found: float
    """One within the budget was found that has this little."""
    most_found: float
    most_proven: float


@dataclass(frozen=True)
class Alternatives:
    """The ranges, and the budget that they keep."""

    total_cost: float
    within: float
    """Share of its cost that plans may be dearer."""
    currency: str
    ranges: tuple[DecisionRange, ...]


def alternatives(run: KeptRun, within: float, watch: Callable[[int, int], None] = lambda _d, _o: None) -> Alternatives:
    """The range of each decision over all plans at most `within` dearer than the run's.

    watch: called with how many of how many ranges are known.
    Raises InputError where the run cannot be made again, NoPlanError where it has no plan now.
    """
    from hybrid_lp.alternatives import order_ranges, share_range
    from hybrid_lp.certify import Settings, certify_again
    from hybrid_lp.memory import Memory
    from hybrid_lp.merge import merge

    from planner.api import read_inputs
    from planner.earlier import orders_of
    from planner.runs.again import again
    from planner.sweep.rows import cloud_share

    with again(run) as inputs:
        prepared = read_inputs(inputs.forecast, inputs.assumptions).prepared
        settings = Settings(gap=inputs.gap, relax=inputs.relax, solver=inputs.solver, worth=False)
    merged, membership = merge(prepared.instance)
    orders = orders_of(run.plan, prepared)
    begin = None if orders is None else Memory.of_orders(merged, orders)
    certified, _, _ = certify_again(merged, settings, begin)
    if not certified.operations:
        raise NoPlanError(certified.status.value, [certified.message])
    totals = _totals(prepared)
    found = []
    ranges = order_ranges(merged, certified, [pools for _, _, pools in totals], within, settings)
    for number, ((topic, name, pools), ends) in enumerate(zip(totals, ranges, strict=True)):
        watch(number + 1, len(totals) + 1)
        own = float(certified.orders[pools].sum())
        figures = (ends.least_proven, ends.least_found, ends.most_found, ends.most_proven)
        found.append(DecisionRange(topic, name, own, *figures))
    clouds = np.ones(merged.supplies, dtype=np.bool_)
    for j, supply in enumerate(prepared.supplies):
        if supply.kind is SupplyKind.SERVER:
            clouds[membership.supply_of[j]] = False
    least, most = share_range(merged, certified, clouds, within, settings)
    own = cloud_share(prepared, merged, membership, certified)
    found.append(DecisionRange(Topic.CLOUD_SHARE, "all", own, min(least, own), own, own, max(most, own)))
    watch(len(totals) + 1, len(totals) + 1)
    currency = str(prepared.case.assumptions.currency)
    return Alternatives(certified.cost, within, currency, tuple(found))


def as_json(made: Alternatives) -> dict[str, Any]:
    """Plain values; what is not proven is null."""
    return {
        "schema": "hybrid-alternatives/1",
        "total_cost": made.total_cost,
        "within": made.within,
        "currency": made.currency,
        "ranges": [
            {name: value if not isinstance(value, float) or math.isfinite(value) else None for name, value in entry}
            for entry in (vars(line).items() for line in made.ranges)
        ],
    }


def _totals(prepared: Prepared) -> list[tuple[Topic, str, np.ndarray[Any, np.dtype[np.bool_]]]]:
    """(topic, name, pools[pool]) of every total that can be ordered; all of a topic first, where it has several."""
    orderable = (prepared.instance.order_max > 0).any(axis=1)
    found = []
    for kind, topic in _TOPICS.items():
        names: dict[str, list[int]] = {}
        for k, supply in enumerate(prepared.pools):
            if supply.kind is kind and orderable[k]:
                names.setdefault(_name(supply), []).append(k)
        if len(names) > 1 and kind is not SupplyKind.SPEND_COMMITMENT:
            names = {"all": [k for pools in names.values() for k in pools], **names}
        for name, pools in names.items():
            found.append((topic, name, np.isin(np.arange(len(orderable)), pools)))
    return found


def _name(supply: Supply) -> str:
    """A server wherever it stands; an offer with its option."""
    return f"{supply.owner}/{supply.place}" if supply.kind is SupplyKind.RESERVED else supply.owner
