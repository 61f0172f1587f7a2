"""What the pictures show, as frames: stacked loads, cumulative costs, screening curves, time lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.economics import HOURS_PER_YEAR
from planner.loads import STEPS, UNSERVED
from planner.problems import InputError, Problem
from planner.report.palette import Palette, carried
from planner.report.source import PlanDocument

PLAN = "this plan"


def begins_of(document: PlanDocument, labels: pd.Series[str], ahead: int = 0) -> list[pd.Timestamp]:
    """Begin of each labelled period, or of the one `ahead` periods later; labels may lie beyond the horizon."""
    known = label_index(document, set(labels.tolist()))
    return [document.calendar.begins(known[label] + ahead) for label in labels.tolist()]


def label_index(document: PlanDocument, labels: set[str]) -> dict[str, int]:
    """Number of each period by label, as far beyond the horizon as the labels go. Raises InputError for strangers."""
    calendar = document.calendar
    known = {label: number for number, label in enumerate(calendar.labels)}
    number, furthest = calendar.count, 50 * calendar.count + 1200
    while not labels <= known.keys() and number < furthest:
        known[calendar.label(number)] = number
        number += 1
    strange = sorted(labels - known.keys())
    if strange:
        expected = f"periods from {calendar.labels[0]} on"
        raise InputError([Problem("plan.json", "period", repr(label), expected) for label in strange])
    return known


def stacked(table: pd.DataFrame, palette: Palette, by: list[str], value: str) -> pd.DataFrame:
    """Rows of (by…, supply, value) with `low` and `high` of their place in the stack, in the order of the palette."""
    named = table.assign(supply=[palette.name(name) for name in table["supply"].tolist()])
    summed = named.groupby([*by, "supply"], sort=False)[value].sum().reset_index()
    rank = {name: number for number, name in enumerate(palette.names)}
    ordered = summed.assign(_rank=[rank[name] for name in summed["supply"].tolist()])
    ordered = ordered.sort_values([*by, "_rank"], kind="stable").drop(columns="_rank").reset_index(drop=True)
    high = ordered.groupby(by, sort=False)[value].cumsum()
    stack: pd.DataFrame = ordered.assign(low=high - ordered[value], high=high)
    return stack


def served(document: PlanDocument, palette: Palette) -> pd.DataFrame:
    """columns period, supply, gpus, low, high, begin, end: GPUs carried on average in each period, stacked."""
    hours = dict(zip(document.calendar.labels, document.calendar.hours.tolist(), strict=True))
    table = carried(document)
    table = table.assign(gpus=[h / hours[p] for h, p in zip(table["gpu_hours"], table["period"], strict=True)])
    rows = stacked(table, palette, ["period"], "gpus")
    return rows.assign(begin=begins_of(document, rows["period"]), end=begins_of(document, rows["period"], 1))


def levels(document: PlanDocument) -> pd.DataFrame:
    """columns what, begin, gpus: capacity held, and load in the busiest hour; a last row each at the horizon's end."""
    calendar = document.calendar
    held = document.table("capacity").groupby("period")["gpus"].sum().reindex(calendar.labels, fill_value=0.0)
    parts = {"capacity held": held.tolist()}
    load = document.table("load")
    if len(load) == calendar.count:
        parts["busiest hour"] = load["peak_gpus"].tolist()
    begins = [calendar.begins(period) for period in range(calendar.count + 1)]
    frames = [pd.DataFrame({"what": what, "begin": begins, "gpus": [*v, v[-1]]}) for what, v in parts.items()]
    return pd.concat(frames, ignore_index=True)


def duration(document: PlanDocument, palette: Palette, period: str | None = None) -> pd.DataFrame:
    """columns period, supply, share_from, share_to, gpus, low, high: load-duration curves, in per cent of the hours.

    Of the periods kept in plan.json; of one other period from dispatch.parquet, where it was kept.
    Raises InputError for a period of which nothing is known.
    """
    table = document.table("load_duration")
    if period is not None:
        table = table[table["period"] == period]
        if not len(table):
            table = _from_dispatch(document, period)
    rows = stacked(table, palette, ["period", "share_from", "share_to"], "gpus")
    return rows.assign(share_from=rows["share_from"] * 100, share_to=rows["share_to"] * 100)


def _from_dispatch(document: PlanDocument, period: str) -> pd.DataFrame:
    """The rows of one period's load-duration curve out of the hourly dispatch."""
    calendar = document.calendar
    number = calendar.index_of(period)
    if number is None or document.dispatch is None:
        known = "a period of the plan; others than the first, busiest and last need dispatch.parquet"
        raise InputError([Problem("plan", "period", repr(period), known, "plan with --hourly")])
    between = [("timestamp", ">=", calendar.begins(number)), ("timestamp", "<", calendar.begins(number + 1))]
    hours = pd.read_parquet(document.dispatch, filters=between)
    hours = hours.assign(supply=hours["supply"].where(hours["kind"] != "unserved", UNSERVED))
    wide = hours.pivot_table(index="timestamp", columns="supply", values="gpus", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(pd.date_range(calendar.begins(number), periods=calendar.hours_of(number), freq="h")).fillna(0.0)
    parts = np.array_split(np.argsort(-wide.to_numpy().sum(axis=1), kind="stable"), min(STEPS, len(wide)))
    ends = np.cumsum([len(part) for part in parts]) / len(wide)
    means = [wide.iloc[part].mean() for part in parts]
    rows = [
        (period, end - len(part) / len(wide), end, supply, gpus)
        for part, end, mean in zip(parts, ends.tolist(), means, strict=True)
        for supply, gpus in mean.items()
        if gpus > 0
    ]
    return pd.DataFrame(rows, columns=list(document.table("load_duration").columns))


@dataclass(frozen=True)
class Payback:
    """When the plan has paid itself back against a baseline."""

    baseline: str
    period: str | None
    """First period from whose end on the plan has cost less for good; None where it never does."""


def cumulative(document: PlanDocument) -> pd.DataFrame:
    """columns what, period, end, total: discounted cost from the start to the end of each period."""
    costs = document.table("costs").assign(name=PLAN)[["name", "period", "discounted"]]
    baselines = document.table("baseline_costs")[["name", "period", "discounted"]]
    both = pd.concat([costs, baselines], ignore_index=True) if len(baselines) else costs
    labels = [*document.calendar.labels, *sorted(set(both["period"]) - set(document.calendar.labels))]
    index = label_index(document, set(labels))
    labels.sort(key=index.__getitem__)
    frames = []
    for name, rows in both.groupby("name", sort=False):
        total = rows.groupby("period")["discounted"].sum().reindex(labels, fill_value=0.0).cumsum()
        ends = [document.calendar.begins(index[label] + 1) for label in labels]
        frames.append(pd.DataFrame({"what": str(name), "period": labels, "end": ends, "total": total.tolist()}))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["what", "period", "end", "total"])


def paybacks(document: PlanDocument) -> list[Payback]:
    """Against each baseline that there is: when what was paid ahead has been earned back."""
    table = cumulative(document)
    wide = table.pivot_table(index="end", columns="what", values="total", sort=False)
    labels = table.drop_duplicates("end")["period"].tolist()
    result = []
    for name in [column for column in wide.columns if column != PLAN]:
        slack = 1e-9 * max(abs(float(wide[name].iloc[-1])), 1.0)
        behind = np.flatnonzero((wide[PLAN] > wide[name] + slack).to_numpy())
        first = int(behind[-1]) + 1 if len(behind) else 0
        result.append(Payback(str(name), labels[first] if first < len(labels) else None))
    return result


@dataclass(frozen=True)
class Threshold:
    """Hours of use a year from which another option is the cheapest."""

    hours: float
    before: str
    after: str


def thresholds(screening: pd.DataFrame) -> list[Threshold]:
    """Where the cheapest of the screening curves changes, from 0 to 8,760 hours of use a year."""
    lines = list(zip(screening["name"], screening["fixed_per_gpu_year"], screening["per_gpu_hour"], strict=True))
    if not lines:
        return []
    name, fixed, slope = min(lines, key=lambda line: (line[1], line[2]))
    at, result = 0.0, list[Threshold]()
    while True:
        crossings = [
            ((other[1] - fixed) / (slope - other[2]), other[2], other) for other in lines if other[2] < slope - 1e-12
        ]
        ahead = [crossing for crossing in crossings if at - 1e-9 <= crossing[0] < HOURS_PER_YEAR]
        if not ahead:
            return result
        at, _, other = min(ahead, key=lambda crossing: crossing[:2])
        if at > 0:
            result.append(Threshold(at, name, other[0]))
        name, fixed, slope = other
