"""Everything tied to one order made in a period: I_kp of the formulation, flow by flow.

The programme takes the sum of the discounted flows; the report shows each flow in the period in which it falls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Assumptions, CommitmentsAtEnd, HardwareAtEnd, Reserved, Server
from planner.economics import HOURS_PER_YEAR, discount, resale_share, trended
from planner.periods import Calendar

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Timeline:
    """When things fall, for the horizon and for the terms that run past it."""

    calendar: Calendar
    discount_rate: float
    hardware_at_end: HardwareAtEnd
    commitments_at_end: CommitmentsAtEnd
    extended: int
    """Periods of the horizon, and beyond it as far as the longest term."""

    @classmethod
    def of(cls, calendar: Calendar, assumptions: Assumptions) -> Timeline:
        """The timeline of these assumptions."""
        terms = [
            int(option.term.periods(calendar.unit))
            for offer in assumptions.cloud.values()
            for option in offer.reserved.values()
        ]
        finance = assumptions.finance
        return cls(
            calendar,
            finance.discount_rate,
            finance.hardware_at_end,
            finance.commitments_at_end,
            calendar.count + max(terms, default=0),
        )

    @property
    def periods(self) -> int:
        """Number of periods of the horizon."""
        return self.calendar.count

    @property
    def years(self) -> float:
        """Y: length of a period by name."""
        return self.calendar.unit.years

    @cached_property
    def starts(self) -> Floats:
        """starts[period] for all extended periods and the end of the last: years from the horizon's start, t_p."""
        return np.arange(self.extended + 1, dtype=np.float64) * self.years

    @cached_property
    def discount_start(self) -> Floats:
        """discount_start[period]: δ_p, for money paid at the start of a period."""
        return discount(self.discount_rate, self.starts)

    @cached_property
    def discount_middle(self) -> Floats:
        """discount_middle[period]: for money that flows during a period."""
        return discount(self.discount_rate, self.starts[:-1] + self.years / 2)

    @cached_property
    def hours(self) -> Floats:
        """hours[period]: real hours inside the horizon, 8,760·Y beyond it."""
        beyond = np.full(self.extended - self.periods, HOURS_PER_YEAR * self.years)
        return np.concatenate([self.calendar.hours.astype(np.float64), beyond])


@dataclass(frozen=True)
class Spread:
    """One kind of money tied to an order: `amount` × `measure`, in each period from `first` up to `last`."""

    component: str
    amount: Floats
    """amount[order period]  currency per unit ordered and unit of measure."""
    first: Integers
    """first[order period]: where it begins; may lie beyond the horizon, as far as `Timeline.extended`."""
    last: Integers
    """last[order period]: the period after its end; nothing falls due where it is not after `first`."""
    measure: Floats
    """measure[period]: hours, years, or 1 for what is paid once."""
    factor: Floats
    """factor[period]: discount factor."""

    @property
    def total(self) -> Floats:
        """total[order period]  discounted, per unit ordered."""
        running = np.concatenate([[0.0], np.cumsum(self.measure * self.factor)])
        total: Floats = self.amount * (running[np.maximum(self.last, self.first)] - running[self.first])
        return total

    def flows(self, order_period: int) -> Iterator[tuple[int, float, float]]:
        """(period, amount, discounted) for one unit ordered in a period."""
        for q in range(int(self.first[order_period]), int(self.last[order_period])):
            paid = float(self.amount[order_period] * self.measure[q])
            if paid:
                yield q, paid, paid * float(self.factor[q])


def server_spreads(server: Server, timeline: Timeline, lead: int, life: int) -> list[Spread]:
    """Price and installation at the order, maintenance while in service inside the horizon, resale at the end.

    Resale: its share at the age reached, of the server's own price without installation; at the end of its life inside
    the horizon always, at the horizon's end if `hardware_at_end: resale`, discounted to that moment and shown in the
    period that ends then. Orders that would arrive at or after the end cost nothing here: they cannot be made.
    """
    order = np.arange(timeline.periods)
    price = trended(server.price, server.price_trend_per_year, timeline.starts[order])
    once, ones = timeline.discount_start[:-1], np.ones(timeline.extended)
    possible = order + lead < timeline.periods
    paid = np.where(possible, order + 1, order)
    arrival = np.minimum(order + lead, timeline.periods)
    leaving = np.minimum(arrival + life, timeline.periods)
    sold = possible & ((arrival + life <= timeline.periods) | (timeline.hardware_at_end is HardwareAtEnd.RESALE))
    value = price * resale_share(server.resale, timeline.starts[leaving] - timeline.starts[arrival])
    last = np.maximum(leaving - 1, 0)
    return [
        Spread("servers", price, order, paid, ones, once),
        Spread("installation", np.full(len(order), server.install_cost), order, paid, ones, once),
        Spread(
            "maintenance",
            server.maintenance_per_year * price,
            arrival,
            leaving,
            ones * timeline.years,
            timeline.discount_middle,
        ),
        Spread("resale", -value, last, np.where(sold, last + 1, last), ones, timeline.discount_start[1:]),
    ]


def reservation_spreads(option: Reserved, trend_per_year: float, timeline: Timeline, term: int) -> list[Spread]:
    """Upfront at the order, and the hourly fee, locked at the price of the order, in every hour of the term.

    `prorated`: the periods inside the horizon only, and the upfront times the share of the term inside.
    """
    order = np.arange(timeline.periods)
    price = trended(1.0, trend_per_year, timeline.starts[order])
    ending = order + term
    if timeline.commitments_at_end is CommitmentsAtEnd.PRORATED:
        ending = np.minimum(ending, timeline.periods)
    upfront = option.upfront * price * (ending - order) / term
    ones = np.ones(timeline.extended)
    return [
        Spread("reserved_upfront", upfront, order, order + 1, ones, timeline.discount_start[:-1]),
        Spread("reserved_hourly", option.hourly * price, order, ending, timeline.hours, timeline.discount_middle),
    ]
