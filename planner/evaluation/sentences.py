"""An evaluation in words: what the schedule costs beside the best one, and which orders and lines make it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from planner.evaluation.entries import Kind
from planner.evaluation.result import Evaluation, totals
from planner.result import Plan
from planner.runs.compare import Comparison, Topic
from planner.runs.rendering import rounded_to_sum
from planner.terminal.text import at_most_percent, clean, decimals_for, gpu_hours, money, number, percent, plural

_SHOWN = 3
"""Lines of costs that a sentence names; the rest is summed, so that they add up."""

_NOISE = 1e-6

_THINGS: Mapping[Kind, tuple[tuple[str, ...], str, str]] = {
    Kind.ORDER: (("server",), "count", "server"),
    Kind.COMMITMENT: (("offer", "option"), "count", "reserved instance"),
    Kind.PROMISE: (("name",), "amount_per_hour", "{currency} an hour promised"),
    Kind.SALE: (("server",), "count", "early sale"),
}
"""Kind → columns that name the thing, column that counts it, and what one is called."""


def sentences(evaluation: Evaluation) -> Iterator[str]:
    """First what it comes to, then what is wrong with it, then what makes the difference."""
    yield _cost(evaluation)
    yield from _wrong(evaluation)
    comparison = evaluation.comparison
    if evaluation.best is None or comparison is None:
        yield from (f"There is no best plan to compare with: {reason.strip()}." for reason in evaluation.no_best[:1])
        return
    yield _orders(evaluation.yours, evaluation.best, comparison)
    if text := _lines(comparison):
        yield text


def _cost(evaluation: Evaluation) -> str:
    yours, best, currency = evaluation.yours, evaluation.best, evaluation.yours.currency
    total = money(yours.total_cost, currency)
    if best is None:
        return f"Your schedule costs {total}."
    if evaluation.shortfalls:
        served = "for what it serves, which is less than must be served: not comparable with"
        return f"Your schedule costs {total} {served} the best plan's {money(best.total_cost, currency)}."
    difference = yours.total_cost - best.total_cost
    share = f" ({percent(abs(difference) / abs(best.total_cost))})" if best.total_cost else ""
    against = f"the best plan, which costs {money(best.total_cost, currency)}"
    if abs(difference) <= _NOISE * max(abs(best.total_cost), 1.0):
        return f"Your schedule costs {total}, the same as the best plan."
    if difference < 0 and not evaluation.feasible:
        less = money(-difference, currency)
        return (
            f"Your schedule costs {total}, {less}{share} less than {against}: the limits that it oversteps save that."
        )
    if difference < 0:
        proven = f"within the gap that is proven (at most {at_most_percent(best.gap)})"
        within = f"it is better than the best plan found, {proven}"
        return f"Your schedule costs {total}, {money(-difference, currency)} less than {against}: {within}."
    proven = ", which is within the gap that is proven" if difference <= best.gap * abs(best.total_cost) else ""
    return f"Your schedule costs {total}, {money(difference, currency)}{share} more than {against}{proven}."


def _wrong(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.shortfalls:
        by_name: dict[str, float] = {}
        for row in evaluation.shortfalls:
            by_name[row.workload] = by_name.get(row.workload, 0.0) + row.gpu_hours
        amounts = _listed(f"{gpu_hours(hours)} of {name}" for name, hours in by_name.items())
        first = min(row.first for row in evaluation.shortfalls)
        hours = plural(sum(row.hours for row in evaluation.shortfalls), "hour")
        yield f"It leaves reference GPU-hours undone that must be served: {amounts}, in {hours}, first at {first}."
    if evaluation.oversteps:
        limits = list(dict.fromkeys(overstep.limit for overstep in evaluation.oversteps))
        shown = _listed([*limits[:_SHOWN], *([f"{len(limits) - _SHOWN} more"] if len(limits) > _SHOWN else [])])
        yield f"It is not possible as it stands: it does not keep {shown}. Its cost is what it would cost without them."


def _orders(yours: Plan, best: Plan, comparison: Comparison) -> str:
    """`It has 12 servers hgx where the best plan has 8: 4 more`, for everything that is ordered."""
    parts = []
    for kind, (keys, quantity, noun) in _THINGS.items():
        mine, other = (totals(plan, kind.value, keys, quantity) for plan in (yours, best))
        for name in dict.fromkeys([*mine, *other]):
            has, had = mine.get(name, 0.0), other.get(name, 0.0)
            if abs(has - had) > _NOISE * max(1.0, has):
                unit = noun.format(currency=yours.currency)
                parts.append(f"{_count(has, unit)} {clean('/'.join(name))} (the best plan {number(had)})")
    if parts:
        return f"It has {_listed(parts)}."
    ordered = (Topic.ORDERS, Topic.COMMITMENTS, Topic.SPEND_COMMITMENTS, Topic.SALES)
    if any(comparison.lines[topic] for topic in ordered):
        return "It orders as much of everything as the best plan, at other times or places."
    return "It orders what the best plan orders."


def _count(value: float, noun: str) -> str:
    return f"{number(value)} {noun}" if "promised" in noun else plural(value, noun)


def _lines(comparison: Comparison) -> str:
    """`That costs 1,200,000 USD more (servers 1,100,000, staff 100,000) and saves 988,000 USD (on demand 988,000)`."""
    lines = comparison.lines[Topic.COSTS]
    decimals = decimals_for([comparison.cost_before, comparison.cost_after])
    changes = dict(
        zip(
            [line.keys[0].replace("_", " ") for line in lines],
            rounded_to_sum([line.difference for line in lines], comparison.difference, decimals),
            strict=True,
        )
    )
    currency = str(comparison.base.content["currency"])
    more = {name: change for name, change in changes.items() if change > 0}
    less = {name: -change for name, change in changes.items() if change < 0}
    parts = []
    if more:
        parts.append(f"costs {money(sum(more.values()), currency, decimals)} more ({_named(more, decimals)})")
    if less:
        parts.append(f"saves {money(sum(less.values()), currency, decimals)} ({_named(less, decimals)})")
    return f"That {' and '.join(parts)}." if parts else ""


def _named(amounts: Mapping[str, float], decimals: int) -> str:
    order = sorted(amounts, key=lambda name: -amounts[name])
    texts = [f"{name} {money(amounts[name], '', decimals)}" for name in order[:_SHOWN]]
    rest = sum(amounts[name] for name in order[_SHOWN:])
    return ", ".join([*texts, f"others {money(rest, '', decimals)}"] if len(order) > _SHOWN else texts)


def _listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
