"""For every option that a plan does not take: at which price it would enter, and why it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from hybrid_lp.certify import Certified, Path, Settings, certify_again
from hybrid_lp.entering import Entry, KnownTie, PricedOption, draw_estimate, entry, market_estimate, pool_estimate
from hybrid_lp.marginals import Marginals, marginals
from hybrid_lp.with_unit import entry_of_units, has_whole_units
from hybrid_lp.worth import Appraiser, Worth

from planner.barred import barred, unable
from planner.dispatch import Supply
from planner.option_prices import OptionPrice, Pricing, option_price
from planner.replay import Replay

FEW_ORDERS = 40
"""Orders that there can be, pools × periods, of instances that are planned again unasked."""

MOST_UNITS = 20
"""Options, the nearest to entering, of which one more unit is looked at where prices are not found by reruns."""

FINE_GAP = 1e-6
"""Reruns of plans without whole units are proven this close: it costs little, and small options show."""


@dataclass(frozen=True)
class NotTaken:
    """An option that is no part of the plan."""

    supply: Supply
    barred: str | None = None
    """Why it can be part of no plan, whatever it costs."""
    price: OptionPrice | None = None
    estimate: float | None = None
    """Factor of its price at which it pays by the plan's marginal values."""
    entry: Entry | None = None
    """None where no reruns were asked for."""
    worth: Worth | None = None
    """Of a pool: what one unit more would do."""

    @property
    def enters_below(self) -> float | None:
        """The price below which it enters, confirmed by reruns."""
        if self.entry is None or self.entry.below is None or self.price is None:
            return None
        return self.entry.below * self.price.amount


@dataclass(frozen=True)
class _Unit:
    """One unit more of a pool."""

    period: int
    """In which it would be ordered."""
    worth: Worth


def is_quick(certified: Certified) -> bool:
    """Are reruns so quick that they need not be asked for? Those of small instances, whose hours are written out."""
    return certified.path is not Path.CUTS and certified.orders.size <= FEW_ORDERS


def not_taken(replay: Replay, appraiser: Appraiser, settings: Settings, *, rerun: bool) -> Iterator[NotTaken]:
    """Every option that is not ordered, or on which nothing runs."""
    prepared, certified = replay.prepared, replay.certified
    worth = marginals(replay.merged, replay.operator, certified)
    memory = replay.memory
    settings = replace(settings, worth=False)
    if rerun and not prepared.instance.has_whole_units and settings.gap > FINE_GAP:
        settings = replace(settings, gap=FINE_GAP)
        finer, _, left = certify_again(replay.merged, settings, memory)
        certified, memory = (finer, left) if finer.operations else (certified, memory)
    pricing, able = Pricing(prepared), []
    for supply in _left_out(replay):
        why = barred(prepared, supply)
        if why is not None:
            yield NotTaken(supply, why)
            continue
        option = pricing.priced(supply)
        able.append((supply, option, _estimate(option, replay, worth)))
    pools = sorted((entry for entry in able if entry[0].is_pool), key=lambda entry: -entry[2])
    looked_at = {supply for supply, _, _ in (pools if rerun else pools[:MOST_UNITS])}
    for supply, option, estimate in able:
        unit = _unit(option, appraiser, worth) if supply in looked_at else None
        found = None
        if rerun and has_whole_units(option, settings):
            found = entry_of_units(option, settings, certified, memory, estimate)
        elif rerun:
            found = entry(option, settings, certified, memory, estimate, _known(option, unit, estimate, worth))
        yield NotTaken(
            supply, None, option_price(supply, prepared.case), estimate, found, None if unit is None else unit.worth
        )
    for supply, why in unable(prepared):
        yield NotTaken(supply, why)


def _left_out(replay: Replay) -> Iterator[Supply]:
    """What the plan does not order or run on."""
    prepared, certified = replay.prepared, replay.certified
    run = certified.run_gpu_hours.sum(axis=0)
    for k, supply in enumerate(prepared.supplies):
        if not supply.runs_work:
            continue
        taken = certified.orders[k].any() if supply.is_pool else run[replay.membership.supply_of[k]] > 0
        if not taken:
            yield supply


def _estimate(option: PricedOption, replay: Replay, worth: Marginals) -> float:
    if option.pool is not None:
        return pool_estimate(option, worth)
    if option.is_drawn:
        return draw_estimate(option, replay.membership, worth)
    return market_estimate(option, replay.membership, worth)


def _known(option: PricedOption, unit: _Unit | None, estimate: float, worth: Marginals) -> KnownTie | None:
    """The plan with one unit more; of a market, the plan with a bit of it in its best hour."""
    instance = option.instance
    if option.pool is None:
        full = any(
            option.supply in limit.markets and worth.rental[number].any()
            for number, limit in enumerate(instance.rental_limits)
        )
        is_simple = not (option.is_drawn or instance.is_spot[option.supply] or instance.budgets or full)
        return KnownTie(estimate, keeps_limits=True) if is_simple else None
    if unit is None:
        return None
    tied = float((instance.order_cost - option.free.order_cost)[option.pool, unit.period])
    if tied <= 0 or not np.isfinite(unit.worth.saved):
        return None
    limits = (instance.budgets, instance.rental_limits, instance.capacity_limits, instance.order_limits)
    room = not any(limits) and instance.order_max[option.pool].min() >= 1
    return KnownTie(1 - (unit.worth.cost - unit.worth.saved) / tied, keeps_limits=bool(room))


def _unit(option: PricedOption, appraiser: Appraiser, worth: Marginals) -> _Unit | None:
    """One more unit, in the period in which it would cost least."""
    k = option.pool
    assert k is not None, "a market has no units"
    if not np.isfinite(worth.order[k]).any():
        return None
    period = int(np.nanargmin(worth.order[k]))
    return _Unit(period, appraiser.more_units(k, period, 1.0))
