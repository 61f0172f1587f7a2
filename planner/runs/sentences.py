"""The difference of two plans in one sentence: what it costs, and what is done instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from planner.assumptions.durations import Duration
from planner.runs.compare import Comparison, Topic
from planner.runs.kept import KeptRun
from planner.terminal.text import clean, gpu_hours, money, number, percent, plural

_NOISE = 1e-6
_WORTH_SAYING = 0.01
"""Share by which rented hours must change to be told."""

_BEYOND = (Topic.SPEND_COMMITMENTS, Topic.APIS)


def sentence(comparison: Comparison) -> str:
    """`Plan cost falls by 212,000 USD (−8 %); 2 servers fewer, 1-year reservations replace 3-year ones`."""
    clauses = [text for text in (_servers(comparison), _reservations(comparison), _rentals(comparison)) if text]
    clauses += [text for text in (_unserved(comparison),) if text]
    done = any(lines for topic, lines in comparison.lines.items() if topic is not Topic.COSTS)
    if not clauses:
        clauses = ["other amounts of the same things"] if done else ["the plan stays the same"]
    return f"{_cost(comparison)}; {', '.join(clauses)}"


def signed(text: str, value: float) -> str:
    """The text of an amount without its sign, with `+` or `−` before it.

    >>> signed("8 %", -0.08)
    '−8 %'
    """
    return f"{'−' if value < 0 else '+'}{text.removeprefix('-')}"


def _cost(comparison: Comparison) -> str:
    difference, share = comparison.difference, comparison.share
    currency = str(comparison.base.content["currency"])
    if difference == 0:
        return "Plan cost stays the same"
    amount = money(abs(difference), currency)
    relative = f" ({signed(percent(abs(share)), difference)})" if share is not None else ""
    within = ", which is within the gaps that are proven" if abs(difference) <= _unproven(comparison) else ""
    return f"Plan cost {'rises' if difference > 0 else 'falls'} by {amount}{relative}{within}"


def _unproven(comparison: Comparison) -> float:
    """How much the costs of both plans may lie above the best ones."""
    contents = (comparison.base.content, comparison.other.content)
    return sum(float(content["gap"] or 0.0) * max(abs(float(content["total_cost"])), 1.0) for content in contents)


def _servers(comparison: Comparison) -> str:
    before, after = (_totals(run, "purchases", ("server",), "count") for run in (comparison.base, comparison.other))
    total = sum(after.values()) - sum(before.values())
    up, down = _moved(before, after)
    parts = [f"{plural(abs(total), 'server')} {'more' if total > 0 else 'fewer'}"] if abs(total) > _NOISE else []
    if up and down:
        parts.append(f"{_listed(name for (name,) in up)} in place of {_listed(name for (name,) in down)}")
    elif not parts and _counts_differ(comparison, Topic.ORDERS):
        parts.append("the same servers at other times or sites")
    return ", ".join(parts)


def _reservations(comparison: Comparison) -> str:
    runs = (comparison.base, comparison.other)
    before, after = (_by_term(run) for run in runs)
    up, down = _moved(before, after)
    if up and down:
        return f"{_listed(up)} reservations replace {_listed(down)} ones ({_gpus(up)} and {_gpus(down)})"
    if up or down:
        change = sum((up or down).values())
        return f"{plural(abs(change), 'GPU')} {'more' if change > 0 else 'fewer'} reserved ({_listed(up or down)})"
    before_by, after_by = (_totals(run, "commitments", ("offer", "option"), "gpus") for run in runs)
    new, old = _moved(before_by, after_by)
    if new and old:
        return f"reservations of {_listed(map('/'.join, new))} replace those of {_listed(map('/'.join, old))}"
    return "reservations at other times" if _counts_differ(comparison, Topic.COMMITMENTS) else ""


def _rentals(comparison: Comparison) -> str:
    before, after = (
        sum(_totals(run, "rentals", (), "gpu_hours").values()) for run in (comparison.base, comparison.other)
    )
    if abs(after - before) <= max(_WORTH_SAYING * max(before, after), _NOISE):
        return ""
    verb = "rise" if after > before else "fall"
    shown = [gpu_hours(hours) if hours else "0" for hours in (before, after)]
    return f"GPU-hours rented {verb} from {shown[0]} to {shown[1]}"


def _unserved(comparison: Comparison) -> str:
    change = sum(line.difference for line in comparison.lines[Topic.UNSERVED])
    if abs(change) <= _NOISE:
        return ""
    return f"{gpu_hours(abs(change))} reference GPU-hours {'more' if change > 0 else 'fewer'} left undone"


def _counts_differ(comparison: Comparison, topic: Topic) -> bool:
    return any(abs(line.difference) > _NOISE for line in comparison.lines[topic])


def _by_term(run: KeptRun) -> dict[str, float]:
    """GPUs reserved by length of the term, as `1-year`."""
    cloud = run.inputs.get("assumptions", {}).get("cloud") or {}
    totals: dict[str, float] = {}
    for (offer, option), gpus in _totals(run, "commitments", ("offer", "option"), "gpus").items():
        terms = ((cloud.get(offer) or {}).get("reserved") or {}).get(option) or {}
        term = _term_words(terms.get("term")) or f"{offer}/{option}"
        totals[term] = totals.get(term, 0.0) + gpus
    return totals


def _term_words(term: object) -> str:
    """`36 months` → `3-year`."""
    if not isinstance(term, str):
        return ""
    try:
        length = Duration.parse(term)
    except ValueError:
        return ""
    months = length.amount * (length.unit.months or 0)
    if months and months % 12 == 0:
        return f"{months // 12}-year"
    return f"{number(float(length.amount))}-{length.unit.value}"


def _totals(run: KeptRun, table: str, keys: tuple[str, ...], quantity: str) -> dict[tuple[str, ...], float]:
    totals: dict[tuple[str, ...], float] = {}
    for row in run.content.get(table, []):
        name = tuple(str(row[key]) for key in keys)
        totals[name] = totals.get(name, 0.0) + row[quantity]
    return totals


def _moved[Name](
    before: Mapping[Name, float], after: Mapping[Name, float]
) -> tuple[dict[Name, float], dict[Name, float]]:
    """What there is more of, and what there is less of, with the difference."""
    change = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in (*before, *after)}
    scale = {name: _NOISE * max(1.0, before.get(name, 0.0)) for name in change}
    up = {name: value for name, value in change.items() if value > scale[name]}
    return up, {name: value for name, value in change.items() if value < -scale[name]}


def _gpus(changes: Mapping[Any, float]) -> str:
    total = sum(changes.values())
    return signed(plural(abs(total), "GPU"), total)


def _listed(names: Iterable[object]) -> str:
    return " and ".join(clean(name) for name in names)
