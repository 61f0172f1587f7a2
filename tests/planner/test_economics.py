"""Money and time by hand."""

from __future__ import annotations

from math import inf, isinf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.assumptions.durations import Duration
from planner.economics import (
    Flows,
    annuity,
    break_even,
    break_even_hours,
    break_even_utilisation,
    discount,
    resale_share,
    trended,
)

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
CURVE = {Duration.parse(age): share for age, share in {"24 months": 0.4, "12 months": 0.7, "5 years": 0.1}.items()}


def test_discount() -> None:
    assert discount(0.08, np.array([0, 1, 2.5])) == pytest.approx([1, 1 / 1.08, 1.08**-2.5])
    assert discount(-0.5, np.array([1.0])) == pytest.approx([2])


def test_trend_compounds() -> None:
    assert trended(100, -0.1, np.array([0, 1, 2])) == pytest.approx([100, 90, 81])
    assert float(trended(100, 0.21, 0.5)) == pytest.approx(110)


@pytest.mark.parametrize(
    ("age", "share"),
    [(0, 1), (0.5, 0.85), (1, 0.7), (1.5, 0.55), (2, 0.4), (3, 0.3), (5, 0.1), (5.01, 0.1), (40, 0.1)],
)
def test_resale_is_linear_between_its_points_and_ends_flat(age: float, share: float) -> None:
    assert float(resale_share(CURVE, np.array(age))) == pytest.approx(share)


def test_no_resale_curve_is_no_resale() -> None:
    assert resale_share({}, np.array([0.0, 1.0])).tolist() == [0, 0]


def test_a_point_at_age_0_replaces_all_of_it() -> None:
    curve = {Duration.parse("0 hours"): 0.8, Duration.parse("1 year"): 0.4}
    assert resale_share(curve, np.array([0.0, 0.5])).tolist() == pytest.approx([0.8, 0.6])


def test_ages_across_the_two_families_of_units() -> None:
    """8,760 hours are a year: 365 days and 12 months are the same age."""
    assert float(resale_share({Duration.parse("365 days"): 0.5}, np.array(0.5))) == pytest.approx(0.75)


def test_annuity_by_hand() -> None:
    """1,000 over 2 years at 10 %: 1000 / (1/1.1 + 1/1.21) = 576.19."""
    assert annuity(1000, resale_share_at_end=0, rate_per_year=0.1, years=2) == pytest.approx(576.1905, abs=1e-4)
    assert annuity(1000, resale_share_at_end=0.5, rate_per_year=0, years=2, maintenance_per_year=7) == 257
    with_resale = annuity(1000, resale_share_at_end=0.21, rate_per_year=0.1, years=2)
    assert with_resale == pytest.approx((1000 - 210 / 1.21) / (1 / 1.1 + 1 / 1.21))


def test_annuity_at_0_is_the_limit() -> None:
    near = annuity(1000, resale_share_at_end=0.3, rate_per_year=1e-7, years=4)
    assert near == pytest.approx(annuity(1000, resale_share_at_end=0.3, rate_per_year=0, years=4), rel=1e-5)


def test_break_even_of_the_article_is_40_months_without_discounting() -> None:
    """50,000 now saves 20,000 − 5,000 a year."""
    for flows in Flows:
        assert break_even(50_000, saving_per_year=15_000, flows=flows) * 12 == pytest.approx(40.0, abs=1e-12)


def test_break_even_of_the_article_at_8_percent_by_year_ends() -> None:
    assert break_even(50_000, saving_per_year=15_000, rate_per_year=0.08, flows="year_end") == pytest.approx(
        4.03, abs=5e-3
    )


@QUICK
@given(
    periods=st.integers(1, 120),
    rate=st.floats(0.001, 0.1),
    saving=st.floats(1, 1e5),
    per_year=st.sampled_from([4, 12]),
)
def test_break_even_of_the_planners_own_flows_is_where_a_sum_reaches_the_price(
    periods: int, rate: float, saving: float, per_year: int
) -> None:
    """Savings in the middle of each period, added one by one: a price that so many periods pay back."""
    middles = [(period + 0.5) / per_year for period in range(periods)]
    price = sum(saving / per_year * (1 + rate) ** -middle for middle in middles)
    years = break_even(price, saving_per_year=saving, rate_per_year=rate, periods_per_year=per_year)
    assert years == pytest.approx(periods / per_year, rel=1e-6)


def test_break_even_of_the_article_at_8_percent_by_the_planners_flows() -> None:
    """Between the 46th and the 47th month, by adding them up."""
    saved, months = 0.0, 0
    while saved < 50_000:
        saved += 15_000 / 12 * 1.08 ** (-(months + 0.5) / 12)
        months += 1
    years = break_even(50_000, saving_per_year=15_000, rate_per_year=0.08)
    assert months - 1 < years * 12 <= months
    assert years < break_even(50_000, saving_per_year=15_000, rate_per_year=0.08, flows=Flows.YEAR_END)


@QUICK
@given(price=st.floats(1, 1e6), years=st.integers(1, 40), rate=st.floats(0.001, 0.4))
def test_break_even_by_year_ends_is_where_a_sum_reaches_the_price(price: float, years: int, rate: float) -> None:
    saving = price / sum((1 + rate) ** -year for year in range(1, years + 1))
    found = break_even(price, saving_per_year=saving, rate_per_year=rate, flows="year_end")
    assert found == pytest.approx(years, rel=1e-6)


@pytest.mark.parametrize("flows", list(Flows))
def test_no_break_even_where_savings_never_pay(flows: Flows) -> None:
    assert break_even(1000, saving_per_year=0, flows=flows) == inf
    assert break_even(1000, saving_per_year=-5, rate_per_year=0.1, flows=flows) == inf
    # A perpetuity of 10 a year at 10 % is worth 100 (104.9 in the middle of each year).
    assert isinf(break_even(106, saving_per_year=10, rate_per_year=0.1, flows=flows, periods_per_year=1))
    assert not isinf(break_even(99, saving_per_year=10, rate_per_year=0.1, flows=flows, periods_per_year=1))


def test_unknown_flows_are_refused() -> None:
    with pytest.raises(ValueError, match="quarter"):
        break_even(1, saving_per_year=1, rate_per_year=0.1, flows="quarter_end")


def test_break_even_in_hours_and_utilisation() -> None:
    assert break_even_hours(9000, own_per_hour=0.2, rented_per_hour=3.0) == pytest.approx(3214.2857, abs=1e-4)
    assert break_even_hours(9000, own_per_hour=3.0, rented_per_hour=3.0) == inf
    used = break_even_utilisation(8760, own_per_hour=1, rented_per_hour=3)
    assert used == pytest.approx(0.5)


@QUICK
@given(
    periods=st.integers(1, 60),
    rate=st.sampled_from([-0.05, 0.0, 0.08, 0.3]),
    share=st.floats(0, 1),
    per_year=st.sampled_from([1, 12, 365]),
)
def test_the_annuity_of_a_plans_own_flows_pays_for_the_price(
    periods: int, rate: float, share: float, per_year: int
) -> None:
    """Payments in the middle of each period, added one by one, are worth the price less what it brings at the end."""
    years = periods / per_year
    yearly = annuity(
        1000, resale_share_at_end=share, rate_per_year=rate, years=years, flows="period_middle",
        periods_per_year=per_year,
    )  # fmt: skip
    paid = sum(yearly / per_year * (1 + rate) ** (-(period + 0.5) / per_year) for period in range(periods))
    assert paid == pytest.approx(1000 * (1 - share * (1 + rate) ** -years), rel=1e-8, abs=1e-6)


def test_nothing_paid_is_paid_back_at_once_unless_nothing_is_saved() -> None:
    assert break_even(0, saving_per_year=1, rate_per_year=0.08) == 0
    assert break_even(0, saving_per_year=0, rate_per_year=0.08) == inf
