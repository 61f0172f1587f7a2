"""The pictures of a plan, as altair charts. Names are data in them: fields have fixed names, titles are plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import altair as alt
import pandas as pd

from planner.economics import HOURS_PER_YEAR
from planner.report import series
from planner.report.palette import Palette, palette_of
from planner.report.source import PlanDocument
from planner.report.timeline import decisions
from planner.terminal.components import component_rank, component_words
from planner.terminal.text import clean

WIDTH, HEIGHT = 760, 300
LINES = 12
"""Screening curves that are drawn; the others cost more at every use."""
Picture = alt.LayerChart | alt.FacetChart
_INK = "ink"
"""Style of marks in the colour of text, whatever the theme."""
_CROSS = "M-1,-1L1,1M1,-1L-1,1"
"""A shape, as an SVG path."""
_DASHES: Mapping[str, list[int]] = {"capacity held": [1, 0], "busiest hour": [5, 3]}


def _data(table: pd.DataFrame) -> alt.InlineData:
    """Rows of a frame as values of a chart; times as ISO text."""
    columns = {
        str(name): [value.isoformat() if isinstance(value, pd.Timestamp) else value for value in table[name].tolist()]
        for name in table.columns
    }
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return alt.InlineData(values=rows)


def _title(text: str, *below: str) -> alt.TitleParams:
    """A title says what is seen; the lines below it say how to read it."""
    return alt.TitleParams(clean(text), subtitle=[clean(part) for part in below], anchor="start")


@dataclass(frozen=True)
class Pictures:
    """Every picture of one plan."""

    document: PlanDocument

    @cached_property
    def palette(self) -> Palette:
        """Colours and order of the supplies."""
        return palette_of(self.document)

    @cached_property
    def _decisions(self) -> pd.DataFrame:
        """Rows of the time line."""
        return decisions(self.document, self.palette)

    @property
    def _currency(self) -> str:
        return clean(self.document.head.currency)

    def _supplies(self, shown: Sequence[str]) -> alt.Color:
        """The colour of a supply, with a legend of those that are in the picture, from the top of the stack down."""
        present = set(shown)
        pairs = [(n, c) for n, c in zip(self.palette.names, self.palette.colours, strict=True) if n in present]
        scale = alt.Scale(domain=[name for name, _ in pairs], range=[colour for _, colour in pairs])
        legend = alt.Legend(
            title="Supply", orient="bottom", columns=2, labelLimit=320, symbolType="square", symbolLimit=0
        )
        return alt.Color("supply:N", scale=scale, legend=legend)

    def capacity(self) -> Picture:
        """Demand against capacity over time, with what serves it."""
        rows = series.served(self.document, self.palette)
        x = alt.X("begin:T", title="Period", axis=alt.Axis(labelOverlap=True, labelFlush=True))
        areas = (
            alt.Chart(_data(rows))
            .mark_rect()
            .encode(
                x=x,
                x2="end:T",
                y=alt.Y("low:Q", title="GPUs, average of the period's hours"),
                y2="high:Q",
                color=self._supplies(rows["supply"].tolist()),
                tooltip=_tips(period="Period", supply="Supply", gpus="GPUs"),
            )
        )
        lines = (
            alt.Chart(_data(series.levels(self.document)))
            .mark_line(interpolate="step-after", style=_INK)
            .encode(
                x=x,
                y="gpus:Q",
                strokeDash=alt.StrokeDash(
                    "what:N",
                    scale=alt.Scale(domain=[*_DASHES], range=[*_DASHES.values()]),
                    legend=alt.Legend(title="Lines", orient="bottom", symbolType="stroke"),
                ),
                tooltip=_tips(what="Line", gpus="GPUs"),
            )
        )
        below = ("Areas: GPUs at work on average. Solid: GPUs held. Dashed: GPUs at work in the busiest hour.",)
        title = _title("What serves the demand, period by period", *below)
        return alt.layer(areas, lines).properties(width=WIDTH, height=HEIGHT, title=title)

    def load_duration(self, period: str | None = None) -> Picture:
        """Load-duration curves, stacked by supply: of the periods kept with the plan, or of one other."""
        rows = series.duration(self.document, self.palette, period)
        periods = list(dict.fromkeys(rows["period"].tolist()))
        columns = max(len(periods), 1)
        chart = (
            alt.Chart(_data(rows))
            .mark_rect()
            .encode(
                x=alt.X("share_from:Q", title="Share of the period's hours (%)", scale=alt.Scale(domain=[0, 100])),
                x2="share_to:Q",
                y=alt.Y("low:Q", title="GPUs at work"),
                y2="high:Q",
                color=self._supplies(rows["supply"].tolist()),
                tooltip=_tips(period="Period", supply="Supply", gpus="GPUs"),
            )
            .properties(width=max((WIDTH - 30 * (columns - 1)) // columns, 120), height=HEIGHT)
        )
        below = "Hours from the busiest to the quietest; high and narrow on the left are peaks, the base runs always."
        title = _title("Who carries the base, who carries the peaks", below)
        facets: Picture = chart.facet(column=alt.Column("period:N", title=None, sort=periods)).properties(title=title)
        return facets

    def screening(self) -> Picture:
        """Cost of a year against hours of use, per option, with the hours from which another one is the cheapest."""
        table = self.document.table("screening")
        found = series.thresholds(table)
        rows = _screened(table, [name for limit in found for name in (limit.before, limit.after)], self.palette)
        whole_year = alt.Scale(domain=[0, HOURS_PER_YEAR], nice=False)
        unit = f"{self._currency} per reference GPU and year"
        lines = (
            alt.Chart(_data(rows))
            .mark_line(strokeWidth=2)
            .encode(
                x=alt.X("hours:Q", title="Hours of use a year", scale=whole_year),
                y=alt.Y("cost:Q", title=unit),
                color=self._supplies(rows["supply"].tolist()),
                detail="option:N",
                tooltip=_tips(option="Option", hours="Hours", cost=unit),
            )
        )
        limits = pd.DataFrame(
            {"hours": [limit.hours for limit in found], "text": [f"{limit.hours:,.0f} h" for limit in found]}
        )
        rules = alt.Chart(_data(limits)).mark_rule(style=_INK, strokeDash=[2, 3]).encode(x="hours:Q")
        texts = (
            alt.Chart(_data(limits))
            .mark_text(style=_INK, align="left", dx=4, baseline="top")
            .encode(x="hours:Q", y=alt.value(4), text="text:N")
        )
        workload = str(table["workload"].iloc[0]) if len(table) else "any workload"
        below = [f"For {clean(workload)[:60]}, undiscounted. Dotted: hours from which another option is the cheapest."]
        if len(table) > rows["option"].nunique():
            below.append(f"{len(table) - rows['option'].nunique()} dearer options are left out.")
        title = _title("From how many hours of use is owning cheaper than renting?", *below)
        return alt.layer(lines, rules, texts).properties(width=WIDTH, height=HEIGHT, title=title)

    def cumulative_cost(self) -> Picture:
        """Cumulative cost of the plan and of the baselines, with the month in which the plan has paid itself back."""
        rows = series.cumulative(self.document)
        names = list(dict.fromkeys(rows["what"].tolist()))
        dashes = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3], [12, 4]]
        colours = ["#1f5fa8", "#c66a00", "#7b4fa3", "#2b7a4b", "#b3261e", "#7a6a53"]
        legend = alt.Legend(title="Plan and baselines", orient="bottom", symbolType="stroke")
        x, unit = alt.X("end:T", title="End of the period"), f"{self._currency}, discounted, paid so far"
        lines = (
            alt.Chart(_data(rows))
            .mark_line(strokeWidth=2, point=len(rows) <= len(names) * 2)
            .encode(
                x=x,
                y=alt.Y("total:Q", title=unit),
                color=alt.Color("what:N", scale=_cycle(names, colours), legend=legend),
                strokeDash=alt.StrokeDash("what:N", scale=_cycle(names, dashes), legend=legend),
                tooltip=_tips(what="Plan", period="Period", total=unit),
            )
        )
        ends = dict(zip(rows["period"], rows["end"], strict=True))
        later = [back for back in series.paybacks(self.document) if back.period is not None]
        layers = [lines]
        if later:
            marks = pd.DataFrame(
                {
                    "end": [ends[back.period] for back in later],
                    "text": [f"{back.period}: against {back.baseline}" for back in later],
                    "line": [14 * number + 4 for number in range(len(later))],
                }
            )
            layers.append(alt.Chart(_data(marks)).mark_rule(style=_INK, strokeDash=[2, 3]).encode(x="end:T"))
            early = marks["end"] < rows["end"].iloc[len(ends) // 2]  # their words have no room on the left
            layers += [_beside(marks[early], "left", 4), _beside(marks[~early], "right", -4)]
        below = "Dotted: the period from whose end on the plan has cost less for good."
        question = "When has the plan paid itself back?" if len(names) > 1 else "What the plan costs, so far"
        title = _title(question, below if len(names) > 1 else "Discounted; there is no baseline to compare with.")
        return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)

    def components(self) -> Picture:
        """Cost by component over the horizon, discounted, with the undiscounted sum as a tick."""
        sums = self.document.table("costs").groupby("component", sort=False)[["amount", "discounted"]].sum()
        order = sorted(sums.index.tolist(), key=component_rank)
        rows = sums.loc[order].reset_index()
        rows = rows.assign(component=[clean(component_words(name))[:60] for name in rows["component"].tolist()])
        unit = f"{self._currency} over the horizon"
        y = alt.Y("component:N", title=None, sort=rows["component"].tolist(), axis=alt.Axis(labelLimit=240))
        tips = _tips(component="Component", discounted="discounted", amount="undiscounted")
        bars = (
            alt.Chart(_data(rows))
            .mark_bar(color="#4584c4")
            .encode(x=alt.X("discounted:Q", title=unit), y=y, tooltip=tips)
        )
        ticks = alt.Chart(_data(rows)).mark_tick(style=_INK, thickness=2).encode(x="amount:Q", y=y, tooltip=tips)
        title = _title("What the money goes to", "Bars: discounted. Ticks: undiscounted. Income stands left of 0.")
        return alt.layer(bars, ticks).properties(width=WIDTH, height=alt.Step(24), title=title)

    def timeline(self) -> Picture:
        """Purchases and commitments on a time line: ordered, in service, until when."""
        rows = self._decisions
        y = alt.Y("row:N", title=None, sort=list(dict.fromkeys(rows["row"].tolist())), axis=alt.Axis(labelLimit=340))
        x = alt.X("ordered:T", title="Date")
        tips = _tips(what="Decision", period="Ordered", in_service="In service", until="Until", gpus="GPUs")
        kept, sold = rows[~rows["sold"]], rows[rows["sold"]]
        wait = alt.Chart(_data(kept)).mark_rule(style=_INK, strokeDash=[3, 2]).encode(x=x, x2="begin:T", y=y)
        bars = (
            alt.Chart(_data(kept))
            .mark_bar(height=14)
            .encode(
                x=alt.X("begin:T"),
                x2="end:T",
                y=y,
                color=self._supplies(kept["supply"].tolist()),
                tooltip=tips,
            )
        )
        points = alt.Chart(_data(kept)).mark_point(style=_INK, size=60, strokeWidth=2).encode(x=x, y=y, tooltip=tips)
        layers, below = [wait, bars, points], "Circle: ordered. Dashed: on its way. Bar: in service, or committed to."
        if len(sold):
            mark = alt.Chart(_data(sold)).mark_point(style=_INK, size=70, strokeWidth=2, shape=_CROSS)
            layers.append(mark.encode(x=x, y=y, tooltip=tips))
            below += " Cross: sold."
        title = _title("What is bought and committed to, and for how long", below)
        return alt.layer(*layers).properties(width=WIDTH - 200, height=alt.Step(24), title=title)

    def all(self) -> dict[str, Picture]:
        """Every picture that has something to show, by name of its file."""
        makers: dict[str, tuple[Any, bool]] = {
            "capacity": (self.capacity, True),
            "load-duration": (self.load_duration, len(self.document.table("load_duration")) > 0),
            "screening": (self.screening, len(self.document.table("screening")) > 0),
            "cumulative-cost": (self.cumulative_cost, len(self.document.table("costs")) > 0),
            "components": (self.components, len(self.document.table("costs")) > 0),
            "timeline": (self.timeline, len(self._decisions) > 0),
        }
        return {name: make() for name, (make, something) in makers.items() if something}


def _tips(**heads: str) -> list[alt.Tooltip]:
    """Tooltips of fixed fields; figures with thousands separators."""
    figures = {"gpus", "cost", "total", "hours", "discounted", "amount"}
    return [
        alt.Tooltip(f"{field}:Q", title=head, format=",.4~r") if field in figures else _text_tip(field, head)
        for field, head in heads.items()
    ]


def _beside(marks: pd.DataFrame, align: Literal["left", "right"], away: int) -> alt.Chart:
    """Words beside vertical rules. columns end, line (pixels from the top), text."""
    words = alt.Chart(_data(marks)).mark_text(style=_INK, align=align, dx=away, baseline="top")
    beside: alt.Chart = words.encode(x="end:T", y=alt.Y("line:Q", scale=None), text="text:N")
    return beside


def _text_tip(field: str, head: str) -> alt.Tooltip:
    return alt.Tooltip(field, type="nominal", title=head)


def _cycle(names: Sequence[str], values: Sequence[Any]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=[values[number % len(values)] for number in range(len(names))])


def _screened(table: pd.DataFrame, cheapest: Sequence[str], palette: Palette) -> pd.DataFrame:
    """Two points for each curve that is drawn: the cheapest somewhere, then those of the picture's own supplies."""
    wanted = dict.fromkeys(cheapest)
    at_half = table["fixed_per_gpu_year"] + table["per_gpu_hour"] * HOURS_PER_YEAR / 2
    for name in table.assign(half=at_half).sort_values("half", kind="stable")["name"].tolist():
        if len(wanted) < LINES and name in palette.shown_as:
            wanted.setdefault(name)
    if not wanted:
        wanted = dict.fromkeys(table["name"].tolist()[:LINES])
    rows = [
        (palette.name(name), clean(name), hours, fixed + slope * hours)
        for name, fixed, slope in zip(table["name"], table["fixed_per_gpu_year"], table["per_gpu_hour"], strict=True)
        if name in wanted
        for hours in (0.0, float(HOURS_PER_YEAR))
    ]
    return pd.DataFrame(rows, columns=["supply", "option", "hours", "cost"])
