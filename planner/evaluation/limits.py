"""What a schedule does not keep: limits, decisions, work that must be served; and that the audit finds nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from hybrid_lp import fixed

from planner.api import Inputs
from planner.audit import Audit, Check, CheckName
from planner.dispatch import Dispatch
from planner.evaluation.placing import Placed
from planner.evaluation.result import Overstep, Shortfall
from planner.supplies import decided_supply

_TOLERANCE = 1e-6

LIMITS = frozenset(
    {
        CheckName.ORDERS,
        CheckName.POWER,
        CheckName.RACK,
        CheckName.MAX_SERVERS,
        CheckName.MAX_GPUS,
        CheckName.QUOTAS,
        CheckName.CAPEX,
        CheckName.CLOUD_SPEND,
        CheckName.CARBON_LIMIT,
    }
)
"""Checks of the audit that a schedule may fail: they are limits that the user sets."""


def oversteps(found: Iterable[fixed.Overstep], inputs: Inputs) -> Iterator[Overstep]:
    """With the labels of the periods."""
    for overstep in found:
        label = "" if overstep.period is None else inputs.demand.calendar.label(overstep.period)
        yield Overstep(overstep.limit, label, overstep.found, overstep.allowed, overstep.unit)


def unkept_decisions(placed: Placed) -> Iterator[Overstep]:
    """Decisions of the assumptions that the schedule does not follow."""
    inputs, pools = placed.inputs, placed.inputs.prepared.pools
    for number, decision in enumerate(inputs.loaded.assumptions.decisions, start=1):
        period, supply = inputs.demand.calendar.index_of(decision.period), decided_supply(decision)
        if period is None or supply not in pools:
            continue  # reading the inputs would have refused it
        ordered = float(placed.holdings.orders[pools.index(supply), period])
        limit, label = f"decision {number} about {supply.label}", inputs.demand.calendar.label(period)
        unit = f"{inputs.loaded.assumptions.currency} an hour" if decision.spend_commitment else "units"
        slack = _TOLERANCE * max(1.0, ordered)
        if ordered < decision.min - slack:
            yield Overstep(f"{limit} (at least)", label, ordered, decision.min, unit)
        if decision.max is not None and ordered > decision.max + slack:
            yield Overstep(f"{limit} (at most)", label, ordered, decision.max, unit)


def shortfalls(dispatch: Dispatch, inputs: Inputs) -> Iterator[Shortfall]:
    """Must-serve work that is left undone, by period and workload."""
    demand = inputs.demand
    must = ~np.isfinite(inputs.prepared.instance.unserved_penalty)
    rounding = _TOLERANCE * float(demand.gpus.sum(axis=1).max(initial=0.0))
    for hours in dispatch:
        first = int(demand.calendar.first_hour[hours.period])
        for w in np.flatnonzero(must & (hours.unserved > rounding).any(axis=0)):
            missing = np.where(hours.unserved[:, w] > rounding, hours.unserved[:, w], 0.0)
            when = demand.calendar.start + pd.Timedelta(hours=first + int(np.flatnonzero(missing)[0]))
            yield Shortfall(
                demand.calendar.label(hours.period),
                demand.workloads[w],
                float(missing.sum()),
                int(np.count_nonzero(missing)),
                f"{when:%Y-%m-%d %H:%M}",
                float(missing.max()),
            )


def unexplained(audit: Audit, over: tuple[Overstep, ...], short: tuple[Shortfall, ...]) -> list[Check]:
    """Checks that fail though no limit that was found, and no shortfall, is the reason."""
    expected = {name.value for name in LIMITS} if over else set()
    expected |= {CheckName.DEMAND.value} if short else set()
    return [check for check in audit.failed if check.name not in expected]
