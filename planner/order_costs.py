"""Everything tied to one order made in a period: I_kp of the formulation, flow by flow.

The programme takes the sum of the discounted flows; the report shows each flow in the period in which it falls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Assumptions, CommitmentsAtEnd, HardwareAtEnd, Server
from planner.components import Component
from planner.economics import HOURS_PER_YEAR, discount, resale_share
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
        terms += [int(promised.term.periods(calendar.unit)) for promised in assumptions.spend_commitments.values()]
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
class Flow:
    """Money that falls due in a period."""

    component: Component
    period: int
    """May lie beyond the horizon, as far as `Timeline.extended`."""
    amount: float
    discounted: float
    quantity: float = 1.0
    """What is paid for: servers, instances, or as many for an hour or a year, as the component has it."""


@dataclass(frozen=True)
class Spread:
    """One kind of money tied to an order: `amount` × `measure`, in each period from `first` up to `last`."""

    component: Component
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

    def flows(self, order_period: int) -> Iterator[Flow]:
        """What one unit ordered in a period brings."""
        for q in range(int(self.first[order_period]), int(self.last[order_period])):
            paid = float(self.amount[order_period] * self.measure[q])
            if paid:
                yield Flow(self.component, q, paid, paid * float(self.factor[q]), float(self.measure[q]))


def server_spreads(
    server: Server, price: Floats, timeline: Timeline, lead: int, life: int, leave: int | Integers | None = None
) -> list[Spread]:
    """Price and installation at the order, maintenance while in service inside the horizon, resale at the end.

    price[order period]  currency per server. leave: the period at whose start the server leaves service; None where it
    stays until its life or the horizon ends; of several, leave[leave, 1], the spreads are [leave, order period].
    Resale: its share at the age reached, of the server's own price without installation. At the end of its life inside
    the horizon always, at the horizon's end if `hardware_at_end: resale`, discounted to that moment and shown in the
    period that ends then; sold early, in the period that begins then. Orders that would arrive at or after the end cost
    nothing here: they cannot be made.
    """
    order = np.arange(timeline.periods)
    once, ones = timeline.discount_start, np.ones(timeline.extended)
    possible = order + lead < timeline.periods
    paid = np.where(possible, order + 1, order)
    arrival = np.minimum(order + lead, timeline.periods)
    if leave is None:
        leaving = np.minimum(arrival + life, timeline.periods)
        sold = possible & ((arrival + life <= timeline.periods) | (timeline.hardware_at_end is HardwareAtEnd.RESALE))
        shown, at_sale = np.maximum(leaving - 1, 0), once[1:]
    else:
        leaving = np.maximum(leave, arrival)
        sold = possible & (arrival < leave)
        shown, at_sale = leaving, once[:-1]
    value = price * resale_share(server.resale, timeline.starts[leaving] - timeline.starts[arrival])
    maintenance = server.maintenance_per_year * price
    in_years = ones * timeline.years
    return [
        Spread(Component.SERVERS, price, order, paid, ones, once[:-1]),
        Spread(Component.INSTALLATION, np.full(len(order), server.install_cost), order, paid, ones, once[:-1]),
        Spread(Component.MAINTENANCE, maintenance, arrival, leaving, in_years, timeline.discount_middle),
        Spread(Component.RESALE, -value, shown, np.where(sold, shown + 1, shown), ones, at_sale),
    ]


def reservation_spreads(
    upfront: Floats, hourly: Floats, timeline: Timeline, term: int, support_share: float = 0.0
) -> list[Spread]:
    """Upfront at the order, and the hourly fee, locked at the price of the order, in every hour of the term.

    upfront[order period], hourly[order period]  currency per instance, and per instance-hour. `prorated`: the periods
    inside the horizon only, and the upfront times the share of the term inside. Support: its share of both.
    """
    order = np.arange(timeline.periods)
    ending = _charged_until(order, term, timeline)
    paid, ones = upfront * (ending - order) / term, np.ones(timeline.extended)
    return _with_support(
        [
            Spread(Component.RESERVED_UPFRONT, paid, order, order + 1, ones, timeline.discount_start[:-1]),
            Spread(Component.RESERVED_HOURLY, hourly, order, ending, timeline.hours, timeline.discount_middle),
        ],
        support_share,
    )


def promise_spreads(timeline: Timeline, term: int, support_share: float = 0.0) -> list[Spread]:
    """What a spend commitment costs per unit of money per hour: 1 in every hour of the term, and support."""
    order = np.arange(timeline.periods)
    ending, one = _charged_until(order, term, timeline), np.ones(len(order))
    money = Spread(Component.SPEND_COMMITMENT, one, order, ending, timeline.hours, timeline.discount_middle)
    return _with_support([money], support_share)


def _charged_until(order: Integers, term: int, timeline: Timeline) -> Integers:
    """until[order period]: the period after the last one that is charged."""
    ending: Integers = order + term
    if timeline.commitments_at_end is CommitmentsAtEnd.PRORATED:
        ending = np.minimum(ending, timeline.periods)
    return ending


def _with_support(spreads: list[Spread], share: float) -> list[Spread]:
    """And the share of everything that is paid for the provider's support, when it is paid."""
    if share == 0:
        return spreads
    return spreads + [replace(spread, component=Component.SUPPORT, amount=share * spread.amount) for spread in spreads]
