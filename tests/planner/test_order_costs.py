"""Everything tied to an order, against slow loops over its periods, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.schema import CommitmentsAtEnd, HardwareAtEnd, Server
from planner.economics import trended
from planner.order_costs import Spread, Timeline, promise_spreads, reservation_spreads, server_spreads
from planner.periods import Calendar

Flow = tuple[str, int, float, float]


def timeline(
    unit: str = "year",
    periods: int = 4,
    *,
    rate: float = 0.1,
    hardware: str = "resale",
    terms: str = "prorated",
    longest: int = 6,
) -> Timeline:
    calendar = Calendar(PeriodUnit(unit), pd.Timestamp("2027-01-01"), periods)
    return Timeline(calendar, rate, HardwareAtEnd(hardware), CommitmentsAtEnd(terms), periods + longest)


def server(**figures: Any) -> Server:
    defaults = {"gpu": "H100", "gpus": 8, "price": 1000.0, "power_kw": 1.0, "lifetime": "1 year"}
    return Server.model_validate({**defaults, **figures})


def flows(spreads: list[Spread], order: int) -> list[Flow]:
    return [
        (flow.component.value, flow.period, flow.amount, flow.discounted)
        for spread in spreads
        for flow in spread.flows(order)
    ]


def of_server(model: Server, made: Timeline, lead: int, life: int, leave: int | None = None) -> list[Spread]:
    """At the model's price and trend."""
    price = trended(model.price, model.price_trend_per_year, made.starts[: made.periods])
    return server_spreads(model, price, made, lead, life, leave)


def of_term(
    upfront: float, hourly: float, made: Timeline, term: int, *, trend: float = 0.0, support: float = 0.0
) -> list[Spread]:
    """A reservation at prices that follow a trend."""
    price = trended(1.0, trend, made.starts[: made.periods])
    return reservation_spreads(upfront * price, hourly * price, made, term, support)


def assert_flows(found: list[Flow], expected: list[Flow]) -> None:
    """Same components and periods, same amounts, whatever their order."""
    found, expected = sorted(found), sorted(expected)
    assert [flow[:2] for flow in found] == [flow[:2] for flow in expected]
    for index in (2, 3):
        assert [flow[index] for flow in found] == pytest.approx([flow[index] for flow in expected], rel=1e-12)


FIGURES = {
    "install_cost": 50.0,
    "maintenance_per_year": 0.1,
    "price_trend_per_year": -0.2,
    "resale": {"1 year": 0.6, "2 years": 0.3},
}


def test_a_server_by_hand() -> None:
    """Ordered in 2028 at 1000 × 0.8, in service 2029 and 2030, sold for 0.3 of it at the end of 2030, which is T."""
    found = flows(of_server(server(**FIGURES), timeline(), lead=1, life=2), 1)
    assert_flows(
        found,
        [
            ("servers", 1, 800, 800 / 1.1),
            ("installation", 1, 50, 50 / 1.1),
            ("maintenance", 2, 80, 80 / 1.1**2.5),
            ("maintenance", 3, 80, 80 / 1.1**3.5),
            ("resale", 3, -240, -240 / 1.1**4),
        ],
    )


@pytest.mark.parametrize(("hardware", "sold"), [("resale", [(3, -0.6 * 640)]), ("none", [])])
def test_hardware_at_the_end_decides_on_servers_still_owned(hardware: str, sold: list[tuple[int, float]]) -> None:
    """Ordered in 2029, in service from 2030 for 2 years: 1 year old at the end."""
    found = flows(of_server(server(**FIGURES), timeline(hardware=hardware), lead=1, life=2), 2)
    assert [(q, pytest.approx(amount)) for component, q, amount, _ in found if component == "resale"] == sold


@pytest.mark.parametrize("hardware", ["resale", "none"])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_life_that_ends_inside_or_at_the_end_is_sold_always(hardware: str, order: int) -> None:
    spreads = of_server(server(**FIGURES), timeline(hardware=hardware), lead=0, life=2)
    resale = [flow for flow in flows(spreads, order) if flow[0] == "resale"]
    value = -0.3 * 1000 * 0.8**order
    assert_flows(resale, [("resale", order + 1, value, value / 1.1 ** (order + 2))])


@pytest.mark.parametrize(("lead", "order"), [(1, 3), (2, 2), (4, 0), (9, 0)])
def test_orders_that_arrive_at_or_after_the_end_cost_nothing_here(lead: int, order: int) -> None:
    spreads = of_server(server(**FIGURES), timeline(), lead=lead, life=2)
    assert flows(spreads, order) == []
    assert sum(spread.total[order] for spread in spreads) == 0


def test_a_reservation_by_hand_prorated() -> None:
    """3 years bought in 2029 at 0.81 of today's price: 2 of them are inside. 2029 and 2030 have 8,760 hours."""
    found = flows(of_term(300, 0.5, timeline(), 3, trend=-0.1), 2)
    fee = 0.81 * 0.5 * 8760
    assert_flows(
        found,
        [
            ("reserved_upfront", 2, 0.81 * 200, 0.81 * 200 / 1.1**2),
            ("reserved_hourly", 2, fee, fee / 1.1**2.5),
            ("reserved_hourly", 3, fee, fee / 1.1**3.5),
        ],
    )


def test_a_reservation_by_hand_in_full() -> None:
    """The year past the end has 8,760 hours; the leap year 2028 has 8,784."""
    found = flows(of_term(300, 0.5, timeline(terms="full"), 4), 1)
    assert_flows(
        found,
        [("reserved_upfront", 1, 300, 300 / 1.1)]
        + [
            ("reserved_hourly", q, 0.5 * hours, 0.5 * hours / 1.1 ** (q + 0.5))
            for q, hours in [(1, 8784), (2, 8760), (3, 8760), (4, 8760)]
        ],
    )


def test_full_and_prorated_agree_on_terms_that_end_at_the_end() -> None:
    totals = [
        sum(spread.total[2] for spread in of_term(300, 0.5, timeline(terms=terms), 2)) for terms in ("full", "prorated")
    ]
    assert totals[0] == totals[1]


UNITS = {"month": 12, "quarter": 4, "week": 365 / 7, "day": 365}
rates = st.floats(-0.3, 0.6)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    unit=st.sampled_from(sorted(UNITS)),
    periods=st.integers(1, 8),
    lead=st.integers(0, 9),
    life=st.integers(1, 12),
    rate=rates,
    trend=rates,
    hardware=st.sampled_from(["resale", "none"]),
)
def test_a_server_against_a_slow_loop(
    unit: str, periods: int, lead: int, life: int, rate: float, trend: float, hardware: str
) -> None:
    made = timeline(unit, periods, rate=rate, hardware=hardware)
    spreads = of_server(server(**FIGURES | {"price_trend_per_year": trend}), made, lead=lead, life=life)
    year = 1 / UNITS[unit]
    for order in range(periods):
        expected: list[Flow] = []

        def pay(component: str, q: int, amount: float, years: float, into: list[Flow] = expected) -> None:
            into.append((component, q, amount, amount * (1 + rate) ** -years))

        if order + lead < periods:
            price = 1000 * (1 + trend) ** (order * year)
            pay("servers", order, price, order * year)
            pay("installation", order, 50, order * year)
            served = 0
            for q in range(order + lead, min(order + lead + life, periods)):
                pay("maintenance", q, 0.1 * price * year, (q + 0.5) * year)
                served += 1
            ended = order + lead + life <= periods
            if ended or hardware == "resale":
                age = served * year
                part = 1 - 0.4 * age if age <= 1 else max(0.6 - 0.3 * (age - 1), 0.3)
                last = order + lead + served
                pay("resale", last - 1, -part * price, last * year)
        found = flows(spreads, order)
        assert_flows(found, expected)
        total = sum(float(spread.total[order]) for spread in spreads)
        assert total == pytest.approx(sum(flow[3] for flow in expected), rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    unit=st.sampled_from(sorted(UNITS)),
    periods=st.integers(1, 8),
    term=st.integers(1, 6),
    rate=rates,
    trend=rates,
    upfront=st.floats(0, 100),
    terms=st.sampled_from(["prorated", "full"]),
)
def test_a_reservation_against_a_slow_loop(
    unit: str, periods: int, term: int, rate: float, trend: float, upfront: float, terms: str
) -> None:
    made = timeline(unit, periods, rate=rate, terms=terms)
    spreads = of_term(upfront, 2.0, made, term, trend=trend)
    year = 1 / UNITS[unit]
    for order in range(periods):
        price = (1 + trend) ** (order * year)
        inside = min(term, periods - order)
        paid = upfront * price * (1.0 if terms == "full" else inside / term)
        expected: list[Flow] = [("reserved_upfront", order, paid, paid * (1 + rate) ** (-order * year))] if paid else []
        for q in range(order, order + (term if terms == "full" else inside)):
            hours = float(made.calendar.hours[q]) if q < periods else 8760 * year
            fee = 2 * price * hours
            expected.append(("reserved_hourly", q, fee, fee * (1 + rate) ** (-(q + 0.5) * year)))
        assert_flows(flows(spreads, order), expected)
        total = sum(float(spread.total[order]) for spread in spreads)
        assert total == pytest.approx(sum(flow[3] for flow in expected), rel=1e-9)


def test_the_timeline() -> None:
    """Two quarters from January, and one beyond: 90 and 91 days, then a quarter of 8,760 hours."""
    made = timeline("quarter", 2, longest=1, rate=0.21)
    assert made.starts.tolist() == [0, 0.25, 0.5, 0.75]
    assert made.hours.tolist() == [2160, 2184, 2190]
    assert made.discount_start == pytest.approx(1.21 ** -np.array([0, 0.25, 0.5, 0.75]))
    assert made.discount_middle == pytest.approx(1.21 ** -np.array([0.125, 0.375, 0.625]))


def test_support_is_a_share_of_each_fee_when_it_is_paid() -> None:
    """A tenth of the upfront at the start of 2028, of the fee of 2028 in its middle."""
    found = flows(of_term(300, 0.5, timeline(), 1, support=0.1), 1)
    fee = 0.5 * 8784
    assert_flows(
        found,
        [
            ("reserved_upfront", 1, 300, 300 / 1.1),
            ("reserved_hourly", 1, fee, fee / 1.1**1.5),
            ("support", 1, 30, 30 / 1.1),
            ("support", 1, fee / 10, fee / 10 / 1.1**1.5),
        ],
    )


@pytest.mark.parametrize(("terms", "periods"), [("prorated", [3]), ("full", [3, 4])])
def test_money_promised_is_paid_in_every_hour(terms: str, periods: list[int]) -> None:
    """1 an hour for 2 years from 2030, the last year of the plan, and a fifth of it for support."""
    found = flows(promise_spreads(timeline(terms=terms), 2, 0.2), 3)
    assert_flows(
        found,
        [("spend_commitment", q, 8760, 8760 / 1.1 ** (q + 0.5)) for q in periods]
        + [("support", q, 1752, 1752 / 1.1 ** (q + 0.5)) for q in periods],
    )


@pytest.mark.parametrize("hardware", ["resale", "none"])
def test_a_server_sold_early_by_hand(hardware: str) -> None:
    """Ordered in 2027, in service from 2028 for 3 years; sold at the start of 2030, 2 years old, for 0.3."""
    found = flows(of_server(server(**FIGURES), timeline(hardware=hardware), lead=1, life=3, leave=3), 0)
    assert_flows(
        found,
        [
            ("servers", 0, 1000, 1000),
            ("installation", 0, 50, 50),
            ("maintenance", 1, 100, 100 / 1.1**1.5),
            ("maintenance", 2, 100, 100 / 1.1**2.5),
            ("resale", 3, -300, -300 / 1.1**3),
        ],
    )


@pytest.mark.parametrize(("lead", "life"), [(0, 4), (2, 3), (5, 30)])
def test_several_times_to_leave_at_once_cost_what_each_does_alone(lead, life):
    made, model = timeline(periods=12), server(**FIGURES)
    price = trended(model.price, model.price_trend_per_year, made.starts[: made.periods])
    together = server_spreads(model, price, made, lead, life, np.arange(12)[:, None])
    for leave in range(12):
        for one, all_ in zip(of_server(model, made, lead, life, leave), together, strict=True):
            assert np.broadcast_to(all_.total, (12, 12))[leave].tolist() == one.total.tolist()
