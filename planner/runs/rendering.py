"""Comparisons as text, Markdown and JSON: sentences first, then lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from planner.runs.compare import SUBJECTS, Comparison, InputLine, Line, Sign, Subject, Topic
from planner.runs.sentences import sentence, signed
from planner.terminal.text import clean, decimals_for, money, number, percent

_TITLES = {
    Topic.ORDERS: "Orders",
    Topic.COMMITMENTS: "Commitments",
    Topic.SPEND_COMMITMENTS: "Spend commitments",
    Topic.SALES: "Servers sold early",
    Topic.RENTALS: "Rentals",
    Topic.APIS: "APIs",
    Topic.UNSERVED: "Left undone",
    Topic.COSTS: "Costs",
}
_LONGEST = 60
_WHOLE = 100
"""Amounts from this one on are shown without decimals."""


@dataclass(frozen=True)
class Row:
    """One line as text: sign, what, from what to what, and the difference in money where there is one."""

    sign: str
    what: str
    change: str
    difference: str = ""


@dataclass(frozen=True)
class Section:
    """Lines below a heading."""

    title: str
    rows: tuple[Row, ...]


def as_text(comparisons: Sequence[Comparison]) -> str:
    """For reading in a terminal."""
    return "\n\n".join(_text(comparison) for comparison in comparisons)


def as_markdown(comparisons: Sequence[Comparison]) -> str:
    """For a review or a ticket."""
    return "\n\n".join(_markdown(comparison) for comparison in comparisons)


def as_json(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """For programs: figures unrounded."""
    return {"schema": "hybrid-comparison/1", "comparisons": [_json(comparison) for comparison in comparisons]}


def sections(comparison: Comparison) -> list[Section]:
    """Every section that has a line."""
    found = [Section("Inputs that differ", tuple(_input_row(line) for line in comparison.inputs))]
    for subject in SUBJECTS:
        lines = comparison.lines[subject.topic]
        if subject.topic is Topic.COSTS:
            found.append(Section(f"{_TITLES[subject.topic]}, discounted", _cost_rows(comparison)))
        else:
            found.append(Section(_TITLES[subject.topic], _rows(lines, subject)))
    return [section for section in found if section.rows]


def _text(comparison: Comparison) -> str:
    lines = [f"{sentence(comparison)}.", f"{_names(comparison)}."]
    found = sections(comparison)
    what = max((len(row.what) for section in found for row in section.rows), default=0)
    for section in found:
        change = max(len(row.change) for row in section.rows)
        lines += ["", section.title]
        for row in section.rows:
            lines.append(f"  {row.sign} {row.what:{what}}  {row.change:{change}}  {row.difference}".rstrip())
    return "\n".join(lines)


def _markdown(comparison: Comparison) -> str:
    lines = [f"**{_escaped(sentence(comparison))}.**", "", f"{_escaped(_names(comparison))}."]
    for section in sections(comparison):
        lines += ["", f"### {section.title}", "", "| | what | change | difference |", "|---|---|---|---:|"]
        for row in section.rows:
            lines.append(
                f"| {' | '.join(_escaped(cell) for cell in (row.sign, row.what, row.change, row.difference))} |"
            )
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\|*_`<>[]~" else character for character in text)


def _names(comparison: Comparison) -> str:
    return f"From {clean(comparison.base.name)} to {clean(comparison.other.name)}"


def _input_row(line: InputLine) -> Row:
    before, after = line.before, line.after
    if line.sign is Sign.CHANGED:
        text = f"{_shown(before)} → {_shown(after)}"
        if _is_number(before) and _is_number(after) and before:
            share = (after - before) / abs(before)
            text += f" ({signed(percent(abs(share)), share)})"
    else:
        text = _shown(after if before is None else before)
    return Row(line.sign.value, clean(line.key), text)


def _rows(lines: Sequence[Line], subject: Subject) -> tuple[Row, ...]:
    decimals = decimals_for(line.cost_after - line.cost_before for line in lines)
    return tuple(_row(line, subject, decimals) for line in lines)


def _row(line: Line, subject: Subject, decimals: int) -> Row:
    amounts = _arrow(line, _amount)
    quantity = f"{amounts} {subject.unit if amounts == '1' else subject.units}"
    cost = _signed_money(line.cost_after - line.cost_before, decimals) if subject.has_cost else ""
    return Row(line.sign.value, clean(" ".join(line.keys)), quantity, cost)


def _cost_rows(comparison: Comparison) -> tuple[Row, ...]:
    """The components and their sum. The differences are rounded so that those shown add up to that of the total."""
    lines = comparison.lines[Topic.COSTS]
    if not lines:
        return ()
    decimals = decimals_for([comparison.cost_before, comparison.cost_after])
    differences = rounded_to_sum([line.difference for line in lines], comparison.difference, decimals)
    whole = Line((), comparison.cost_before, comparison.cost_after)
    rows = [
        Row(line.sign.value, clean(" ".join(line.keys)), _money_arrow(line, decimals), _signed_money(change, decimals))
        for line, change in zip(lines, differences, strict=True)
        if change
    ]
    total = _signed_money(round(comparison.difference, decimals), decimals)
    return (*rows, Row("=", "total", _money_arrow(whole, decimals), total))


def _money_arrow(line: Line, decimals: int) -> str:
    return _arrow(line, lambda value: money(value, decimals=decimals))


def _signed_money(amount: float, decimals: int) -> str:
    return signed(money(abs(amount), decimals=decimals), amount)


def rounded_to_sum(values: Sequence[float], total: float, decimals: int) -> list[float]:
    """The values rounded, up or down, so that they add up to a total: those nearest to the next step are moved.

    >>> rounded_to_sum([1.4, 1.4, 1.4], 4.0, 0)
    [2.0, 1.0, 1.0]
    """
    scale = 10.0**decimals
    steps = [round(value * scale) for value in values]
    missing = round(total * scale) - sum(steps)
    step = 1 if missing > 0 else -1
    order = sorted(range(len(values)), key=lambda place: step * (steps[place] - values[place] * scale))
    for place in range(abs(missing)):
        steps[order[place % len(order)]] += step
    return [count / scale for count in steps]


def _arrow(line: Line, words: Callable[[float], str]) -> str:
    """`561 → 1,303`, or the one figure that there is."""
    shown = dict.fromkeys(words(value) for value in (line.before, line.after) if value is not None)
    return " → ".join(shown)


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _WHOLE else number(value)


def _shown(value: object) -> str:
    if _is_number(value):
        return f"{value:,.10g}" if abs(value) < 1e12 else f"{value:g}"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = clean(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(comparison: Comparison) -> dict[str, Any]:
    lines = {
        topic.value: [
            {"sign": line.sign.value, "what": list(line.keys), "before": line.before, "after": line.after}
            | ({"cost_before": line.cost_before, "cost_after": line.cost_after} if subject.has_cost else {})
            for line in comparison.lines[topic]
        ]
        for subject in SUBJECTS
        for topic in (subject.topic,)
    }
    return {
        "base": {"run": comparison.base.name, "id": comparison.base.id, "total_cost": comparison.cost_before},
        "other": {"run": comparison.other.name, "id": comparison.other.id, "total_cost": comparison.cost_after},
        "currency": comparison.base.content["currency"],
        "difference": comparison.difference,
        "share": comparison.share,
        "sentence": sentence(comparison),
        "inputs": [
            {"sign": line.sign.value, "key": line.key, "before": line.before, "after": line.after}
            for line in comparison.inputs
        ],
        **lines,
    }
