"""What differs between two runs: their inputs, what is done, and what it costs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from planner.assumptions.figures import dotted, leaves
from planner.problems import InputError, Problem
from planner.runs.kept import FORECAST_FILE, KeptRun

_SAME = 1e-6
"""Quantities that differ by less than this share of the larger one are the same."""


class Sign(StrEnum):
    """What happened to a line."""

    CHANGED = "~"
    ADDED = "+"
    REMOVED = "−"


class Topic(StrEnum):
    """What lines are about."""

    ORDERS = "orders"
    COMMITMENTS = "commitments"
    SPEND_COMMITMENTS = "spend_commitments"
    SALES = "sales"
    RENTALS = "rentals"
    APIS = "apis"
    UNSERVED = "unserved"
    COSTS = "costs"


@dataclass(frozen=True)
class Subject:
    """How the rows of a table of the plan become lines: rows with the same keys are added up."""

    topic: Topic
    table: str
    keys: tuple[str, ...]
    quantities: tuple[str, ...]
    """Columns that are added up to the quantity of the line."""
    unit: str
    """Of one."""
    units: str
    """Of several."""
    has_cost: bool = True


SUBJECTS = (
    Subject(Topic.ORDERS, "purchases", ("period", "site", "server"), ("count",), "server", "servers"),
    Subject(Topic.COMMITMENTS, "commitments", ("period", "offer", "option"), ("count",), "instance", "instances"),
    Subject(
        Topic.SPEND_COMMITMENTS, "spend_commitments", ("period", "name"), ("amount_per_hour",), "per hour", "per hour"
    ),
    Subject(
        Topic.SALES, "sales", ("period", "site", "server", "acquired"), ("count",), "server", "servers", has_cost=False
    ),
    Subject(Topic.RENTALS, "rentals", ("offer", "option"), ("gpu_hours",), "GPU-hour", "GPU-hours"),
    Subject(Topic.APIS, "api_use", ("api",), ("input_tokens", "output_tokens"), "token", "tokens"),
    Subject(Topic.UNSERVED, "unserved", ("workload",), ("gpu_hours",), "GPU-hour", "GPU-hours", has_cost=False),
    Subject(Topic.COSTS, "costs", ("component",), ("discounted",), "", "", has_cost=False),
)


@dataclass(frozen=True)
class Line:
    """One thing that is not as it was. None: it is not there at all."""

    keys: tuple[str, ...]
    before: float | None
    after: float | None
    cost_before: float = 0.0
    """Undiscounted; 0 where the topic has no cost of its own."""
    cost_after: float = 0.0

    @property
    def sign(self) -> Sign:
        """Changed, added or removed."""
        return _sign(self.before, self.after)

    @property
    def difference(self) -> float:
        """Of the quantity."""
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class InputLine:
    """A figure of the inputs that is not as it was, as plain data. None: it is not there at all."""

    key: str
    before: Any
    after: Any

    @property
    def sign(self) -> Sign:
        """Changed, added or removed."""
        return _sign(self.before, self.after)


@dataclass(frozen=True)
class Comparison:
    """Another run beside a base."""

    base: KeptRun
    other: KeptRun
    inputs: tuple[InputLine, ...]
    lines: Mapping[Topic, tuple[Line, ...]]
    """By topic; the differences of the costs (discounted) add up to the difference of the plans' costs."""

    @property
    def cost_before(self) -> float:
        """Discounted cost of the base."""
        return float(self.base.content["total_cost"])

    @property
    def cost_after(self) -> float:
        """Discounted cost of the other run."""
        return float(self.other.content["total_cost"])

    @property
    def difference(self) -> float:
        """Of the plans' discounted costs."""
        return self.cost_after - self.cost_before

    @property
    def share(self) -> float | None:
        """The difference as a share of the base's cost; None where the base costs nothing."""
        return self.difference / abs(self.cost_before) if self.cost_before else None


def compare(base: KeptRun, other: KeptRun) -> Comparison:
    """Everything that differs. Raises InputError where the runs count in different currencies."""
    mine, theirs = base.content["currency"], other.content["currency"]
    if mine != theirs:
        expected = f"a plan in {mine}, as {base.name} is: figures are never converted"
        raise InputError([Problem(other.where, "currency", str(theirs), expected)])
    lines = {subject.topic: tuple(_lines(subject, base.content, other.content)) for subject in SUBJECTS}
    return Comparison(base, other, tuple(_inputs(base, other)), lines)


def _lines(subject: Subject, base: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Line]:
    before, after = _sums(subject, base), _sums(subject, other)
    exact = subject.topic is Topic.COSTS
    for keys in sorted({*before, *after}):
        old, new = before.get(keys), after.get(keys)
        line = Line(
            keys,
            old[0] if old else None,
            new[0] if new else None,
            old[1] if old else 0.0,
            new[1] if new else 0.0,
        )
        if (
            line.difference != 0
            if exact
            else _differ(line.before, line.after) or _differ(line.cost_before, line.cost_after)
        ):
            yield line


def _sums(subject: Subject, content: Mapping[str, Any]) -> dict[tuple[str, ...], tuple[float, float]]:
    """Quantity and cost by keys; nothing where the quantity is 0."""
    sums: dict[tuple[str, ...], tuple[float, float]] = {}
    for row in content.get(subject.table, []):
        keys = tuple(str(row[name]) for name in subject.keys)
        quantity, cost = sums.get(keys, (0.0, 0.0))
        quantity += sum(row[name] or 0.0 for name in subject.quantities)
        sums[keys] = quantity, cost + (row["cost"] if subject.has_cost else 0.0)
    return {keys: (quantity, cost) for keys, (quantity, cost) in sums.items() if quantity}


def _differ(before: float | None, after: float | None) -> bool:
    old, new = before or 0.0, after or 0.0
    return abs(new - old) > _SAME * max(abs(old), abs(new), 1e-3)


def _sign(before: object, after: object) -> Sign:
    if before is None:
        return Sign.ADDED
    return Sign.REMOVED if after is None else Sign.CHANGED


def _inputs(base: KeptRun, other: KeptRun) -> Iterator[InputLine]:
    """Assumptions, then demand, options and versions."""
    before, after = _figures(base.inputs), _figures(other.inputs)
    gone, new = _entries(base.inputs), _entries(other.inputs)
    for entry in sorted({*gone, *new}):
        if (entry in gone) != (entry in new):
            there = "given"
            yield InputLine(dotted(entry), there if entry in gone else None, there if entry in new else None)
    both = {path: None for path in (*before, *after) if path[:2] not in gone or path[:2] in new}
    for path in both:
        if path[:2] in new and path[:2] not in gone:
            continue
        old, now = before.get(path), after.get(path)
        if old != now:
            yield InputLine(dotted(path), old, now)
    yield from _other_inputs(base, other)


def _other_inputs(base: KeptRun, other: KeptRun) -> Iterator[InputLine]:
    if base.inputs["forecast"].get("sha256") != other.inputs["forecast"].get("sha256"):
        before, after = _demand(base), _demand(other)
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                yield InputLine(f"forecast.{name}", before.get(name), after.get(name))
    for section in ("files", "options", "versions"):
        mine, theirs = base.inputs.get(section, {}), other.inputs.get(section, {})
        for name in sorted({*mine, *theirs}):
            if mine.get(name) != theirs.get(name):
                yield InputLine(f"{section}.{name}", mine.get(name), theirs.get(name))
    if base.inputs.get("planner") != other.inputs.get("planner"):
        yield InputLine("planner", base.inputs.get("planner"), other.inputs.get("planner"))


def _figures(inputs: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Every figure of the assumptions, those of the format's defaults included."""
    tree = {name: value for name, value in inputs.get("assumptions", {}).items() if name != "variants"}
    given = {path: value for path, value in leaves(tree) if value not in (None, {})}
    known = {dotted(path) for path in given}
    for entry in inputs.get("defaults", []):
        if entry["origin"] == "default" and entry["key"] not in known and entry["value"] not in (None, {}, []):
            given[tuple(entry["key"].split("."))] = entry["value"]
    return given


def _entries(inputs: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Section and name of the entries: one that is new is told as a whole."""
    sections = ("workloads", "sites", "servers", "cloud", "spend_commitments", "apis")
    tree = inputs.get("assumptions", {})
    return {(section, name) for section in sections for name in tree.get(section) or {}}


def _demand(run: KeptRun) -> dict[str, float]:
    """Total demand by workload and quantity; empty where the forecast is not beside the plan."""
    totals: dict[str, float] = {}
    for row in csv.DictReader(io.StringIO(run.files.get(FORECAST_FILE, ""))):
        for column, value in row.items():
            if column not in ("timestamp", "workload"):
                name = f"{row['workload']}.{column}"
                totals[name] = totals.get(name, 0.0) + float(value)
    return totals
