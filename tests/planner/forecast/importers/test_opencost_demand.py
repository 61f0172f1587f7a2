"""`planner demand opencost`: answers of the allocation API."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas as pd
import pytest
from demand_files import Job, allocation, hourly, utc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.forecast.importers.run import FillHoles

START, END = utc("2026-03-01T00:00:00"), utc("2026-03-02T00:00:00")
FLEET = (
    Job("chat", START, utc("2026-03-01T05:15:00"), 8),
    Job("chat", utc("2026-03-01T03:30:00"), utc("2026-03-01T04:00:00"), 2),
    Job("train", utc("2026-03-01T01:05:00"), END, 64),
)


def answer(*windows):
    """Windows of (hour, hours, {name: gpuHours})."""
    data = []
    for hour, hours, used in windows:
        begin = START + timedelta(hours=hour)
        window = {"start": begin.isoformat(), "end": (begin + timedelta(hours=hours)).isoformat()}
        data.append(
            {
                name: {"name": name, "properties": {}, "window": window, "gpuHours": value}
                for name, value in used.items()
            }
        )
    return json.dumps({"code": 200, "data": data})


@pytest.mark.parametrize("minutes", [10, 30, 60])
def test_a_fleet_comes_back_exactly(demand, minutes):
    table = demand("opencost", allocation(FLEET, START, END, timedelta(minutes=minutes)))
    pd.testing.assert_frame_equal(table, hourly(FLEET), check_freq=False, rtol=1e-14)


def test_long_windows_are_spread_evenly_and_told(demand, imported):
    text = allocation(FLEET, START, END, timedelta(hours=24))
    table = demand("opencost", text)
    assert table["chat"].tolist() == [table["chat"].iloc[0]] * 24
    assert table.sum().to_dict() == pytest.approx(hourly(FLEET).sum().to_dict())
    assert "windows are up to 24 hours long" in imported("opencost", text).notes.remarks[0]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 50), st.floats(1e-3, 1e5)), min_size=1, max_size=6))
def test_the_total_is_conserved(imported, windows):
    parts, hour = [], 0
    for length, used in windows:
        parts.append((hour, length, {"w": used}))
        hour += length
    hours = imported("opencost", answer(*parts)).hours
    assert len(hours.gpu_hours) == hour
    assert hours.gpu_hours.sum() == pytest.approx(sum(used for _, used in windows), rel=1e-12)


def test_idle_capacity_is_skipped_and_unallocated_usage_stays(imported):
    used = {"__idle__": 5.0, "one/__idle__": 5.0, "__unallocated__": 2.0, "chat": 1.0, "web": 0}
    result = imported("opencost", answer((0, 1, used)))
    assert result.hours.workloads == ("__unallocated__", "chat")
    assert result.hours.gpu_hours.tolist() == [[2.0, 1.0]]
    assert result.notes.skipped == {"idle capacity (__idle__)": 2, "no GPU-hours": 1}


def test_disks_without_a_window_are_left_alone(demand):
    text = json.loads(answer((0, 1, {"chat": 1.0})))
    text["data"][0]["__unmounted__/__unmounted__"] = {}
    text["data"].append(None)
    text["data"].append({})
    assert demand("opencost", json.dumps(text))["chat"].tolist() == [1.0]


def test_a_window_without_a_workload_is_zero_and_a_missing_window_a_hole(demand, problems):
    seen = answer((0, 1, {"chat": 1.0}), (1, 1, {"web": 0}), (2, 1, {"chat": 3.0}))
    assert demand("opencost", seen)["chat"].tolist() == [1, 0, 3]
    idle = answer((0, 1, {"chat": 1.0}), (1, 1, {"__idle__": 8.0}), (2, 1, {"chat": 3.0}))
    assert demand("opencost", idle)["chat"].tolist() == [1, 0, 3]
    hole = answer((0, 1, {"chat": 1.0}), (2, 1, {"chat": 3.0}))
    assert problems("opencost", hole).startswith("usage-0: found nothing for 2026-03-01T01:00; expected something")
    assert demand("opencost", hole, fill_holes=FillHoles.ZERO)["chat"].tolist() == [1, 0, 3]
    part = answer((0, 1, {"chat": 1.0}), (1, 0.5, {"chat": 1.0}), (2, 1, {"chat": 3.0}))
    assert "nothing for 2026-03-01T01:00" in problems("opencost", part)


def test_hours_covered_in_part_at_the_ends_are_left_out(demand, imported):
    text = answer((0.5, 0.5, {"w": 9.0}), (1, 1, {"w": 1.0}), (2, 0.25, {"w": 9.0}))
    assert demand("opencost", text)["w"].tolist() == [1.0]
    assert imported("opencost", text).notes.remarks == [
        "2 hours at the ends, covered only in part by windows: left out"
    ]


def test_the_same_answer_in_two_files_counts_once_and_clusters_add_up(demand, imported):
    first = answer((0, 1, {"chat": 1.0}), (1, 1, {"chat": 2.0}))
    again = answer((1, 1, {"chat": 2.0}), (2, 1, {"chat": 4.0}))
    assert demand("opencost", first, again)["chat"].tolist() == [1, 2, 4]
    assert imported("opencost", first, again).notes.skipped == {"the same as in another file": 1}
    other = first.replace('"properties": {}', '"properties": {"cluster": "two"}')
    assert demand("opencost", first, other)["chat"].tolist() == [2, 4]


def test_windows_in_windows_would_count_twice(problems):
    found = problems("opencost", answer((0, 24, {"chat": 24.0}), (5, 1, {"chat": 1.0})))
    assert "a window from 2026-03-01T05:00:00, inside another of chat; expected windows that do not overlap" in found


def test_workloads_from_properties(demand, imported, problems):
    text = allocation(FLEET, START, END)
    assert list(demand("opencost", text, workload_from="namespace").columns) == ["ns-chat", "ns-train"]
    assert list(demand("opencost", text, workload_from="labels.team").columns) == ["chat", "train"]
    assert "did you mean 'labels.team'?" in problems("opencost", text, workload_from="labels.teem")
    some = json.loads(text)
    for window in some["data"]:
        window.get("chat", {}).get("properties", {}).pop("namespace", None)
    result = imported("opencost", json.dumps(some), workload_from="namespace")
    assert result.hours.workloads == ("ns-train", "unassigned")
    assert "6 allocations without namespace: workload unassigned" in result.notes.remarks


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            lambda a: a.update(code=500, message="no data", data=None),
            "data: found no data; expected an answer of code 200",
        ),
        (lambda a: a.update(data=[3]), "data[0]: found 3; expected allocations by name"),
        (lambda a: a.update(data=[]), "at least one allocation with a window"),
        (lambda a: a["data"][0].update(chat=[1]), "data[0].chat: found [1]"),
        (lambda a: a["data"][0]["chat"].pop("gpuHours"), "data[0].chat.gpuHours: expected GPU-hours"),
        (lambda a: a["data"][0]["chat"].update(gpuHours=None), "data[0].chat.gpuHours: expected GPU-hours"),
        (lambda a: a["data"][0]["chat"].update(gpuHours=-1), "data[0].chat.gpuHours: found -1"),
        (lambda a: a["data"][0]["chat"].update(gpuHours=True), "data[0].chat.gpuHours: found True"),
        (lambda a: a["data"][0]["chat"].update(gpuHours=float("nan")), "data[0].chat.gpuHours: found nan"),
        (lambda a: a["data"][0]["chat"].pop("window"), "data[0].chat.window.start: expected a time"),
        (lambda a: a["data"][0]["chat"]["window"].update(end="soon"), "data[0].chat.window.end: found soon"),
        (lambda a: a["data"][0]["chat"]["window"].update(start="0001-01-01"), "data[0].chat.window.start: found 0001"),
        (lambda a: a["data"][0]["chat"]["window"].update(end=START.isoformat()), "expected a time after its start"),
        (lambda a: a["data"][0]["chat"].update(gpuHours=0), "at least one allocation with gpuHours above 0"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(problems, change, wanted):
    text = json.loads(answer((0, 1, {"chat": 1.0})))
    change(text)
    assert wanted in problems("opencost", json.dumps(text))
