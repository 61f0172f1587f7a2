"""Pure functions of money and time: discounting, trends, resale, annuities, break-even.

Times are in years from the horizon's start. Conventions: docs/formulation.md, "Time".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.durations import Duration

Floats = NDArray[np.float64]

HOURS_PER_YEAR = 8760
MONTHS_PER_YEAR = 12


class Flows(StrEnum):
    """When money that flows is counted."""

    PERIOD_MIDDLE = "period_middle"
    """In the middle of each period: the planner's own convention."""
    YEAR_END = "year_end"
    """At the end of each year: the convention of most textbooks and spreadsheets."""


def discount(rate_per_year: float, years: Floats) -> Floats:
    """Present value of 1 paid after `years`: (1 + r)^(−t)."""
    factor: Floats = (1.0 + rate_per_year) ** (-np.asarray(years, dtype=np.float64))
    return factor


def trended(price: float, trend_per_year: float, years: Floats | float) -> Floats:
    """A price after `years` of a trend that compounds: price · (1 + g)^t."""
    prices: Floats = price * (1.0 + trend_per_year) ** np.asarray(years, dtype=np.float64)
    return prices


def resale_share(curve: Mapping[Duration, float], age_years: Floats) -> Floats:
    """Share of its own price that hardware of an age brings: linear between (0, 1) and the curve's points.

    The last share holds after the last age; an empty curve is no resale at all. A point at age 0 replaces (0, 1).

    >>> resale_share({Duration.parse("12 months"): 0.6}, np.array([0.5, 2.0])).tolist()
    [0.8, 0.6]
    """
    ages = np.asarray(age_years, dtype=np.float64)
    if not curve:
        return np.zeros_like(ages)
    points = sorted({0.0: 1.0, **{age.years: share for age, share in curve.items()}}.items())
    known, shares = zip(*points, strict=True)
    share: Floats = np.interp(ages, known, shares)
    return share


def annuity_factor(
    rate_per_year: float,
    years: float,
    flows: Flows | str = Flows.YEAR_END,
    periods_per_year: float = MONTHS_PER_YEAR,
) -> float:
    """Present value of 1 a year over `years`.

    year_end: (1 − (1+i)^−n)/i. period_middle: q^½·(1 − q^(m·n))/(m·(1 − q)), with m periods a year and
    q = (1+i)^(−1/m). At i = 0 both are n.

    >>> round(annuity_factor(0.1, 2), 4)
    1.7355
    """
    if rate_per_year == 0:
        return years
    left = float((1 + rate_per_year) ** -years)
    return (1 - left) / _yearly_rate(rate_per_year, Flows(flows), periods_per_year)


def _yearly_rate(rate_per_year: float, flows: Flows, periods_per_year: float) -> float:
    """1 / (present value of 1 a year for ever): i, or m·(1 − q)/q^½."""
    if flows is Flows.YEAR_END:
        return rate_per_year
    step = float((1 + rate_per_year) ** (-1 / periods_per_year))
    return (1 - step) * periods_per_year / float(step**0.5)


def annuity(
    price: float,
    *,
    resale_share_at_end: float,
    rate_per_year: float,
    years: float,
    maintenance_per_year: float = 0.0,
    flows: Flows | str = Flows.YEAR_END,
    periods_per_year: float = MONTHS_PER_YEAR,
) -> float:
    """Cost per year of holding something, as equal payments at year ends, or in the middle of periods.

    F = C·(1 − ρ(1+i)^−n)/A + M, with price C, resale share ρ after n years, M in money a year and the annuity factor
    A. At year ends A = (1 − (1+i)^−n)/i; at i = 0 it is n.
    """
    left = float((1 + rate_per_year) ** -years)
    factor = annuity_factor(rate_per_year, years, flows, periods_per_year)
    return price * (1 - resale_share_at_end * left) / factor + maintenance_per_year


def break_even(
    price: float,
    *,
    saving_per_year: float,
    rate_per_year: float = 0.0,
    flows: Flows | str = Flows.PERIOD_MIDDLE,
    periods_per_year: float = MONTHS_PER_YEAR,
) -> float:
    """Years until savings have paid back a price paid at the start; infinite when they never do.

    year_end: price = s·(1 − (1+i)^−n)/i. period_middle: price = (s/m)·q^½·(1 − q^(m·n))/(1 − q), with m periods a
    year and q = (1+i)^(−1/m). Both solved for n as a real number; at i = 0 both are price / s.

    >>> round(break_even(50_000, saving_per_year=15_000) * 12, 1)
    40.0
    >>> round(break_even(50_000, saving_per_year=15_000, rate_per_year=0.08, flows="year_end"), 2)
    4.03
    """
    if saving_per_year <= 0:
        return inf
    if rate_per_year == 0 or price == 0:
        return price / saving_per_year
    paid = price * _yearly_rate(rate_per_year, Flows(flows), periods_per_year) / saving_per_year
    return -log(1 - paid) / log(1 + rate_per_year) if paid < 1 else inf


def break_even_hours(price: float, *, own_per_hour: float, rented_per_hour: float) -> float:
    """Hours of use after which owning has cost less than renting: price / (rented − own); infinite when never."""
    return price / (rented_per_hour - own_per_hour) if rented_per_hour > own_per_hour else inf


def break_even_utilisation(fixed_per_year: float, *, own_per_hour: float, rented_per_hour: float) -> float:
    """Share of the year's 8,760 hours in use above which holding is cheaper than renting: F / ((c − v)·8760)."""
    return break_even_hours(fixed_per_year, own_per_hour=own_per_hour, rented_per_hour=rented_per_hour) / HOURS_PER_YEAR
