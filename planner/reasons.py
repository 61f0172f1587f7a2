"""Why each order was made and each other option was not, in words with figures (docs/reasons.md)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from hybrid_lp.certify import Settings
from hybrid_lp.worth import Appraiser

from planner.dispatch import SupplyKind
from planner.entries import NotTaken, is_quick, not_taken
from planner.replay import Replay
from planner.taken import taken, texts_of

QUICK_SECONDS = 1.0
"""All reruns that were not asked for take no longer than this."""

MOST_ORDERS = 20
"""Orders of which each has a sentence, the dearest."""


@dataclass(frozen=True)
class Reasons:
    """What the plan says of itself."""

    texts: tuple[str, ...]
    """Orders first, the dearest first; then options not taken, the nearest to entering first."""
    left: tuple[NotTaken, ...]
    """Every option that is not taken."""


def reasons(replay: Replay, settings: Settings, *, rerun: bool | None = None) -> Reasons:
    """The reasons of a plan. rerun: find the prices at which options enter; None where that is quick."""
    again = is_quick(replay.certified) if rerun is None else rerun
    if rerun is None:
        settings = _within(settings, QUICK_SECONDS)
    labels, currency = replay.prepared.case.calendar.labels, replay.prepared.case.assumptions.currency
    appraiser = Appraiser(replay.merged, replay.operator, replay.certified)
    orders, more = taken(replay, appraiser, MOST_ORDERS)
    texts = list(texts_of(orders, labels, currency))
    texts += [f"and {more} smaller orders, for the same reasons"] if more else []
    left = tuple(sorted(not_taken(replay, appraiser, settings, rerun=again), key=_distance))
    return Reasons((*texts, *_grouped(left, currency)), left)


def _within(settings: Settings, seconds: float) -> Settings:
    """The settings with so many seconds from now on, or fewer where fewer are left."""
    until, before = time.monotonic() + seconds, settings.seconds_left

    def left() -> float:
        mine = until - time.monotonic()
        return mine if before is None else min(mine, before())

    return replace(settings, seconds_left=left)


def _distance(option: NotTaken) -> tuple[bool, float]:
    """Near ones first: by how much their price is too high. Those that cannot be had are last."""
    factor = option.estimate if option.entry is None else option.entry.below
    return option.barred is not None, -(factor or 0.0)


def _grouped(left: tuple[NotTaken, ...], currency: str) -> list[str]:
    """One sentence for each option; one for all that have the same."""
    names: dict[str, list[str]] = {}
    for option in left:
        names.setdefault(why_not(option, currency), []).append(option.supply.label)
    return [f"{', '.join(those)}: {text}" for text, those in names.items()]


def why_not(option: NotTaken, currency: str) -> str:
    """`not used: it pays above 58.8 % utilisation, the next block would use it 41 %; enters below 1.92 USD`."""
    if option.barred is not None:
        return option.barred
    return "; ".join(["not used" + _use_of_one_more(option), _entering(option, currency)])


def _use_of_one_more(option: NotTaken) -> str:
    worth, one = option.worth, "server" if option.supply.kind is SupplyKind.SERVER else "instance"
    if worth is None:
        return ""
    if worth.busy <= 0 or worth.saved <= 0:
        return ": the next block of demand would not use it"
    threshold = worth.pays_from
    assert threshold is not None, "busy hours that save something have a threshold"
    share, used = threshold / worth.hours, worth.utilisation
    if share > 1:
        return f": full use would not pay for it, one more {one} would be used {used:.1%}".replace("%", " %")
    pays = f"it pays above {share:.1%} utilisation, the next block of demand would use it {used:.1%}"
    return f": {pays}".replace("%", " %")


def _entering(option: NotTaken, currency: str) -> str:
    price, found = option.price, option.entry
    assert price is not None, "an option that can be had has a price"

    def at(factor: float) -> str:
        return f"{figure(factor * price.amount)} {currency} {price.unit} (now {figure(price.amount)})"

    paying = f"; by marginal values it pays below about {at(option.estimate)}" if option.estimate else ""
    if option.estimate is not None and option.estimate >= 1:
        paying = f"; by marginal values it just pays at its price of {figure(price.amount)} {currency} {price.unit}"
    if found is None:
        if not paying:
            return "by marginal values no price would make it pay"
        return f"{paying[2:]}; --why confirms by reruns"
    if found.below is not None:
        return f"enters the plan below {at(found.below)}"
    if found.between is not None:
        low, high = found.between
        return f"enters the plan somewhere between {figure(low * price.amount)} and {at(high)}: to tell closer, --gap"
    if found.never:
        return "would not be used even if it were free"
    if not found.finished:
        unknown = (
            "at which price it enters was not found: reruns did not finish; --why gives them all the time there is"
        )
        return f"{unknown}{paying}"
    unknown = "at which price it enters cannot be told: what it changes is within the gap that the plan is proven to"
    return f"{unknown}{paying}"


def figure(amount: float) -> str:
    """Four significant digits, without decimals from 1,000 on.

    >>> figure(1.92), figure(212345.6), figure(0.0123456)
    ('1.92', '212,346', '0.01235')
    """
    if abs(amount) >= 1000:
        return f"{amount:,.0f}"
    return f"{amount:.4g}"
