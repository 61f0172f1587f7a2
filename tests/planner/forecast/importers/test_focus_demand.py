"""`planner demand focus`: bills in FOCUS 1.x, CSV and Parquet."""

from __future__ import annotations

import json
from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from demand_files import Job, focus_csv, focus_row, focus_rows, hourly, utc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.forecast.importers.run import FillHoles

FLEET = (
    Job("chat", utc("2026-03-01T00:00:00"), utc("2026-03-01T05:15:00"), 8),
    Job("chat", utc("2026-03-01T03:30:00"), utc("2026-03-01T04:00:00"), 2),
    Job("train", utc("2026-03-01T01:05:00"), utc("2026-03-02T06:00:00"), 64),
)


def row(hour=0, quantity="1", gpus=8, **cells):
    period = {
        "ChargePeriodStart": f"2026-03-01T{hour:02}:00:00Z",
        "ChargePeriodEnd": f"2026-03-01T{hour + 1:02}:00:00Z",
    }
    details = "" if gpus is None else json.dumps({"GpuCount": gpus})
    return focus_row(**(period | {"ConsumedQuantity": quantity, "SkuPriceDetails": details} | cells))


def bill(*rows):
    return focus_csv(list(rows))


def parquet(rows, **types):
    """A bill as clouds export it: decimals, timestamps, maps."""
    table = pd.DataFrame(rows)
    columns = {}
    for name in table.columns:
        if name in types:
            columns[name] = pa.array([types[name][1](value) for value in table[name]], types[name][0])
        else:
            columns[name] = pa.array([value or None for value in table[name]], pa.string())
    out = BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def stamp(text):
    return pd.Timestamp(text).tz_localize(None)


def test_a_fleet_comes_back_exactly(demand):
    table = demand("focus", focus_csv(focus_rows(FLEET)), workload_from="Tags.team")
    pd.testing.assert_frame_equal(table, hourly(FLEET), check_freq=False, rtol=1e-15)


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_a_fleet_comes_back_exactly_from_parquet(demand, zone):
    moment = (pa.timestamp("ms", zone), lambda text: pd.Timestamp(text) if zone else stamp(text))
    content = parquet(
        focus_rows(FLEET),
        ChargePeriodStart=moment,
        ChargePeriodEnd=moment,
        ConsumedQuantity=(pa.float64(), float),
        Tags=(pa.map_(pa.string(), pa.string()), lambda text: list(json.loads(text).items())),
        SkuPriceDetails=(
            pa.struct([("InstanceType", pa.string()), ("GpuCount", pa.int64())]),
            lambda text: json.loads(text),
        ),
    )
    table = demand("focus", content, workload_from="Tags.team")
    pd.testing.assert_frame_equal(table, hourly(FLEET), check_freq=False, rtol=1e-15)


def test_tags_as_pairs(demand):
    pairs = pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))
    content = parquet(
        focus_rows(FLEET),
        Tags=(pairs, lambda text: [{"key": key, "value": value} for key, value in json.loads(text).items()]),
    )
    assert list(demand("focus", content, workload_from="Tags.team").columns) == ["chat", "train"]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(1, 100), st.floats(1e-6, 1e6), st.integers(1, 16)),
        min_size=1,
        max_size=5,
    )
)
def test_the_total_is_conserved_whatever_the_charge_periods(imported, charges):
    rows, total = [], 0.0
    for start, length, quantity, gpus in charges:
        begin = pd.Timestamp("2026-03-01") + pd.Timedelta(minutes=start)
        period = {
            "ChargePeriodStart": f"{begin.isoformat()}Z",
            "ChargePeriodEnd": f"{(begin + pd.Timedelta(hours=length)).isoformat()}Z",
        }
        rows.append(row(quantity=repr(quantity), gpus=gpus, **period))
        total += quantity * gpus
    hours = imported("focus", bill(*rows), fill_holes=FillHoles.ZERO).hours
    assert hours.gpu_hours.sum() == pytest.approx(total, rel=1e-12)


def test_what_is_no_demand_is_skipped_by_reason(imported):
    rows = [
        row(0),
        row(0, CommitmentDiscountStatus="Used"),
        row(0, CommitmentDiscountStatus="Unused"),
        row(0, CapacityReservationStatus="Unused"),
        row(0, ChargeCategory="Purchase"),
        row(0, ChargeCategory="Tax", quantity=""),
        row(0, gpus=None),
        row(0, gpus=0),
        row(0, ConsumedUnit="GB"),
        row(0, quantity="", ChargeClass="Correction"),
        row(0, quantity="0"),
    ]
    result = imported("focus", bill(*rows))
    assert result.hours.gpu_hours.tolist() == [[16.0]]
    assert result.notes.read == 11
    assert result.notes.skipped == {
        "of another ChargeCategory than Usage": 2,
        "a commitment paid for and not used (CommitmentDiscountStatus Unused)": 1,
        "a capacity reservation not used (CapacityReservationStatus Unused)": 1,
        "no GPUs": 2,
        "with GPUs, and not measured in time (ConsumedUnit GB)": 1,
        "corrections of price, without a quantity": 1,
        "of quantity 0": 1,
    }
    assert result.notes.examples["of another ChargeCategory than Usage"] == ["row 6", "row 7"]


@pytest.mark.parametrize(
    ("unit", "quantity", "gpu_hours"),
    [("Hours", "0.5", 4), ("Hrs", "1", 8), ("Minutes", "30", 4), ("Seconds", "900", 2), ("GPU-Hours", "6", 6)],
)
def test_units_of_time(demand, unit, quantity, gpu_hours):
    table = demand("focus", bill(row(0, quantity, ConsumedUnit=unit), row(1, quantity, ConsumedUnit=unit)))
    assert table["Compute"].tolist() == pytest.approx([gpu_hours] * 2)


def test_gpus_come_from_the_details_or_else_from_the_column_of_their_own(demand):
    rows = [row(0, gpus=4, x_GpuCount="2"), row(1, gpus=None, x_GpuCount="2"), row(1, gpus=None, x_GpuCount="")]
    assert demand("focus", bill(*rows))["Compute"].tolist() == [4.0, 2.0]


def test_long_charge_periods_are_spread_evenly_and_told(demand, imported):
    text = bill(row(0, "12", gpus=2, ChargePeriodEnd="2026-03-02T00:00:00Z"))
    assert demand("focus", text)["Compute"].tolist() == [1.0] * 24
    assert imported("focus", text).notes.remarks == [
        "1 row with a charge period longer than an hour (up to 24 hours): spread evenly over their hours, so that "
        "peaks are invisible"
    ]


def test_corrections_net_and_never_below_nothing(demand, problems):
    correction = row(0, "-0.25", ChargeClass="Correction")
    assert demand("focus", bill(row(0), row(1), correction))["Compute"].tolist() == [6.0, 8.0]
    assert "no more corrected than was billed" in problems("focus", bill(row(1), correction))
    assert "expected a number of 0 or above" in problems("focus", bill(row(0, "-0.25")))


def test_a_missing_hour_is_a_hole_unless_other_usage_was_billed_in_it(demand, problems):
    found = problems("focus", bill(row(0), row(2), row(1, ChargeCategory="Tax")))
    assert found.startswith("usage-0: found nothing for 2026-03-01T01:00; expected something observed in every hour")
    assert demand("focus", bill(row(0), row(2)), fill_holes=FillHoles.ZERO)["Compute"].tolist() == [8, 0, 8]
    storage = row(1, gpus=None, ServiceName="Storage")
    assert demand("focus", bill(row(0), row(2), storage))["Compute"].tolist() == [8, 0, 8]
    unused = row(1, CommitmentDiscountStatus="Unused")
    assert demand("focus", bill(row(0), row(2), unused))["Compute"].tolist() == [8, 0, 8]
    monthly = row(1, gpus=None, ChargePeriodStart="2026-03-01T00:00:00Z", ChargePeriodEnd="2026-04-01T00:00:00Z")
    assert "nothing for 2026-03-01T01:00" in problems("focus", bill(row(0), row(2), monthly))


def test_bills_that_overlap_are_pointed_out(imported):
    remarks = imported("focus", bill(row(0), row(1)), bill(row(1), row(2)), bill(row(3))).notes.remarks
    assert remarks == ["usage-0 and usage-1 overlap in time: rows that are in both count twice"]
    assert imported("focus", bill(row(2), row(3)), bill(row(0), row(1))).notes.remarks == []


def test_workloads(demand, imported, problems):
    both = bill(row(0, SubAccountName="lab"), row(0, SubAccountName=""))
    assert list(demand("focus", both).columns) == ["Compute", "Compute/lab"]
    tagged = bill(row(0, Tags='{"team": "a", "Team:x.y": "z"}'), row(0, Tags="{}"), row(0, Tags="no JSON"))
    assert list(demand("focus", tagged, workload_from="Tags.team").columns) == ["a", "unassigned"]
    assert list(demand("focus", tagged, workload_from="Tags.Team:x.y").columns) == ["unassigned", "z"]
    assert (
        "2 rows without Tags.team: workload unassigned"
        in imported("focus", tagged, workload_from="Tags.team").notes.remarks
    )
    assert "did you mean 'team'?" in problems("focus", tagged, workload_from="Tags.teem")
    assert "expected a column Tag (did you mean 'Tags'?)" in problems("focus", tagged, workload_from="Tag.team")
    assert list(demand("focus", tagged, workload_from="ServiceName").columns) == ["Compute"]


def test_every_wrong_cell_is_told(problems):
    rows = [
        row(0, ChargePeriodStart="yesterday"),
        row(0, ChargePeriodEnd="2026-03-01T00:00:00Z"),
        row(0, quantity="1,5"),
        row(0, quantity=""),
        row(0, SkuPriceDetails='{"GpuCount": "eight"}'),
        row(0, SkuPriceDetails='{"GpuCount": '),
        row(0, SkuPriceDetails='{"GpuCount": -1}'),
    ]
    found = problems("focus", bill(*rows))
    assert "row 2, column ChargePeriodStart: found 'yesterday'" in found
    assert "row 4, column ConsumedQuantity: found '1,5'; expected a number" in found
    assert "row 5, column ConsumedQuantity: found ''" in found
    for number in (6, 7, 8):
        assert f"row {number}, column SkuPriceDetails: found" in found
    assert "row 3, column ChargePeriodEnd: found '2026-03-01T00:00:00Z'; expected a time after" in found


def test_missing_columns(problems):
    text = pd.DataFrame([row(0)]).drop(columns=["SkuPriceDetails"]).to_csv(index=False)
    assert "expected a column SkuPriceDetails (with GpuCount) or x_GpuCount" in problems("focus", text)
    text = bill(row(0)).replace("ConsumedQuantity", "ConsumedQty")
    assert "expected a column ConsumedQuantity (did you mean 'ConsumedQty'?)" in problems("focus", text)
    table = parquet([{"ChargeCategory": "Usage"}])
    assert problems("focus", table).count("expected a column") == 4


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"PAR1" + b"\0" * 50, "a Parquet file that can be read"),
        (bill(row(0)).encode() + b"a,b\n", "row 3: found 2 fields"),
        (bill(row(0, ServiceName="caf\xe9")).encode("latin-1"), "text in UTF-8"),
        (bill(row(0)).splitlines()[0].encode(), "at least one row below the header"),
        (b"a\0b,c\n1,2\n", "binary content"),
        (bill(row(0, ChargeCategory="Tax")).encode(), "found 'Tax'; expected at least one row of Usage"),
        (bill(row(0, gpus=None)).encode(), "found 1 no GPUs; expected at least one row of usage of GPUs"),
    ],
)
def test_what_is_no_bill_is_told(problems, content, wanted):
    assert wanted in problems("focus", content)
