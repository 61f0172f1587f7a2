"""Baselines: the best plan under a restriction, by the same programme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from hybrid_lp.certify import Certified, Settings, Status, certify, relative_gap
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import Instance
from hybrid_lp.merge import merge
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.baseline_costs import costs_by_period
from planner.dispatch import SupplyKind
from planner.explain import why_infeasible_in_short
from planner.forecast.demand import HourlyDemand
from planner.prepare import Prepared
from planner.report_columns import BASELINE_COLUMNS
from planner.schedule import frame

Floats = NDArray[np.float64]
GAP = 1e-4
"""A baseline is proven at least this close; closer where the plan itself is asked to be less close than this."""


@dataclass(frozen=True)
class Restriction:
    """A baseline's name and what it may not do."""

    name: str
    restrict: Callable[[Prepared], Instance | str]
    """The restricted instance, or why the restriction makes no sense here."""


def restrictions() -> tuple[Restriction, ...]:
    """The baselines that every plan is compared with."""
    return (
        Restriction("all on-demand", _all_on_demand),
        Restriction("all cloud", _all_cloud),
        Restriction("all local", _all_local),
    )


def _all_on_demand(prepared: Prepared) -> Instance | str:
    """Nothing is bought or committed; hours are rented on demand only. What is there already is paid but not used."""
    return _restricted(prepared, ordered=(), used=(SupplyKind.ON_DEMAND,))


def _all_cloud(prepared: Prepared) -> Instance | str:
    """No server is bought or used; everything that clouds sell may be, with the best commitments."""
    clouds = tuple(kind for kind in SupplyKind if kind is not SupplyKind.SERVER)
    return _restricted(prepared, ordered=clouds, used=clouds)


def _all_local(prepared: Prepared) -> Instance | str:
    """Servers only, the fleet too; on-demand hours only of work for which no server could have been delivered yet."""
    instance = prepared.instance
    servers = np.flatnonzero(_of(prepared, (SupplyKind.SERVER,))[: instance.pools])
    first = np.array([_first_local(instance, servers, w) for w in range(instance.workloads)])
    if (first == instance.periods).all():
        return "no server can be bought"
    restricted = _restricted(prepared, ordered=(SupplyKind.SERVER,), used=(SupplyKind.SERVER, SupplyKind.ON_DEMAND))
    before = np.arange(instance.periods)[:, None] < first
    return replace(restricted, offered=restricted.offered & (before[:, :, None] | ~restricted.is_market))


def _first_local(instance: Instance, servers: NDArray[np.int64], w: int) -> int:
    """First period in which a server that is ordered could run workload w; if none can, that of the fleet's first.

    The number of periods where no server can ever run it: then it is rented throughout.
    """
    able = servers[instance.effectiveness[w, servers] > 0]
    arrivals = instance.lead_periods[able, None] + np.arange(instance.periods)
    ordered = arrivals[instance.order_max[able] > 0]
    held = [entry.first for entry in instance.held if entry.pool in able]
    return int(ordered.min()) if len(ordered) else min(held, default=instance.periods)


def _of(prepared: Prepared, kinds: Sequence[SupplyKind]) -> NDArray[np.bool_]:
    """of[supply]: is it of these kinds?"""
    return np.array([supply.kind in kinds for supply in prepared.supplies], dtype=np.bool_)


def _restricted(prepared: Prepared, *, ordered: Sequence[SupplyKind], used: Sequence[SupplyKind]) -> Instance:
    """Only these kinds may be ordered, and only these used."""
    instance = prepared.instance
    keep = _of(prepared, ordered)[: instance.pools, None]
    return replace(
        instance,
        offered=instance.offered & _of(prepared, used),
        order_max=np.where(keep, instance.order_max, 0.0),
        order_min=np.where(keep, instance.order_min, 0.0),
    )


@dataclass(frozen=True)
class Made:
    """The plan that baselines are compared with."""

    cost: float
    orders: Floats
    """orders[pool, period]."""
    rented: NDArray[np.bool_]
    """rented[period, workload, supply]: does anything run on it?"""
    costs: pd.DataFrame
    """Its cost lines: period, component, amount, discounted."""


def _keeps(restricted: Instance, made: Made) -> bool:
    """Does the plan do nothing that the restriction forbids?"""
    return bool((made.orders <= restricted.order_max).all() and not (made.rented & ~restricted.offered).any())


@dataclass(frozen=True)
class Compared:
    """What the plan is compared with."""

    table: pd.DataFrame
    """name, total_cost, saving, gap, reason."""
    costs: pd.DataFrame
    """name, period, amount, discounted: of each baseline that there is."""


def baselines(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, settings: Settings, made: Made) -> Compared:
    """What the plan saves against each restriction, or why there is no such plan; and what each costs by period.

    A plan that keeps a restriction by itself is the restriction's own best plan: there is nothing to save.
    """
    total_cost = made.cost
    fractions = Fractions.UNITS if settings.relax else Fractions.NONE
    rows: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    for restriction in restrictions():
        restricted = restriction.restrict(prepared)
        if isinstance(restricted, str):
            rows.append((restriction.name, np.nan, np.nan, np.nan, restricted))
            continue
        merged, _ = merge(restricted)
        certified, _ = certify(merged, replace(settings, gap=max(settings.gap, GAP)))
        if not certified.operations:
            reason = _reason(replace(prepared, instance=restricted), demand, loaded, settings, certified)
            rows.append((restriction.name, np.nan, np.nan, np.nan, reason))
        else:
            cost = min(certified.cost, total_cost) if _keeps(restricted, made) else certified.cost
            saving = cost - total_cost
            saving = 0.0 if abs(saving) <= 1e-9 * abs(total_cost) else saving  # rounding is no saving
            rows.append((restriction.name, cost, saving, relative_gap(cost, min(certified.bound, cost)), None))
            if cost < certified.cost:
                flows = made.costs.groupby("period", sort=False)[["amount", "discounted"]].sum()
                lines += [(restriction.name, *flow) for flow in flows.itertuples()]
            else:
                paid = costs_by_period(replace(prepared, instance=restricted), merged, certified, fractions)
                lines += [(restriction.name, demand.calendar.label(p), *paid[:, p]) for p in range(paid.shape[1])]
    costs = frame(lines, **BASELINE_COLUMNS)
    return Compared(frame(rows, **_COLUMNS), costs[costs["amount"] != 0].reset_index(drop=True))


_COLUMNS = {"name": "str", "total_cost": "float64", "saving": "float64", "gap": "float64", "reason": "object"}


def _reason(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, settings: Settings, certified: Certified) -> str:
    """Why a restricted instance has no plan."""
    if certified.status is Status.INFEASIBLE:
        return why_infeasible_in_short(prepared, demand, loaded, settings)
    return "not finished in the time that there was" if certified.status is Status.TIME_LIMIT else certified.message


def no_baselines() -> Compared:
    """The tables without rows."""
    return Compared(frame([], **_COLUMNS), frame([], **BASELINE_COLUMNS))
