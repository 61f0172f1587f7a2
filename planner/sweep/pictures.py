"""The pictures of a sweep, as altair charts: fields have fixed names, names of assumptions are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np

from planner.sweep.answers import Answers, Step, Swing
from planner.sweep.points import Role
from planner.sweep.rendering import others, value_words
from planner.sweep.run import Swept
from planner.terminal.text import clean, money, plural

WIDTH, HEIGHT = 760, 300
SHOWN = 20
"""Assumptions of a tornado; those below move the cost less."""
_INK = "ink"
"""Style of marks in the colour of text, whatever the theme."""
_LOW, _HIGH = "#1f5fa8", "#c66a00"
_BINS = 40
Picture = alt.LayerChart | alt.FacetChart | alt.VConcatChart


def pictures(swept: Swept, answers: Answers) -> dict[str, Picture]:
    """Every picture that has something to show, by the name of its file."""
    made: dict[str, Picture] = {}
    if any(swing.width for swing in answers.swings):
        made["tornado"] = tornado(answers)
    if len(swept.question.axes) > 1:
        made["heat-map"] = heat_map(swept, answers)
    if answers.steps:
        made["steps"] = steps(answers)
    if answers.spreads:
        made["spread"] = spread(swept, answers)
    return made


def tornado(answers: Answers) -> Picture:
    """What each assumption alone does to the cost, the widest on top."""
    base = answers.base.total_cost or 0.0
    found = [swing for swing in answers.swings if _ends(swing)][:SHOWN]
    names = _told_apart([clean(swing.assumption)[:60] for swing in found])
    rows = [
        {"assumption": name, "end": end, "at": value_words(value), "cost": cost, "base": base}
        for name, swing in zip(names, found, strict=True)
        for end, value, cost in _ends(swing)
    ]
    unit = _unit("total cost, discounted", answers)
    y = alt.Y("assumption:N", title=None, sort=names, axis=alt.Axis(labelLimit=300))
    colour = alt.Color(
        "end:N",
        scale=alt.Scale(domain=["low end", "high end"], range=[_LOW, _HIGH]),
        legend=alt.Legend(title="The assumption is at its", orient="bottom"),
    )
    tips = [_text("assumption", "Assumption"), _text("at", "Factor or figure"), _figure("cost", unit)]
    x = alt.X("cost:Q", title=unit, scale=alt.Scale(zero=False), axis=alt.Axis(format=",.4~s"))
    bars = alt.Chart(_data(rows)).mark_bar(height=16).encode(x=x, x2="base:Q", y=y, color=colour, tooltip=tips)
    texts = [
        {
            "assumption": name,
            "at": f"{value_words(swing.low)} … {value_words(swing.high)}",
            "cost": max(base, *(cost for _, _, cost in _ends(swing))),
        }
        for name, swing in zip(names, found, strict=True)
    ]
    words = alt.Chart(_data(texts)).mark_text(style=_INK, align="left", dx=4).encode(y=y, x="cost:Q", text="at:N")
    rule = alt.Chart(_data([{"base": base}])).mark_rule(style=_INK).encode(x="base:Q")
    below = ["Bars: one assumption at its two ends, which stand beside them; the others as in the run. Line: the run."]
    if len(answers.swings) > len(found):
        below.append(f"{len(answers.swings) - len(found)} are not drawn: no plan at an end, or moving the cost less.")
    title = _title("Which assumption moves the cost most?", *below)
    return alt.layer(bars, words, rule).properties(width=WIDTH - 160, height=alt.Step(26), title=title)


def heat_map(swept: Swept, answers: Answers) -> Picture:
    """The cost over two assumptions, others as in the run; servers ordered as figures where there is room."""
    first, second = swept.question.axes[:2]
    fixed = {axis.pattern: axis.middle for axis in swept.question.axes[2:]}
    base = answers.base.total_cost or 0.0
    rows = [
        {
            "x": value_words(point.varied[first.pattern]),
            "y": value_words(point.varied[second.pattern]),
            "cost": row.total_cost,
            "change": None if row.total_cost is None or not base else 100 * (row.total_cost / base - 1),
            "servers": row.servers if row.is_plan else None,
            "commitments": row.commitments if row.is_plan else None,
            "words": f"{row.servers:.4g}" if row.is_plan else "none",
        }
        for point, row in swept.of(Role.GRID)
        if all(point.varied[name] == value for name, value in fixed.items())
    ]
    costs = [row.total_cost for _, row in swept.of(Role.GRID) if row.total_cost is not None]
    largest = max((abs(100 * (cost / base - 1)) for cost in costs), default=1.0) if base else 1.0
    x = alt.X("x:O", title=_axis(first), sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y("y:O", title=_axis(second), sort=None)
    tips = [
        _text("x", first.pattern),
        _text("y", second.pattern),
        _figure("cost", _unit("Total cost", answers)),
        _figure("servers", "Servers ordered"),
        _figure("commitments", "Instances committed"),
    ]
    colour = alt.Color(
        "change:Q",
        scale=alt.Scale(domain=[-largest, 0, largest], range=[_LOW, "#f4f4f4", _HIGH]),
        legend=alt.Legend(title="Cost against the run (%)", orient="right", format="+.3~g"),
    )
    cells = alt.Chart(_data(rows)).mark_rect().encode(x=x, y=y, color=colour, tooltip=tips)
    below = f"Colour: total cost against the run's {_money(base, answers)}."
    if fixed:
        below = f"With {others(answers, first.pattern, second.pattern)}. {below}"
    layers = [cells]
    if len(first.steps) <= 21:
        near = f"abs(datum.change) < {largest * 0.6}"
        ink = alt.condition(near, alt.value("#1b1f24"), alt.value("#ffffff"))
        layers.append(alt.Chart(_data(rows)).mark_text(fontSize=11).encode(x=x, y=y, text="words:N", color=ink))
        below += " Figures: servers ordered."
    title = _title("How cost and servers move with two assumptions together", below)
    height = min(max(26 * len(second.steps), 120), 600)
    return alt.layer(*layers).properties(width=WIDTH - 140, height=height, title=title)


def steps(answers: Answers) -> Picture:
    """How cost, servers and commitments move with each assumption of a grid, the others as in the run."""
    parts = [
        alt.hconcat(
            _line(name, found, "cost", _unit("total cost", answers), _LOW),
            _line(name, found, "servers", "servers ordered", "#2b7a4b"),
            _line(name, found, "commitments", "instances committed", _HIGH),
            spacing=30,
        )
        for name, found in answers.steps.items()
    ]
    below = [f"{_short(name)}: {others(answers, name)}." for name in answers.steps] if len(answers.steps) > 1 else []
    below = below if any(not rest.is_unchanged for rest in answers.rests) else ["The others as in the run."]
    title = _title("How the plan moves with each assumption alone", *below, "Points: plans that were made.")
    return alt.vconcat(*parts).properties(title=title)


def spread(swept: Swept, answers: Answers) -> Picture:
    """How the cost is spread over the draws, by what the plan of the draw orders."""
    found = [row for _, row in swept.of(Role.DRAW) if row.is_plan]
    costs = np.array([row.total_cost for row in found], dtype=np.float64)
    edges = np.histogram_bin_edges(costs, bins=min(_BINS, max(len(costs) // 3, 5)))
    count, _ = np.histogram(costs, edges)
    rows = [
        {"low": float(low), "high": float(high), "draws": int(number), "nothing": 0}
        for low, high, number in zip(edges[:-1], edges[1:], count, strict=True)
    ]
    unit = _unit("total cost of the best plan of a draw, discounted", answers)
    x = alt.X("low:Q", title=unit, scale=alt.Scale(zero=False), axis=alt.Axis(format=",.4~s"))
    tips = [_figure("low", "From"), _figure("high", "To"), _figure("draws", "Draws")]
    bars = (
        alt.Chart(_data(rows))
        .mark_rect(color=_LOW, opacity=0.85)
        .encode(
            x=x,
            x2="high:Q",
            y=alt.Y("draws:Q", title="draws", scale=alt.Scale(domainMin=0)),
            y2="nothing:Q",
            tooltip=tips,
        )
    )
    cost = answers.spreads[0]
    marks = [{"cost": cost.base, "what": "the run", "line": 4}]
    marks += [
        {"cost": value, "what": words, "line": 4 + 14 * number}
        for number, (value, words) in enumerate(
            zip((cost.quantiles[0], cost.quantiles[2], cost.quantiles[-1]), ("5 %", "median", "95 %"), strict=True), 1
        )
    ]
    rules = alt.Chart(_data(marks)).mark_rule(style=_INK, strokeDash=[3, 3]).encode(x="cost:Q")
    words = (
        alt.Chart(_data(marks))
        .mark_text(style=_INK, align="left", dx=4, baseline="top")
        .encode(x="cost:Q", y=alt.Y("line:Q", scale=None), text="what:N")
    )
    below = f"{plural(len(found), 'draw')}, each with its own best plan. Dotted: the run, and quantiles of the draws."
    title = _title("How uncertain is the cost?", below)
    return alt.layer(bars, rules, words).properties(width=WIDTH, height=HEIGHT, title=title)


def _told_apart(names: Sequence[str]) -> list[str]:
    """The same names, with a number where cutting them made them equal."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _line(name: str, found: Sequence[Step], field: str, unit: str, colour: str) -> alt.Chart:
    rows = [
        {"value": step.value, "cost": step.total_cost, "servers": step.servers, "commitments": step.commitments}
        for step in found
        if step.total_cost is not None
    ]
    x = alt.X("value:Q", title=_short(name), scale=alt.Scale(zero=False))
    y = alt.Y(
        f"{field}:Q", title=unit, scale=alt.Scale(zero=field != "cost"), axis=alt.Axis(format=",.4~s", tickMinStep=1)
    )
    line: alt.Chart = (
        alt.Chart(_data(rows))
        .mark_line(point={"color": colour}, color=colour)
        .encode(x=x, y=y, tooltip=[_figure("value", name), _figure(field, unit)])
        .properties(width=(WIDTH - 160) // 3, height=180)
    )
    return line


def _axis(axis: Any) -> str:
    return f"{_short(axis.pattern)} ({'factor' if axis.is_relative else 'figure'})"


def _short(name: str) -> str:
    return clean(name)[:48]


def _unit(words: str, answers: Answers) -> str:
    currency = clean(answers.currency)
    return f"{words} ({currency})" if currency else words


def _money(amount: float, answers: Answers) -> str:
    return money(amount, answers.currency)


def _ends(swing: Swing) -> list[tuple[str, float, float]]:
    """(end, value, cost) of both ends; none where there is no plan at one of them."""
    if swing.cost_at_low is None or swing.cost_at_high is None:
        return []
    return [("low end", swing.low, swing.cost_at_low), ("high end", swing.high, swing.cost_at_high)]


def _data(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def _title(text: str, *below: str) -> alt.TitleParams:
    return alt.TitleParams(text, subtitle=list(below), anchor="start")


def _text(field: str, head: str) -> alt.Tooltip:
    return alt.Tooltip(field, type="nominal", title=clean(head))


def _figure(field: str, head: str) -> alt.Tooltip:
    return alt.Tooltip(field, type="quantitative", title=clean(head), format=",.6~r")
