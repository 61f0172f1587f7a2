"""Reading the plan's tables, and everything that is wrong with their form.

Rows that cannot be read are reported and left out, so that one bad cell does not hide what the other checks find.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.audit.components import Component
from planner.audit.records import Commitment, Pledge, Purchase, Sale, Tables
from planner.audit.result import CheckName, Finding, number
from planner.audit.setting import ABSOLUTE, TINY, Setting
from planner.dispatch import SupplyKind

if TYPE_CHECKING:  # planner.result carries the audit: importing it here would be a circle
    from planner.result import Schedule


@dataclass(frozen=True)
class _Row:
    period: int
    names: tuple[str, ...]
    texts: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class _Form:
    """What a table should look like: its names with those that are known, free texts, numbers."""

    table: str
    names: Mapping[str, Container[str]]
    numbers: tuple[str, ...]
    texts: tuple[str, ...] = ()
    signed: bool = False
    unique: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        return ("period", *self.names, *self.numbers, *self.texts)


def read_tables(schedule: Schedule, setting: Setting) -> tuple[Tables, list[Finding]]:
    """The rows of all tables that can be read, and what is wrong with the others."""
    findings: list[Finding] = []
    assumptions, workloads = setting.assumptions, setting.demand.workloads
    labels = {label: period for period, label in enumerate(setting.time.calendar.labels)}
    pools = {pool.label for pool in setting.pools()}
    options = {option for offer in assumptions.cloud.values() for option in offer.reserved}
    markets = {SupplyKind.ON_DEMAND.value, SupplyKind.SPOT.value, *assumptions.spend_commitments}

    def rows(form: _Form, periods: Mapping[str, int] = labels) -> list[_Row]:
        return list(_rows(getattr(schedule, form.table), form, periods, findings))

    places: Mapping[str, Container[str]] = {"site": assumptions.sites, "server": assumptions.servers}
    form = _Form("purchases", places, ("count", "gpus", "cost"), ("in_service",), unique=False)
    purchases = tuple(_purchase(row) for row in rows(form))
    form = _Form("sales", places, ("count", "amount"), ("acquired",), unique=False)
    sales = tuple(_sale(row) for row in rows(form))
    offers: Mapping[str, Container[str]] = {"offer": assumptions.cloud, "option": options}
    form = _Form("commitments", offers, ("count", "gpus", "cost"), ("until",), unique=False)
    commitments = tuple(_offered([_commitment(row) for row in rows(form)], setting, findings))
    named: Mapping[str, Container[str]] = {"name": assumptions.spend_commitments}
    form = _Form("spend_commitments", named, ("amount_per_hour", "cost"), ("until",), unique=False)
    pledges = tuple(Pledge(r.period, r.names[0], r.values[0], r.texts[0], r.values[1]) for r in rows(form))
    form = _Form("capacity", {"pool": pools}, ("units", "gpus"))
    capacity = {(r.period, r.names[0]): _two(r.values) for r in rows(form)}
    rented: Mapping[str, Container[str]] = {"offer": assumptions.cloud, "option": markets, "workload": workloads}
    form = _Form("rentals", rented, ("gpu_hours", "cost"))
    rentals = {(r.period, *_three(r.names)): _two(r.values) for r in rows(form)}
    by_api: Mapping[str, Container[str]] = {"api": assumptions.apis, "workload": workloads}
    form = _Form("api_use", by_api, ("input_tokens", "output_tokens", "cost"))
    api_use = {(r.period, *_two(r.names)): _three(r.values) for r in rows(form)}
    form = _Form("use", {"pool": pools, "workload": workloads}, ("gpu_hours", "share_of_capacity"))
    use = {(r.period, *_two(r.names)): _two(r.values) for r in rows(form)}
    unserved = {
        (r.period, r.names[0]): r.values[0] for r in rows(_Form("unserved", {"workload": workloads}, ("gpu_hours",)))
    }
    form = _Form("costs", {"component": {c.value for c in Component}}, ("amount", "discounted"), signed=True)
    later = rows(form, labels | _labels_after_end(schedule.costs, setting))
    costs = {(r.period, Component(r.names[0])): _two(r.values) for r in later}
    if not np.isfinite(schedule.total_cost):
        findings.append(Finding(CheckName.TABLES, "total_cost", str(schedule.total_cost), "a number"))
    findings += _fractions(purchases, commitments, sales, setting)
    tables = Tables(purchases, commitments, pledges, sales, capacity, rentals, api_use, use, unserved, costs)
    return tables, findings


def _rows(frame: pd.DataFrame, form: _Form, periods: Mapping[str, int], findings: list[Finding]) -> Iterator[_Row]:
    """The good rows of a frame; findings on the others are appended."""
    if set(frame.columns) != set(form.columns) or len(frame.columns) != len(form.columns):
        findings.append(
            Finding(CheckName.TABLES, form.table, f"columns {', '.join(map(str, frame))}", ", ".join(form.columns))
        )
    if not set(form.columns) <= set(frame.columns) or not frame.columns.is_unique:
        return
    numbers = [pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64) for column in form.numbers]
    keys = [[str(value) for value in frame[column]] for column in ("period", *form.names, *form.texts)]
    seen: set[tuple[str, ...]] = set()
    for row in range(len(frame)):
        texts = tuple(key[row] for key in keys)
        values = tuple(float(column[row]) for column in numbers)
        wrong = _wrong(form, texts, values, periods)
        key = texts[: 1 + len(form.names)]
        if form.unique and key in seen:
            wrong = wrong or (" / ".join(key) + " twice", "one row")
        seen.add(key)
        if wrong:
            findings.append(Finding(CheckName.TABLES, f"{form.table}, row {row + 1}", *wrong))
        else:
            yield _Row(periods[texts[0]], key[1:], texts[len(key) :], values)


def _wrong(
    form: _Form, texts: tuple[str, ...], values: tuple[float, ...], periods: Mapping[str, int]
) -> tuple[str, str] | None:
    """What was found and expected in the first bad cell of a row."""
    if texts[0] not in periods:
        return f"period {texts[0]}", "a period of the plan"
    for (column, known), name in zip(form.names.items(), texts[1:], strict=False):
        if name not in known:
            return f"{column} {name}", f"a known {column}"
    for column, value in zip(form.numbers, values, strict=True):
        if not np.isfinite(value):
            return f"{column} {value}", "a number"
        if value < -TINY and not form.signed:
            return f"{column} {number(value)}", f"a {column} that is not negative"
    return None


def _two[T](values: tuple[T, ...]) -> tuple[T, T]:
    return values[0], values[1]


def _three[T](values: tuple[T, ...]) -> tuple[T, T, T]:
    return values[0], values[1], values[2]


def _purchase(row: _Row) -> Purchase:
    (site, server), (in_service,), (count, gpus, cost) = row.names, row.texts, row.values
    return Purchase(row.period, site, server, count, gpus, in_service, cost)


def _commitment(row: _Row) -> Commitment:
    (offer, option), (until,), (count, gpus, cost) = row.names, row.texts, row.values
    return Commitment(row.period, offer, option, count, gpus, until, cost)


def _sale(row: _Row) -> Sale:
    (site, server), (acquired,), (count, amount) = row.names, row.texts, row.values
    return Sale(row.period, site, server, count, acquired, amount)


def _offered(commitments: list[Commitment], setting: Setting, findings: list[Finding]) -> Iterator[Commitment]:
    """Only commitments to options that their offer has."""
    for row in commitments:
        if row.option in setting.assumptions.cloud[row.offer].reserved:
            yield row
        else:
            findings.append(Finding(CheckName.TABLES, "commitments", row.place, f"a reserved option of {row.offer}"))


def _labels_after_end(costs: pd.DataFrame, setting: Setting) -> dict[str, int]:
    """Labels of the periods past the horizon into which a term can reach; none when the table does not need them."""
    time, assumptions = setting.time, setting.assumptions
    if "period" not in costs or {str(label) for label in costs["period"]} <= set(time.calendar.labels):
        return {}
    terms = [option.term for offer in assumptions.cloud.values() for option in offer.reserved.values()]
    terms += [promised.term for promised in assumptions.spend_commitments.values()]
    last = time.count + max([time.rounded_down(term) for term in terms], default=0)
    return {time.calendar.label(period): period for period in range(time.count, last)}


def _fractions(
    purchases: tuple[Purchase, ...], commitments: tuple[Commitment, ...], sales: tuple[Sale, ...], setting: Setting
) -> Iterator[Finding]:
    """Counts that should be whole and are not."""
    if setting.relax:
        return
    label, assumptions = setting.time.calendar.label, setting.assumptions
    servers: tuple[Purchase | Sale, ...] = (*purchases, *sales)
    whole: list[Purchase | Commitment | Sale] = []
    whole += [row for row in servers if assumptions.servers[row.server].whole_servers]
    whole += [row for row in commitments if assumptions.cloud[row.offer].whole_instances]
    for row in whole:
        if abs(row.count - round(row.count)) > ABSOLUTE:
            place = f"{label(row.period)}, {row.place}"
            yield Finding(CheckName.TABLES, place, f"count {number(row.count)}", "a whole number")
