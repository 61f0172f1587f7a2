"""Random good plans pass; random corruption of one number of any table is caught."""

import pandas as pd
from audit_cases import COLUMNS, Everything
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

TABLES = ("purchases", "commitments", "capacity", "rentals", "use", "unserved", "costs")
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEWER = settings(QUICK, max_examples=60)

UNITS = {
    "hour": (1 / 8760, "2027-01-04T05:00"),
    "day": (1 / 365, "2028-02-27"),
    "week": (7 / 365, "2027-01-04"),
    "month": (1 / 12, "2027-11-02"),
    "quarter": (1 / 4, "2027-01-01"),
}


def money(low, high):
    return st.floats(low, high, allow_nan=False)


@st.composite
def figures(draw):
    unit = draw(st.sampled_from(sorted(UNITS)))
    years, start = UNITS[unit]
    periods = draw(st.integers(1, 3 if unit == "quarter" else 5))
    lead = draw(st.integers(0, 2))
    last = periods - lead  # orders that arrive at or after the end do not exist
    placed = st.tuples(st.integers(0, last - 1), st.sampled_from(["lab", "annex"]), st.integers(1, 4).map(float))
    bought = st.tuples(st.integers(0, periods - 1), money(0.1, 3.0))
    ages = sorted(draw(st.sets(st.integers(1, 6), max_size=3)))
    shares = sorted(draw(st.lists(money(0.05, 0.95), min_size=len(ages), max_size=len(ages))), reverse=True)
    return {
        "unit": unit,
        "years": years,
        "start": start,
        "periods": periods,
        "rate": draw(money(-0.05, 0.3)),
        "hardware_at_end": draw(st.sampled_from(["resale", "none"])),
        "commitments_at_end": draw(st.sampled_from(["prorated", "full"])),
        "lead": lead,
        "life": draw(st.integers(1, 6)),
        "term": draw(st.integers(1, 6)),
        "server_trend": draw(money(-0.5, 0.5)),
        "cloud_trend": draw(money(-0.5, 0.5)),
        "maintenance": draw(money(0.0, 0.3)),
        "availability": draw(money(0.5, 1.0)),
        "headroom": draw(money(0.0, 0.5)),
        "pue": draw(money(1.0, 2.0)),
        "lost": draw(money(0.0, 0.5)),
        "upfront": draw(money(0.0, 50000.0)),
        "penalty": draw(money(0.0, 50.0)),
        "spot_max_share": draw(money(0.0, 1.0)),
        "resale": dict(zip(ages, shares, strict=True)),
        "orders": draw(st.lists(placed, max_size=3)) if last > 0 else [],
        "commitments": draw(st.lists(bought, max_size=3)),
    }


@QUICK
@given(drawn=figures())
def test_random_good_plans_pass(toy, drawn):
    audit = toy(**drawn).build().audit()
    assert audit.passed, audit.failed


@st.composite
def figures_of_everything(draw):
    prices = st.lists(money(1e5, 4e5), min_size=4, max_size=4).map(tuple)
    return {
        "rate": draw(money(-0.05, 0.3)),
        "hardware_at_end": draw(st.sampled_from(["resale", "none"])),
        "commitments_at_end": draw(st.sampled_from(["prorated", "full"])),
        "discount": draw(money(0.0, 0.9)),
        "support": draw(money(0.0, 0.5)),
        "carbon_price": draw(money(0.0, 300.0)),
        "setup": draw(money(0.0, 1e5)),
        "whole_people": draw(st.booleans()),
        "deferrable": draw(st.integers(1, 80)),
        "prices": draw(prices),
        "on_demand": draw(st.lists(money(10.0, 90.0), min_size=4, max_size=4).map(tuple)),
        "night": draw(money(0.0, 0.3)),
        "rate_drawn": draw(money(0.1, 53.0)),
        "input_price": draw(money(0.0, 5.0)),
        "output_price": draw(money(0.1, 20.0)),
        "relax": draw(st.booleans()),
    }


@FEWER
@given(drawn=figures_of_everything())
def test_random_good_plans_with_everything_pass(drawn):
    audit = Everything(**drawn).build().audit()
    assert audit.passed, audit.failed


@FEWER
@given(drawn=figures_of_everything(), data=st.data())
def test_one_corrupted_number_of_everything_is_caught(drawn, data):
    plan = Everything(**drawn).build()
    corrupt(plan, sorted(COLUMNS), data)
    assert not plan.audit().passed


@QUICK
@given(drawn=figures(), relax=st.booleans(), data=st.data())
def test_one_corrupted_number_is_caught(toy, drawn, relax, data):
    plan = toy(**drawn, relax=relax).build()
    corrupt(plan, TABLES, data)
    assert not plan.audit().passed


def corrupt(plan, tables, data):
    """One number of one table becomes another one; sometimes the total follows."""
    table = data.draw(st.sampled_from(tables))
    frame = getattr(plan.schedule, table).copy()
    assume(len(frame) > 0)
    column = data.draw(st.sampled_from([name for name in frame if pd.api.types.is_numeric_dtype(frame[name])]))
    row = data.draw(st.sampled_from(list(frame.index)))
    value = float(frame.loc[row, column])
    # Beyond the absolute tolerance as well: a line of cents in a plan of millions is not looked at that closely.
    spare = 1e-6 * plan.schedule.costs["amount"].abs().sum() if column in ("cost", "amount", "discounted") else 1e-3
    factor = data.draw(st.sampled_from([-1.0, 0.0, 0.5, 0.999, 1.001, 2.0]))
    assume(abs(value * (factor - 1.0)) > spare)
    frame[column] = frame[column].astype(float)
    frame.loc[row, column] = value * factor
    plan.set_table(table, frame)
    if data.draw(st.booleans()):
        plan.retotal()
