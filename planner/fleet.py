"""What is there before the plan: servers owned, and commitments held. When, at what cost, and what they would bring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import CommitmentsAtEnd, FleetEntry, HardwareAtEnd, HeldCommitment
from planner.case import Case
from planner.components import Component
from planner.dispatch import Supply, SupplyKind
from planner.economics import resale_share
from planner.order_costs import Flow, Timeline
from planner.periods import age_years, later

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeldUnits:
    """Units of a pool that are in service, or on their way, whatever is ordered."""

    supply: Supply
    units: float
    acquired: str
    """How the sales table names them: `fleet 1`."""
    first: int
    """First period in service, from 0."""
    last: int
    """Last period in service, inside the horizon."""
    whole: bool
    """Are they sold as whole units?"""
    paid: tuple[Flow, ...]
    """For one unit, in each period in service; beyond the horizon where a term is charged in full."""
    value: Floats | None
    """value[boundary]  currency that a unit brings at the start of that period; None where it cannot be sold."""
    sold_at_end: bool
    """Does it bring its value at the end of its last period?"""

    def flows(self, timeline: Timeline, leave: int | None = None) -> Iterator[Flow]:
        """What one unit costs and brings. leave: the period at whose start it is sold; None where it stays."""
        end = self.last + 1 if leave is None else leave
        yield from (flow for flow in self.paid if leave is None or flow.period < leave)
        if self.value is not None and (leave is not None or self.sold_at_end):
            # What is sold at its end is shown in the period that ends then; sold early, in the one that begins then.
            shown, value = end - 1 if leave is None else end, float(self.value[end])
            if value:
                yield Flow(Component.RESALE, shown, -value, -value * float(timeline.discount_start[end]))

    def cost(self, timeline: Timeline) -> float:
        """Discounted cost of one unit that stays."""
        return sum(flow.discounted for flow in self.flows(timeline))

    def sale_change(self, timeline: Timeline) -> Floats | None:
        """sale_change[period]  discounted change of the cost of a unit that leaves at the start of that period."""
        if self.value is None:
            return None
        brought = self.value * timeline.discount_start[: timeline.periods + 1]
        paid = np.zeros(timeline.periods)
        for flow in self.paid:
            paid[flow.period] += flow.discounted
        still_to_pay = np.cumsum(paid[::-1])[::-1]
        at_end = float(brought[self.last + 1]) if self.sold_at_end else 0.0
        change: Floats = at_end - brought[:-1] - still_to_pay
        return change


def held_units(case: Case) -> tuple[HeldUnits, ...]:
    """Fleet and held commitments that are in service inside the horizon, in the order of the file."""
    fleet = [_owned(number, entry, case) for number, entry in enumerate(case.assumptions.fleet, start=1)]
    held = [_reserved(number, entry, case) for number, entry in enumerate(case.assumptions.held_commitments, start=1)]
    return tuple(units for units in fleet + held if units is not None)


def _owned(number: int, entry: FleetEntry, case: Case) -> HeldUnits | None:
    """Maintenance in each period, on what was paid or else today's price; resale where what was paid is known."""
    timeline, server = case.timeline, case.assumptions.servers[entry.server]
    life = case.calendar.service(entry.in_service, server.lifetime)
    inside = range(life.start, min(life.stop, timeline.periods))
    if not inside:
        return None
    price = float(case.servers[entry.server][0]) if entry.price_paid is None else entry.price_paid
    maintenance = server.maintenance_per_year * price * timeline.years
    in_years = np.full(timeline.extended, timeline.years)
    value = None
    if entry.price_paid is not None and server.resale:
        ages = [
            max(age_years(entry.in_service, case.calendar.begins(boundary), case.calendar.unit), 0.0)
            for boundary in range(timeline.periods + 1)
        ]
        value = entry.price_paid * resale_share(server.resale, np.array(ages))
    ended = later(entry.in_service, server.lifetime) <= case.calendar.begins(timeline.periods)
    return HeldUnits(
        Supply(SupplyKind.SERVER, entry.server, entry.site),
        entry.count,
        f"fleet {number}",
        inside.start,
        inside.stop - 1,
        server.whole_servers,
        tuple(_during(Component.MAINTENANCE, dict.fromkeys(inside, maintenance), timeline, in_years)),
        value,
        ended or timeline.hardware_at_end is HardwareAtEnd.RESALE,
    )


def _reserved(number: int, entry: HeldCommitment, case: Case) -> HeldUnits | None:
    """The hourly fee of today in each period of the rest of the term; its upfront is sunk."""
    timeline = case.timeline
    option = case.assumptions.cloud[entry.offer].reserved[entry.option]
    supply = Supply(SupplyKind.RESERVED, entry.offer, entry.option)
    term = case.calendar.service(entry.started, option.term)
    inside = range(term.start, min(term.stop, timeline.periods))
    if not inside:
        return None
    charged = term if timeline.commitments_at_end is CommitmentsAtEnd.FULL else inside
    hourly = float(case.offers[entry.offer].hourly[entry.option][0])
    fees = {period: hourly * float(timeline.hours[period]) for period in charged}
    share = case.provider(supply).support_share
    paid = (
        *_during(Component.RESERVED_HOURLY, fees, timeline, timeline.hours),
        *_during(Component.SUPPORT, {period: share * fee for period, fee in fees.items()}, timeline, timeline.hours),
    )
    name = f"held commitment {number}"
    return HeldUnits(supply, entry.count, name, inside.start, inside.stop - 1, False, paid, None, False)


def _during(component: Component, amounts: dict[int, float], timeline: Timeline, measure: Floats) -> Iterator[Flow]:
    """Money that flows during periods; measure[period]: hours or years of a unit."""
    for period, amount in amounts.items():
        if amount:
            discounted = amount * float(timeline.discount_middle[period])
            yield Flow(component, period, amount, discounted, float(measure[period]))
