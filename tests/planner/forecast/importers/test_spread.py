"""Usage over spans of time as GPU-hours by the hour."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.forecast.importers import common
from planner.forecast.importers.common import HOUR_US, Hours, covered, hours_text, spread, workload_codes, workload_name
from planner.problems import InputError

MOMENTS = st.integers(0, 5 * HOUR_US) | st.integers(0, 6).map(lambda hour: hour * HOUR_US)


@st.composite
def spans(draw):
    begin = draw(MOMENTS)
    return begin, begin + draw(st.integers(1, 30 * HOUR_US) | st.just(HOUR_US)), draw(st.integers(1, 64))


def arrays(rows):
    return (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))


def exact(rows, hour):
    """GPU-hours of the spans in an hour, in exact arithmetic."""
    total = Fraction(0)
    for begin, end, gpus in rows:
        overlap = min(end, (hour + 1) * HOUR_US) - max(begin, hour * HOUR_US)
        total += Fraction(max(overlap, 0), HOUR_US) * gpus
    return total


@settings(deadline=None)
@given(st.lists(spans(), min_size=1, max_size=8), st.integers(1, 5))
def test_every_hour_and_the_total_are_exact(rows, pairs_at_once):
    start, end, gpus = arrays(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common, "_PAIRS_AT_ONCE", pairs_at_once)
        hours = spread(start, end, gpus.astype(float), np.zeros(len(rows), dtype=np.int64), ("w",))
    assert hours.first == start.min() // HOUR_US
    wanted = [exact(rows, hours.first + hour) for hour in range(len(hours.gpu_hours))]
    # One rounding of the sum of parts, one of the sum with whole hours.
    np.testing.assert_allclose(hours.gpu_hours[:, 0], [float(value) for value in wanted], rtol=4e-16)
    total = sum(Fraction(end - begin, HOUR_US) * gpus for begin, end, gpus in rows)
    assert sum(wanted) == total
    assert hours.gpu_hours.sum() == pytest.approx(float(total), rel=1e-14)
    assert wanted[0] > 0
    assert wanted[-1] > 0


@settings(deadline=None)
@given(st.lists(st.tuples(spans(), st.integers(0, 2), st.floats(0.001, 1000)), min_size=1, max_size=8))
def test_workloads_do_not_mix(rows):
    start, end, _ = arrays([span for span, _, _ in rows])
    codes = np.array([code for _, code, _ in rows])
    rates = np.array([rate for _, _, rate in rows])
    hours = spread(start, end, rates, codes, ("a", "b", "c"))
    for code in range(3):
        mine = codes == code
        total = (rates[mine] * (end - start)[mine] / HOUR_US).sum()
        assert hours.gpu_hours[:, code].sum() == pytest.approx(total, rel=1e-12, abs=1e-12)


def test_absurd_sizes_are_refused():
    with pytest.raises(InputError, match="is one of the dates wrong"):
        spread(
            np.array([0, 10**6 * HOUR_US]), np.array([1, 10**6 * HOUR_US + 1]), np.ones(2), np.arange(2), ("w",) * 100
        )


@pytest.mark.parametrize(
    ("spans_h", "wholly", "wanted"),
    [
        ([(0, 1), (2, 3)], True, [True, False, True]),
        ([(0, 1.5), (1.5, 3)], True, [True, True, True]),
        ([(0, 1.5), (1.6, 3)], True, [True, False, True]),
        ([(0, 1.5), (1.6, 3)], False, [True, True, True]),
        ([(1.2, 1.3)], False, [False, True, False]),
        ([(0.5, 3)], True, [False, True, True]),
        ([(0, 2.5)], True, [True, True, False]),
        ([(-5, 9)], True, [True, True, True]),
    ],
)
def test_what_is_covered(spans_h, wholly, wanted):
    hours = Hours(10, ("w",), np.zeros((3, 1)))
    begin, end = (
        np.array([(10 + edge) * HOUR_US for edge in edges], dtype=np.int64) for edges in zip(*spans_h, strict=True)
    )
    assert covered(begin, end, hours, wholly=wholly).tolist() == wanted


def test_hours_are_named_by_ranges():
    assert hours_text(np.array([0])) == "1970-01-01T00:00"
    many = np.array([0, 1, 2, 5, 10, 20, 21])
    assert hours_text(many) == (
        "1970-01-01T00:00 to 1970-01-01T02:00 (3 hours), 1970-01-01T05:00, 1970-01-01T10:00 and 2 hours more"
    )


@given(st.text())
def test_a_name_is_one_printable_line(text):
    name = workload_name(text)
    assert name.isprintable()
    assert name == name.strip()
    assert name
    assert workload_name(name) == name


def test_names_that_become_equal_are_one_workload():
    codes, names = workload_codes(pd.Series(["b\n", "a", "b", ""]))
    assert names == ("a", "b", "unassigned")
    assert codes.tolist() == [1, 0, 1, 2]
