"""Rows of a schedule → orders and sales of an instance, with everything that cannot be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from hybrid_lp.holdings import Holdings
from numpy.typing import NDArray

from planner.api import Inputs
from planner.assumptions.schema import Assumptions, Decision
from planner.dispatch import Supply, SupplyKind
from planner.evaluation.entries import Entry, Kind
from planner.periods import Calendar
from planner.prepare import Prepared, prepare
from planner.problems import Problem, nearest
from planner.supplies import MONEY, is_whole, lead_and_life

Floats = NDArray[np.float64]
_ROUNDING = 1e-6
"""Units by which a count may miss a whole number, or what there is to sell."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]00:00(:00)?)?")


@dataclass(frozen=True)
class Placed:
    """A schedule, and the inputs in which everything that it names has a place."""

    inputs: Inputs
    holdings: Holdings


def place(entries: tuple[Entry, ...], inputs: Inputs, *, relax: bool) -> tuple[Placed | None, list[Problem]]:
    """The orders and sales, or everything that cannot be. relax: may what is whole be a fraction?"""
    calendar = inputs.demand.calendar
    problems = [problem for entry in entries for problem in _unknown(entry, inputs.loaded.assumptions, calendar)]
    known = [entry for entry in entries if not any(_unknown(entry, inputs.loaded.assumptions, calendar))]
    inputs = _with_pools(inputs, [entry for entry in known if entry.kind is not Kind.SALE])
    making = _Making(inputs.prepared, relax, np.zeros((inputs.prepared.instance.pools, calendar.count)))
    for entry in known:
        if entry.kind is not Kind.SALE:
            problems += making.order(entry)
    for entry in known:
        if entry.kind is Kind.SALE:
            problems += making.sell(entry)
    if problems:
        return None, problems
    return Placed(inputs, Holdings(making.orders, dict(making.sold), dict(making.sold_held))), []


def supply_of(entry: Entry) -> Supply:
    """What a row orders, or sells."""
    match entry.kind:
        case Kind.COMMITMENT:
            return Supply(SupplyKind.RESERVED, entry.owner, entry.place)
        case Kind.PROMISE:
            return Supply(SupplyKind.SPEND_COMMITMENT, entry.owner, MONEY)
    return Supply(SupplyKind.SERVER, entry.owner, entry.place)


def _unknown(entry: Entry, assumptions: Assumptions, calendar: Calendar) -> Iterator[Problem]:
    """Names and periods that the assumptions do not have."""
    if period_of(entry.period, calendar) is None:
        expected = f"a period of the horizon, {calendar.labels[0]} … {calendar.labels[-1]}"
        yield entry.problem("period", entry.period, expected)
    match entry.kind:
        case Kind.COMMITMENT:
            yield from _name(entry, "offer", entry.owner, assumptions.cloud)
            if entry.owner in assumptions.cloud:
                yield from _name(entry, "option", entry.place, assumptions.cloud[entry.owner].reserved)
        case Kind.PROMISE:
            yield from _name(entry, "name", entry.owner, assumptions.spend_commitments)
        case Kind.ORDER | Kind.SALE:
            yield from _name(entry, "server", entry.owner, assumptions.servers)
            yield from _name(entry, "site", entry.place, assumptions.sites)


def _name(entry: Entry, column: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        what = {"name": "spend commitment", "option": f"reserved option of {entry.owner}"}.get(column, column)
        expected = f"a {what} of the assumptions: {', '.join(names) or 'there is none'}"
        yield entry.problem(column, name, expected, nearest(name, names))


def period_of(label: str, calendar: Calendar) -> int | None:
    """The period of a label; spreadsheets make the day on which it begins of it."""
    found = calendar.index_of(label)
    if found is None and _DATE.fullmatch(label):
        begins = pd.to_datetime(label, errors="coerce")
        found = next((p for p in range(calendar.count) if calendar.begins(p) == begins), None)
    return found


def _with_pools(inputs: Inputs, entries: list[Entry]) -> Inputs:
    """With pools for what is ordered though no work can run on it: it costs all the same."""
    assumptions, pools = inputs.loaded.assumptions, inputs.prepared.pools
    missing = {supply_of(entry): entry for entry in entries if supply_of(entry) not in pools}
    neutral = [_neutral(entry, inputs.demand.calendar) for entry in missing.values() if _may_stand(entry, assumptions)]
    if not neutral:
        return inputs
    with_them = assumptions.model_copy(update={"decisions": [*assumptions.decisions, *neutral]})
    return replace(inputs, prepared=prepare(inputs.demand, replace(inputs.loaded, assumptions=with_them)))


def _neutral(entry: Entry, calendar: Calendar) -> Decision:
    """A decision that bounds nothing."""
    names = {Kind.COMMITMENT: ("offer", "option"), Kind.PROMISE: ("spend_commitment", "")}
    owner, place = names.get(entry.kind, ("server", "site"))
    named = {owner: entry.owner} | ({place: entry.place} if place else {})
    return Decision.model_validate({**named, "period": calendar.labels[0]})


def _may_stand(entry: Entry, assumptions: Assumptions) -> bool:
    if entry.kind is not Kind.ORDER:
        return True
    sites = assumptions.servers[entry.owner].sites
    return sites is None or entry.place in sites


@dataclass(frozen=True)
class _Making:
    """Holdings in the making."""

    prepared: Prepared
    relax: bool
    orders: Floats
    """orders[pool, period]."""
    sold: dict[tuple[int, int, int], float] = field(default_factory=lambda: defaultdict(float))
    sold_held: dict[tuple[int, int], float] = field(default_factory=lambda: defaultdict(float))

    def order(self, entry: Entry) -> list[Problem]:
        """Add an order; what stands in its way."""
        period = self._period(entry.period)
        problems = [*self._not_whole(entry), *self._impossible(entry, period)]
        if not problems:
            self.orders[self.prepared.pools.index(supply_of(entry)), period] += self._count(entry)
        return problems

    def sell(self, entry: Entry) -> list[Problem]:
        """Add a sale; what stands in its way."""
        supply, leave = supply_of(entry), self._period(entry.period)
        problems = list(self._not_whole(entry))
        ordered = period_of(entry.acquired, self.prepared.case.calendar)
        held = [
            n
            for n, units in enumerate(self.prepared.held)
            if (units.supply, units.acquired) == (supply, entry.acquired)
        ]
        pool = self.prepared.pools.index(supply) if supply in self.prepared.pools else None
        if held:
            problems += self._sell_held(entry, held[0], leave)
        elif pool is not None and ordered is not None and self.orders[pool, ordered] > 0:
            problems += self._sell_new(entry, pool, ordered, leave)
        else:
            problems.append(entry.problem("acquired", entry.acquired, self._what_there_is(supply)))
        return problems

    def _sell_held(self, entry: Entry, number: int, leave: int) -> Iterator[Problem]:
        held = self.prepared.instance.held[number]
        if held.sale_change is None:
            expected = "no sale: it has no resale value (a resale table and price_paid are needed)"
            yield entry.problem("acquired", entry.acquired, expected)
        elif leave not in held.leaving:
            yield entry.problem("period", entry.period, self._when(held.leaving))
        else:
            self.sold_held[number, leave] += self._count(entry)
            total = sum(units for (n, _), units in self.sold_held.items() if n == number)
            yield from self._too_many(entry, total, held.units)

    def _sell_new(self, entry: Entry, pool: int, ordered: int, leave: int) -> Iterator[Problem]:
        instance = self.prepared.instance
        arrival = ordered + int(instance.lead_periods[pool])
        possible = range(arrival + 1, min(arrival + int(instance.life_periods[pool]), instance.periods))
        if pool not in instance.sale_change:
            yield entry.problem("server", entry.owner, "a server with a resale table: this one has no resale value")
        elif leave not in possible:
            yield entry.problem("period", entry.period, self._when(possible))
        else:
            self.sold[pool, ordered, leave] += self._count(entry)
            total = sum(units for (k, p, _), units in self.sold.items() if (k, p) == (pool, ordered))
            yield from self._too_many(entry, total, float(self.orders[pool, ordered]))

    def _impossible(self, entry: Entry, period: int) -> Iterator[Problem]:
        """Why servers cannot be ordered; a commitment can be made in any period."""
        if entry.kind is not Kind.ORDER or not entry.count:
            return
        case, calendar = self.prepared.case, self.prepared.case.calendar
        server = case.assumptions.servers[entry.owner]
        if not _may_stand(entry, case.assumptions):
            yield entry.problem("site", entry.place, f"a site of the server: {', '.join(server.sites or [])}")
        begins = calendar.begins(period)
        if server.available_from is not None and begins < pd.Timestamp(server.available_from):
            expected = f"a period that begins on {server.available_from} or later: it is not available before"
            yield entry.problem("period", entry.period, expected)
        if server.available_until is not None and begins.normalize() > pd.Timestamp(server.available_until):
            expected = f"a period that begins on {server.available_until} or earlier: it is not available later"
            yield entry.problem("period", entry.period, expected)
        lead, _ = lead_and_life(supply_of(entry), case)
        if period + lead >= calendar.count:
            last = f"{calendar.labels[calendar.count - lead - 1]} or earlier" if lead < calendar.count else "none"
            expected = f"{last}: it takes {server.lead_time} to arrive, and must before the end"
            yield entry.problem("period", entry.period, expected)

    def _count(self, entry: Entry) -> float:
        whole = is_whole(supply_of(entry), self.prepared.case.assumptions) and not self.relax
        return float(round(entry.count)) if whole else entry.count

    def _not_whole(self, entry: Entry) -> Iterator[Problem]:
        whole = is_whole(supply_of(entry), self.prepared.case.assumptions) and not self.relax
        if whole and abs(entry.count - round(entry.count)) > _ROUNDING:
            yield entry.problem("count", f"{entry.count:g}", "a whole number", "or allow fractions with --relax")

    def _too_many(self, entry: Entry, sold: float, there: float) -> Iterator[Problem]:
        if sold > there + _ROUNDING:
            yield entry.problem(
                "count", f"{sold:g} sold of {entry.acquired}", f"at most {there:g}, which is what there is"
            )

    def _what_there_is(self, supply: Supply) -> str:
        """What could be sold of a pool."""
        names = [units.acquired for units in self.prepared.held if units.supply == supply]
        if supply in self.prepared.pools:
            ordered = np.flatnonzero(self.orders[self.prepared.pools.index(supply)])
            names += [self.prepared.case.calendar.label(int(period)) for period in ordered]
        there = ", ".join(names) or "none is ordered or owned"
        return f"the period of an order of the schedule, or an entry of the fleet such as fleet 1: {there}"

    def _when(self, possible: range) -> str:
        label = self.prepared.case.calendar.label
        if not possible:
            return "no sale: it is in service for one period only, or not inside the horizon"
        return f"a period from {label(possible[0])} to {label(possible[-1])}, in which it can be sold"

    def _period(self, label: str) -> int:
        period = period_of(label, self.prepared.case.calendar)
        assert period is not None, "unknown periods were taken out"
        return period
