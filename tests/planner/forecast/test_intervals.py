import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.forecast.intervals import KNOWN, Interval, IntervalUnit, classify, infer, text


def stamps(*moments: str) -> np.ndarray:
    return np.array(moments, dtype="M8[us]")


@pytest.mark.parametrize(
    ("moments", "name"),
    [
        (("2027-01-01T00:00", "2027-01-01T00:01"), "minute"),
        (("2027-01-01T00:00", "2027-01-01T00:12"), "12 minutes"),
        (("2027-01-01T00:00", "2027-01-01T00:30"), "30 minutes"),
        (("2027-01-01T00:00", "2027-01-01T01:00"), "hour"),
        (("2027-01-01", "2027-01-02"), "day"),
        (("2027-01-01", "2027-01-08"), "week"),
        (("2027-02-01", "2027-03-01"), "month"),
        (("2028-02-01", "2028-03-01"), "month"),
        (("2027-01-31", "2027-02-28", "2027-03-31"), "month"),
        (("2027-01-02", "2027-04-02"), "quarter"),
        (("2027-07-01", "2027-10-01"), "quarter"),
        (("2027-01-01", "2028-01-01"), "year"),
        (("2028-01-01", "2029-01-01"), "year"),
        # most of the steps decide, not the first
        (("2027-01-01", "2027-01-03", "2027-01-04", "2027-01-05"), "day"),
    ],
)
def test_the_interval_is_inferred_from_the_most_frequent_step(moments: tuple[str, ...], name: str) -> None:
    assert str(infer(stamps(*moments))) == name


@pytest.mark.parametrize(
    "last", ["2027-01-01T00:07", "2027-01-01T00:45", "2027-01-01T02:00", "2027-01-03", "2029-01-01"]
)
def test_other_steps_are_no_interval(last: str) -> None:
    assert infer(stamps("2027-01-01", last)) is None


def test_a_single_moment_has_no_interval() -> None:
    assert infer(stamps("2027-01-01")) is None


def test_months_go_from_the_31st_to_the_ends_of_shorter_months() -> None:
    month = Interval(IntervalUnit.MONTH)
    starts = month.at(np.datetime64("2027-01-31T06:30", "us"), np.arange(5))
    assert [text(start) for start in starts] == [
        "2027-01-31T06:30", "2027-02-28T06:30", "2027-03-31T06:30", "2027-04-30T06:30", "2027-05-31T06:30",
    ]  # fmt: skip


def test_index_of_finds_the_interval_that_a_moment_falls_in() -> None:
    month = Interval(IntervalUnit.MONTH)
    moments = stamps("2027-01-02", "2027-02-01T23:59", "2027-02-02", "2028-01-01")
    assert month.index_of(np.datetime64("2027-01-02", "us"), moments).tolist() == [0, 0, 1, 11]


@given(
    kind=st.sampled_from(KNOWN),
    start=st.datetimes(
        min_value=np.datetime64("1999-01-01", "us").item(), max_value=np.datetime64("2050-01-01", "us").item()
    ),
    index=st.integers(0, 200),
)
def test_at_and_index_of_agree_and_steps_are_recognised(kind: Interval, start: object, index: int) -> None:
    first = np.datetime64(start, "us")
    moments = kind.at(first, np.arange(index, index + 3))
    assert kind.index_of(first, moments).tolist() == [index, index + 1, index + 2]
    assert kind.index_of(first, moments - np.timedelta64(1, "us")).tolist() == [index - 1, index, index + 1]
    assert [KNOWN[number] for number in classify(moments)] == [kind, kind]


def test_text_is_as_short_as_the_moment_allows() -> None:
    assert text(np.datetime64("2027-01-01", "us")) == "2027-01-01"
    assert text(np.datetime64("2027-01-01T13:00", "us")) == "2027-01-01T13:00"
    assert text(np.datetime64("2027-01-01T13:00:07", "us")) == "2027-01-01T13:00:07"
