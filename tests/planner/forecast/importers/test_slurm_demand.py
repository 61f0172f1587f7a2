"""`planner demand slurm`: job logs of sacct."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from demand_files import Job, hourly, sacct, utc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.forecast.importers.slurm import Placed, gpus_of

FLEET = (
    Job("chat", utc("2026-03-01T00:10:00"), utc("2026-03-01T05:00:00"), 8, utc("2026-02-28T22:00:00")),
    Job("chat", utc("2026-03-01T03:59:59"), utc("2026-03-01T04:00:01"), 2),
    Job("train", utc("2026-03-01T01:00:00"), utc("2026-03-02T01:30:00"), 64),
)
HEADER = "JobID|Account|Partition|State|Submit|Start|End|ElapsedRaw|AllocTRES\n"
T = "2026-03-01T"


def job(
    number="1", account="chat", state="COMPLETED", start="01:00:00", end="02:00:00", elapsed=3600, tres="gres/gpu=1"
):
    def moment(clock):
        return f"{T}{clock}" if clock[:1].isdigit() else clock

    return f"{number}|{account}|gpu|{state}|{T}00:00:00|{moment(start)}|{moment(end)}|{elapsed}|{tres}\n"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"])
@pytest.mark.parametrize("typed", [False, True])
def test_a_fleet_comes_back_exactly(demand, zone, typed):
    pd.testing.assert_frame_equal(
        demand("slurm", sacct(FLEET, zone, typed), timezone=zone), hourly(FLEET), check_freq=False, rtol=1e-15
    )


@st.composite
def fleets(draw):
    """Jobs around the night in which clocks in Berlin change (spring or autumn)."""
    night = datetime(2026, 3, 29, tzinfo=UTC) if draw(st.booleans()) else datetime(2026, 10, 25, tzinfo=UTC)
    found = []
    for name in draw(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=6)):
        start = night + timedelta(seconds=draw(st.integers(-7200, 4 * 3600)))
        end = start + timedelta(seconds=draw(st.integers(1, 6 * 3600)))
        found.append(Job(name, start, end, draw(st.integers(1, 8))))
    return found


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleets())
def test_the_total_is_exact_while_clocks_change(imported, fleet):
    hours = imported("slurm", sacct(fleet, "Europe/Berlin"), timezone="Europe/Berlin").hours
    used = {one.workload: 0 for one in fleet}
    for one in fleet:
        used[one.workload] += one.gpus * (one.end - one.start).total_seconds() / 3600
    assert dict(zip(hours.workloads, hours.gpu_hours.sum(axis=0), strict=True)) == pytest.approx(used, rel=1e-12)


def test_an_hour_that_comes_twice_is_told_by_the_length(demand, imported):
    first = Job("w", utc("2026-10-25T00:30:00"), utc("2026-10-25T02:00:00"), 4)
    second = Job("w", utc("2026-10-25T01:30:00"), utc("2026-10-25T02:00:00"), 4)
    for one in (first, second):
        text = sacct([one], "Europe/Berlin")
        assert "2026-10-25T02:30:00|2026-10-25T03:00:00" in text
        pd.testing.assert_frame_equal(demand("slurm", text, timezone="Europe/Berlin"), hourly([one]), check_freq=False)
    remarks = imported("slurm", text, timezone="Europe/Berlin").notes.remarks
    assert remarks == [
        "1 job began or ended in an hour that came twice when clocks went back in Europe/Berlin: "
        "which of the two is told by ElapsedRaw"
    ]


def test_an_hour_that_comes_twice_without_a_hint_is_the_first(demand, imported):
    text = sacct([Job("w", utc("2026-10-25T01:10:00"), utc("2026-10-25T01:40:00"), 2)], "Europe/Berlin")
    table = demand("slurm", text, timezone="Europe/Berlin")
    assert table.index.tolist() == [pd.Timestamp("2026-10-25T00:00")]
    assert table["w"].tolist() == [1.0]
    assert "taken as the first (row 2 …)" in imported("slurm", text, timezone="Europe/Berlin").notes.remarks[0]


def test_a_time_that_never_was_is_reported(demand, imported):
    text = HEADER + "1|w|gpu|COMPLETED|x|2026-03-29T02:30:00|2026-03-29T04:00:00|5400|gres/gpu=2\n"
    table = demand("slurm", text, timezone="Europe/Berlin")
    assert table["w"].tolist() == [2.0]  # 03:00 to 04:00 in summer time
    remarks = " ".join(imported("slurm", text, timezone="Europe/Berlin").notes.remarks)
    assert "that Europe/Berlin never had" in remarks
    assert "is --timezone right?" in remarks


@pytest.mark.parametrize(
    ("tres", "gpus"),
    [
        ("billing=8,cpu=8,gres/gpu=4,node=1", 4),
        ("gres/gpu:a100=4,gres/gpu:h100=2", 6),
        ("cpu=1,gres/gpu:a100=4,gres/gpu=4", 4),
        ("gres/gpu=3,gres/gpu:a100=1,gres/gpu:h100=2", 3),
        ("cpu=4,gres/gpumem=16G,gres/gpuutil=90,gres/shard=2", 0),
        ("", 0),
    ],
)
def test_gpus_are_counted_once(tres, gpus):
    counted, wrong = gpus_of(pd.Series([tres]))
    assert (counted.tolist(), wrong.tolist()) == ([gpus], [False])


def test_what_is_no_demand_is_skipped_by_reason(imported):
    text = HEADER + "".join(
        [
            job("1"),
            job("2", state="PENDING", start="Unknown", end="Unknown", elapsed=0, tres=""),
            job("3", state="PENDING", start="None", end="Unknown", elapsed=0),
            job("4", state="CANCELLED by 1000", start="None", end="03:00:00", elapsed=0),
            job("5", state="CANCELLED by 1000", start="03:00:00", end="03:00:00", elapsed=0),
            job("6", state="FAILED", start="03:00:00", end="03:00:00", elapsed=0),
            job("7", tres="cpu=4"),
            job("1.batch"),
            job("1.extern"),
            HEADER,
            job("8", state="CANCELLED by 1000", start="02:00:00", end="03:00:00"),
        ]
    )
    notes = imported("slurm", text, timezone="UTC").notes
    assert notes.read == 11
    assert notes.skipped == {
        "the header again": 1,
        "steps of jobs, whose GPUs the job's own row counts (sacct -X leaves them out)": 2,
        "cancelled before they started": 2,
        "not started": 2,
        "no GPUs in AllocTRES": 1,
        "ended in the second in which they started": 1,
    }
    assert notes.examples["not started"] == ["row 3", "row 4"]
    assert notes.examples["no GPUs in AllocTRES"] == ["row 8"]


def test_a_running_job_counts_until_start_plus_elapsed(demand, imported):
    text = HEADER + job(state="RUNNING", end="Unknown", elapsed=5400, tres="gres/gpu=8")
    assert demand("slurm", text, timezone="UTC")["chat"].tolist() == [8.0, 4.0]
    assert imported("slurm", text, timezone="UTC").notes.remarks == [
        "1 job still running: counted until Start + ElapsedRaw"
    ]


def test_a_suspended_job_counts_for_what_it_ran(demand, imported):
    text = HEADER + job(start="01:00:00", end="05:00:00", elapsed=7200, tres="gres/gpu=4")
    assert demand("slurm", text, timezone="UTC")["chat"].tolist() == [2.0] * 4
    assert "as suspended jobs do" in imported("slurm", text, timezone="UTC").notes.remarks[0]


def test_a_wrong_time_zone_shows(imported):
    text = sacct([Job("w", utc("2026-03-29T00:30:00"), utc("2026-03-29T09:00:00"), 1)], "UTC")
    remarks = imported("slurm", text, timezone="Europe/Berlin").notes.remarks
    assert any("which cannot be" in remark and "Europe/Berlin right?" in remark for remark in remarks)


def test_queued_demand_is_counted_from_submit(demand):
    table = demand("slurm", sacct(FLEET), timezone="UTC", at=Placed.SUBMIT)
    moved = [
        Job(one.workload, one.submit or one.start, (one.submit or one.start) + (one.end - one.start), one.gpus)
        for one in FLEET
    ]
    pd.testing.assert_frame_equal(table, hourly(moved), check_freq=False, rtol=1e-15)


def test_workloads_from_another_column(demand):
    assert list(demand("slurm", sacct(FLEET), timezone="UTC", workload_from="User").columns) == ["ann"]


def test_hours_without_a_job_are_zero_and_long_ones_are_told(demand, imported):
    fleet = [
        Job("w", utc("2026-01-01T00:00:00"), utc("2026-01-01T01:00:00"), 1),
        Job("w", utc("2026-01-21T01:00:00"), utc("2026-01-21T02:00:00"), 1),
    ]
    table = demand("slurm", sacct(fleet), timezone="UTC")
    assert len(table) == 20 * 24 + 2
    assert table["w"].sum() == 2
    assert "at most 20 days from 2026-01-01T01:00" in imported("slurm", sacct(fleet), timezone="UTC").notes.remarks[0]


def test_a_job_in_several_files_counts_once_in_its_longest_form(demand, imported):
    january = HEADER + job("7", state="RUNNING", end="Unknown", elapsed=1800) + job("8")
    february = HEADER + job("7", end="04:00:00", elapsed=3 * 3600)
    assert demand("slurm", january, february, timezone="UTC")["chat"].tolist() == [2.0, 1.0, 1.0]
    notes = imported("slurm", january, february, timezone="UTC").notes
    assert notes.skipped == {"the same job again (same JobID and Start)": 1}
    assert notes.examples["the same job again (same JobID and Start)"] == ["usage-0 row 2"]


def test_a_requeued_job_counts_both_times(demand):
    text = HEADER + job("7", state="REQUEUED") + job("7", start="02:00:00", end="03:00:00")
    assert demand("slurm", text, timezone="UTC")["chat"].tolist() == [1.0, 1.0]


def test_compressed_with_byte_order_mark_trailing_bar_and_windows_line_ends(demand):
    text = sacct(FLEET).replace("\n", "|\r\n")
    content = gzip.compress(b"\xef\xbb\xbf" + text.encode())
    pd.testing.assert_frame_equal(demand("slurm", content, timezone="UTC"), hourly(FLEET), check_freq=False, rtol=1e-15)


def test_a_name_with_a_bar_in_it_is_no_shifted_row(problems):
    text = sacct(FLEET).replace('say "hi", train|ann', "a|b|ann", 1)
    assert problems("slurm", text, timezone="UTC") == (
        "usage-0: row 2: found 12 fields; expected 11, as in the header (a job's name or comment with | in it moves "
        "all that follows: leave such columns out of --format)"
    )


def test_blank_lines_do_not_move_row_numbers(problems):
    text = HEADER + "\n" + job() + "\n\n" + job(tres="gres/gpu=many")
    assert problems("slurm", text, timezone="UTC").startswith("usage-0: row 6, column AllocTRES: found 'gres/gpu=many'")


def test_every_wrong_cell_is_told(problems):
    text = HEADER + "".join(
        [
            job("1", start="25:00:00"),
            job("2", end="noon"),
            job("3", elapsed="1h"),
            job("4", state="RUNNING", end="Unknown", elapsed=""),
            job("5", start="05:00:00"),
            "6|w|gpu|COMPLETED|x|0026-03-01T00:00:00|0026-03-01T01:00:00|3600|gres/gpu=1\n",
            *[job("9", start="@1772326800")] * 5,
        ]
    )
    found = problems("slurm", text, timezone="UTC").split("\n")
    for start in (
        "usage-0: row 2, column Start: found '2026-03-01T25:00:00'; expected a local time such as",
        "usage-0: row 8, column Start: found '@1772326800'",
        "usage-0: column Start: found … and 3 more",
        "usage-0: row 3, column End: found 'noon'",
        "usage-0: row 4, column ElapsedRaw: found '1h'",
        "usage-0: row 5, column ElapsedRaw: found ''",
        "usage-0: row 6, column End: found '2026-03-01T02:00:00'; expected a time after Start (is --timezone right?)",
        "usage-0: row 7, column Start: found '0026-03-01T00:00:00'",
    ):
        assert any(line.startswith(start) for line in found), start


def test_missing_columns_of_all_files_are_told(problems):
    first = "JobID|Acount|Start|End|Elapsed|AllocTRES\n1|a|b|c|d|e\n"
    second = "JobID|Account|Start|Start|End|ElapsedRaw|AllocTRES\n1|a|b|b|c|d|e\n"
    found = problems("slurm", first, second, timezone="UTC")
    assert "usage-0: row 1: found columns" in found
    assert "expected a column Account (did you mean 'Acount'?)" in found
    assert "expected a column ElapsedRaw (did you mean 'Elapsed'?)" in found
    assert "usage-1: row 1, column Start: found 2 columns of that name; expected one" in found


def test_without_submit_only_queued_demand_is_refused(demand, problems):
    text = "Account|Start|End|ElapsedRaw|AllocTRES\nw|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|gres/gpu=1\n"
    assert demand("slurm", text, timezone="UTC")["w"].tolist() == [1.0]
    assert "a column Submit (add Submit to sacct's --format)" in problems(
        "slurm", text, timezone="UTC", at=Placed.SUBMIT
    )


def test_no_gpu_job_at_all_says_what_was_there(problems):
    text = HEADER + job(tres="cpu=1") + job("2", start="Unknown")
    assert problems("slurm", text, timezone="UTC").startswith(
        "usage-0: found 1 not started; 1 no GPUs in AllocTRES; expected at least one job that ran on GPUs"
    )


def test_the_time_zone_is_required_and_known(problems):
    assert problems("slurm", sacct(FLEET)).startswith("--timezone: expected the time zone of the cluster's clock")
    assert "did you mean 'Europe/Berlin'?" in problems("slurm", sacct(FLEET), timezone="Europe/Berln")
    assert "an IANA name" in problems("slurm", sacct(FLEET), timezone="../../etc/passwd")


def test_other_encodings_matter_only_where_they_are_read(demand, problems):
    text = sacct(FLEET).replace("train", "tra\xefn").encode("latin-1")
    assert "row 4, column Account: found 'tra�n'; expected text in UTF-8" in problems("slurm", text, timezone="UTC")
    text = sacct(FLEET).replace('say "hi"', "caf\xe9").encode("latin-1")
    pd.testing.assert_frame_equal(demand("slurm", text, timezone="UTC"), hourly(FLEET), check_freq=False, rtol=1e-15)
