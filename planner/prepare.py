"""Forecast + assumptions → the programme's instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from hybrid_lp.instance import Draw, Held, Instance
from numpy.typing import NDArray

from planner.assumptions.durations import Duration
from planner.assumptions.loaded import Loaded
from planner.budgets import budgets
from planner.case import Case
from planner.cost_classes import CostClasses
from planner.dispatch import Supply, SupplyKind
from planner.fleet import HeldUnits, held_units
from planner.forecast.demand import HourlyDemand
from planner.limits import capacity_limits, order_bounds, order_limits, rental_limits
from planner.order_costs import Timeline
from planner.running_costs import RunningCosts, holding_parts
from planner.sites import openings, people
from planner.supplies import (
    MONEY,
    Supplies,
    draw_rate,
    is_whole,
    lead_and_life,
    sites_of,
    spreads_of,
    usable_gpus,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """The instance, and what its indices mean."""

    instance: Instance
    """One supply per pool, pools first: supply k is pool k."""
    case: Case
    supplies: tuple[Supply, ...]
    """The axis `supply`."""
    held: tuple[HeldUnits, ...]
    """What `instance.held` is made from, in its order."""
    running: RunningCosts

    @property
    def pools(self) -> tuple[Supply, ...]:
        """The axis `pool`."""
        return tuple(supply for supply in self.supplies if supply.is_pool)

    @property
    def timeline(self) -> Timeline:
        """When things fall."""
        return self.case.timeline


def prepare(demand: HourlyDemand, loaded: Loaded) -> Prepared:
    """Make the instance. Raises InputError for decisions whose period is not one of the horizon's."""
    return prepare_case(Case.of(demand, loaded))


def prepare_case(case: Case) -> Prepared:
    """The same, with every price resolved."""
    supplies = Supplies.of(case)
    pools, timeline = supplies.pools, case.timeline
    held = held_units(case)
    classes = CostClasses.of(case, sites_of(pools))
    running = RunningCosts(case, classes, supplies.all, supplies.effectiveness, supplies.usable_share)
    lives = [lead_and_life(supply, case) for supply in pools]
    shape = (len(pools), timeline.periods)
    order_min, order_max = order_bounds(pools, case)
    opened = openings(case, pools)
    penalties = [workload.unserved_penalty for workload in case.workloads]
    instance = Instance(
        first_hour=case.calendar.first_hour,
        discount_middle=timeline.discount_middle[: timeline.periods],
        demand=case.demand.gpus,
        unserved_penalty=np.array([np.inf if penalty is None else penalty for penalty in penalties]),
        spot_max_share=np.array([workload.spot_max_share for workload in case.workloads], dtype=np.float64),
        effectiveness=supplies.effectiveness,
        running_cost=running.total,
        is_spot=np.array([supply.kind is SupplyKind.SPOT for supply in supplies.all], dtype=np.bool_),
        offered=np.ones((timeline.periods, *supplies.effectiveness.shape), dtype=np.bool_),
        pool_supply=np.arange(len(pools), dtype=np.int64),
        usable_gpus=np.array([usable_gpus(supply, case.assumptions) for supply in pools], dtype=np.float64),
        order_cost=np.array([_order_cost(supply, case) for supply in pools]).reshape(shape),
        holding_cost=sum((cost for _, cost in holding_parts(case, pools)), start=np.zeros(shape)),
        lead_periods=np.array([lead for lead, _ in lives], dtype=np.int64),
        life_periods=np.array([life for _, life in lives], dtype=np.int64),
        whole=np.array([is_whole(supply, case.assumptions) for supply in pools], dtype=np.bool_),
        order_min=order_min,
        order_max=order_max,
        rental_limits=rental_limits(supplies.all, case),
        capacity_limits=capacity_limits(pools, case),
        order_limits=order_limits(pools, case),
        held=tuple(_held(units, pools, timeline) for units in held),
        constant_cost=sum(units.units * units.cost(timeline) for units in held),
        sale_change=dict(_sale_changes(pools, case)),
        draws=_draws(supplies.all, case),
        budgets=budgets(case, pools, held, opened, running),
        openings=opened,
        people=people(case, pools),
        class_of_hour=classes.of_hour,
        blocks=_blocks(case),
    )
    return Prepared(instance, case, supplies.all, held, running)


def _order_cost(supply: Supply, case: Case, leave: Integers | None = None) -> Floats:
    """cost[order period]  discounted, per unit ordered; cost[leave, order period] for leave[leave, 1]."""
    return sum((spread.total for spread in spreads_of(supply, case, leave)), start=np.zeros(1))


def _held(units: HeldUnits, pools: Sequence[Supply], timeline: Timeline) -> Held:
    pool, change = pools.index(units.supply), units.sale_change(timeline)
    return Held(pool, units.units, units.first, units.last, change, units.whole)


def _sale_changes(pools: Sequence[Supply], case: Case) -> Mapping[int, Floats]:
    """pool → change[order period, leave period] of the cost of an order, where a resale value is defined."""
    changes = {}
    for k, supply in enumerate(pools):
        if supply.kind is SupplyKind.SERVER and case.assumptions.servers[supply.owner].resale:
            early = _order_cost(supply, case, np.arange(case.timeline.periods)[:, None])
            changes[k] = early.T - _order_cost(supply, case)[:, None]
    return changes


def _draws(supplies: Sequence[Supply], case: Case) -> tuple[Draw, ...]:
    """What each hour drawn takes of the money of its spend commitment."""
    return tuple(
        Draw(j, supplies.index(Supply(SupplyKind.SPEND_COMMITMENT, supply.place, MONEY)), draw_rate(supply, case))
        for j, supply in enumerate(supplies)
        if supply.kind is SupplyKind.DRAWN
    )


def _blocks(case: Case) -> dict[int, Integers]:
    """workload → block_of_hour[hour]: blocks from the horizon's start, cut at period ends; an hour each is no block."""
    period = np.repeat(np.arange(case.calendar.count), case.calendar.hours)
    hour, blocks = np.arange(len(period)), {}
    for w, workload in enumerate(case.workloads):
        match workload.deferrable:
            case Duration() as length if length.hours > 1:
                begins = (np.diff(hour // int(length.hours)) != 0) | (np.diff(period) != 0)
                blocks[w] = np.concatenate([[0], np.cumsum(begins)]).astype(np.int64)
            case "period":
                blocks[w] = period.astype(np.int64)
    return blocks
