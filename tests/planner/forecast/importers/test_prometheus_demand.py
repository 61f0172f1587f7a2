"""`planner demand prometheus`: answers of query_range."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas as pd
import pytest
from demand_files import Job, hourly, query_range, samples, utc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.forecast.importers.run import FillHoles

START = utc("2026-03-01T00:00:00")
FLEET = (
    Job("chat", utc("2026-03-01T00:00:00"), utc("2026-03-01T05:15:00"), 8),
    Job("chat", utc("2026-03-01T03:30:00"), utc("2026-03-01T04:00:00"), 2),
    Job("train", utc("2026-03-01T01:05:00"), utc("2026-03-01T06:00:00"), 64),
)


def answer(start, line, step=1800):
    return query_range({"w": line}, start, step)


@pytest.mark.parametrize("step", [60, 150, 300])
def test_a_fleet_comes_back_exactly(demand, step):
    text = query_range(samples(FLEET, START, START + timedelta(hours=6), step), START, step)
    table = demand("prometheus", text, workload_from="team")
    pd.testing.assert_frame_equal(table, hourly(FLEET), check_freq=False, rtol=1e-14)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([1, 4, 15, 60]),  # minutes
    st.integers(0, 59_999),
    st.lists(st.integers(0, 1000), min_size=1, max_size=4),
)
def test_a_constant_hour_is_that_many_gpu_hours(imported, minutes, phase_ms, gpus):
    """Wherever in a step the samples are taken, an hour of n GPUs is n GPU-hours."""
    per_hour = 60 // minutes
    line = [float(value) for value in gpus for _ in range(per_hour)]
    text = answer(START + timedelta(milliseconds=phase_ms % (minutes * 60_000)), [*line, 7.0], minutes * 60)
    hours = imported("prometheus", text).hours
    wanted = [*gpus, 7] if per_hour == 1 else gpus
    assert hours.gpu_hours[:, 0].tolist() == wanted
    assert hours.first == START.timestamp() // 3600


def test_hours_covered_in_part_at_the_ends_are_left_out(demand, imported):
    text = answer(utc("2026-03-01T00:30:00"), [1.0, 2, 2, 3, 5, 9])
    table = demand("prometheus", text)
    assert table.index.tolist() == [pd.Timestamp("2026-03-01T01:00"), pd.Timestamp("2026-03-01T02:00")]
    assert table["default"].tolist() == [2.0, 4.0]
    remarks = imported("prometheus", text).notes.remarks
    assert remarks == ["2 hours at the ends of the time range, covered only in part: left out"]


@pytest.mark.parametrize("hole", [None, float("nan")])
def test_a_hole_is_refused_or_filled_but_never_silently_zero(demand, imported, problems, hole):
    text = answer(START, [4.0, 4, 4, hole, 4, 4, hole, hole, 4, 4])
    assert problems("prometheus", text) == (
        "usage-0: found nothing for 2026-03-01T01:00, 2026-03-01T03:00; expected something observed in every hour: "
        "what is missing is not 0 (get the missing part, cut the time by --from and --until, or --fill-holes zero "
        "if it really was 0)"
    )
    assert demand("prometheus", text, fill_holes=FillHoles.ZERO)["default"].tolist() == [4, 2, 4, 0, 4]
    assert imported("prometheus", text, fill_holes=FillHoles.ZERO).notes.remarks == [
        "hole filled with 0 (--fill-holes zero): 2026-03-01T01:00, 2026-03-01T03:00"
    ]
    assert demand("prometheus", text, since="2026-03-01T02:00", until="2026-03-01T03:00Z")["default"].tolist() == [4]


def test_a_series_that_begins_later_has_a_hole(problems):
    text = query_range({"a": [1.0] * 6, "b": [None, None, 2, 2, 2, 2]}, START, 1800)
    assert problems("prometheus", text, workload_from="team").startswith(
        "usage-0: found nothing for b: 2026-03-01T00:00;"
    )


def test_series_of_a_workload_add_up(demand):
    text = json.loads(query_range({"a": [1.0] * 4, "b": [2.0] * 4}, START, 1800))
    for entry in text["data"]["result"]:
        entry["metric"]["zone"] = "x"
    assert demand("prometheus", json.dumps(text), workload_from="zone")["x"].tolist() == [3.0, 3.0]
    assert list(demand("prometheus", json.dumps(text)).columns) == ["a/x", "b/x"]


def test_labels_that_would_join_to_the_same_name_are_written_out(demand):
    text = json.loads(query_range({"a": [1.0] * 4, "b": [2.0] * 4}, START, 1800))
    text["data"]["result"][1]["metric"] = {"queue": "a"}
    assert list(demand("prometheus", json.dumps(text)).columns) == ["queue=a", "team=a"]


def test_files_of_one_after_the_other_join(demand, imported):
    first = answer(START, [1.0, 1, 2, 2, 3])
    second = answer(START + timedelta(hours=2), [3.0, 3, 4, 4])
    assert demand("prometheus", second, first)["default"].tolist() == [1, 2, 3, 4]
    assert imported("prometheus", second, first).notes.skipped == {"the same series and time again": 1}


def test_files_that_contradict_are_refused(problems):
    found = problems("prometheus", answer(START, [1.0, 1, 2]), answer(START, [1.0, 5, 2]))
    assert (
        found
        == "usage-1: data.result[0].values[1]: found 5; expected 1, as in another file for the same series and time"
    )


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda a: a.update(status="error", errorType="bad_data", error="parse error"), "found bad_data: parse error"),
        (lambda a: a["data"].update(resultType="vector"), "found vector; expected matrix (ask /api/v1/query_range"),
        (lambda a: a["data"].update(result=[]), "data.result: expected at least one series"),
        (lambda a: a.pop("data"), "expected status success and data of resultType matrix"),
        (lambda a: a["data"]["result"].append(3), "data.result[1]: found 3"),
        (lambda a: a["data"]["result"][0].pop("values"), "data.result[0].values: expected at least one sample"),
        (lambda a: a["data"]["result"][0]["values"][1].__setitem__(1, "-2"), "values[1]: found [1772325000.0, '-2']"),
        (
            lambda a: a["data"]["result"][0]["values"][1].__setitem__(1, "+Inf"),
            "expected a number of GPUs of 0 or above",
        ),
        (lambda a: a["data"]["result"][0]["values"][1].__setitem__(1, "two"), 'a sample such as [1767225600, "8"]'),
        (lambda a: a["data"]["result"][0]["values"][1].__setitem__(0, 1e300), "values[1]: found [1e+300"),
        (lambda a: a["data"]["result"][0]["values"][1].__setitem__(0, None), "values[1]: found [None"),
        (lambda a: a["data"]["result"][0]["values"].reverse(), "samples that ascend in time"),
        (lambda a: a["data"]["result"][0]["values"][2].__setitem__(0, 1772326801), "a step of 1801 s"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(problems, change, wanted):
    text = json.loads(answer(START, [1.0] * 6))
    change(text)
    assert wanted in problems("prometheus", json.dumps(text))


@pytest.mark.parametrize(("step", "words"), [(7200, "7200 s"), (1700, "1700 s"), (86400, "86400 s")])
def test_a_step_must_divide_an_hour(problems, step, words):
    found = problems("prometheus", answer(START, [1.0] * 9, step))
    assert found.startswith(f"usage-0: found steps of {words}; expected a step that divides an hour")


def test_files_of_different_steps_are_refused(problems):
    """Every second sample of the second file would look like a hole."""
    found = problems("prometheus", answer(START, [1.0] * 9, 900), answer(utc("2026-03-01T02:15:00"), [1.0] * 4, 1800))
    assert found == "usage-1: found steps of 1800 s; expected steps of 900 s, as in the other files"


def test_labels_must_be_there(problems):
    assert "did you mean 'team'?" in problems("prometheus", answer(START, [1.0] * 4), workload_from="teem")


def test_a_share_in_per_cent_is_pointed_out(imported):
    text = answer(START, [90.0] * 4).replace("gpus_busy", "DCGM_FI_DEV_GPU_UTIL")
    assert "a share in per cent, not GPUs busy?" in imported("prometheus", text).notes.remarks[0]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b'{"status": "success", "data"', "line 1, column 29"),
        (b"[" * 100_000, "JSON as the tool writes it"),
        (b'{"a": ' + b"9" * 5000 + b"}", "JSON as the tool writes it"),
        (b'{"a": "\xff"}', "expected JSON in UTF-8"),
        (b"[1, 2]", "found list; expected a JSON object"),
        (b"   ", "the file is empty"),
        (b"\x1f\x8b\x08\x00broken", "a file that can be read"),
    ],
)
def test_what_is_no_json_is_told(problems, content, wanted):
    assert wanted in problems("prometheus", content)
