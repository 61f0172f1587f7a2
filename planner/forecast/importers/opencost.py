"""OpenCost (and Kubecost): the answer of the allocation API in JSON, GPU-hours by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from planner.forecast.importers.common import (
    HOUR_US,
    Hours,
    Imported,
    Integers,
    Kind,
    Mask,
    Notes,
    covered,
    shown,
    spread,
    workload_codes,
)
from planner.forecast.importers.sources import Source, other_kind, read_json
from planner.forecast.intervals import YEARS_TEXT, outside_years
from planner.problems import InputError, Problem, nearest

_IDLE, _DISKS = "__idle__", "__unmounted__"
_MOST_PROBLEMS = 10


@dataclass(frozen=True)
class _Allocation:
    """One allocation of one window."""

    file: str
    place: str
    name: str
    workload: str
    start_us: int
    end_us: int
    gpu_hours: float
    properties: dict[str, Any]


def read_opencost(files: Sequence[Source], workload_from: str | None) -> Imported:
    """The demand of one or several answers. Raises InputError with everything wrong.

    Each allocation's gpuHours are spread evenly over its window. `__idle__` is capacity that nobody used and skipped;
    `__unallocated__` is usage that lacks the label asked for and stays, under that name. Hours inside the range that no
    window covers are missing; at the two ends, hours that windows cover only in part are left out.
    """
    notes = Notes("allocation")
    found, windows, problems = list[_Allocation](), set[tuple[int, int]](), list[Problem]()
    for source in files:
        try:
            for one in _read_file(source, workload_from, notes, problems):
                windows.add((one.start_us, one.end_us))
                found.append(one)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems[:_MOST_PROBLEMS])
    used = _used(found, notes)
    if not used:
        skipped = "; ".join(f"{count:,} {reason}" for reason, count in notes.skipped.items())
        raise InputError([Problem(files[0].name, "data", skipped, "at least one allocation with gpuHours above 0")])
    if workload_from is not None:
        _require_workloads(used, found, workload_from, notes)
    return Imported(_hours(used, windows, notes), notes)


def _read_file(
    source: Source, workload_from: str | None, notes: Notes, problems: list[Problem]
) -> Iterator[_Allocation]:
    """The allocations of a file, windows without GPUs included. Problems of single allocations are added."""
    answer = read_json(source, Kind.OPENCOST)
    data = answer.get("data")
    if answer.get("code", 200) != 200 or not isinstance(data, list):
        told = shown(answer.get("message") or answer.get("code") or "")
        expected = "an answer of code 200 with a list of allocations in data"
        raise InputError([other_kind(source, Kind.OPENCOST) or Problem(source.name, "data", told, expected)])
    known = False
    for number, window in enumerate(data):
        if window is None:
            continue
        if not isinstance(window, dict):
            place = f"data[{number}]"
            raise InputError([Problem(source.name, place, shown(window), "allocations by name")])
        for name, entry in window.items():
            if _DISKS in name.split("/"):
                continue
            place = f"data[{number}].{shown(name)}"
            try:
                one = _allocation(source, place, name, entry, workload_from)
            except InputError as error:
                problems += error.problems
                if len(problems) >= _MOST_PROBLEMS:
                    return
                continue
            known = True
            notes.read += 1
            yield one
    if not known and not problems:
        wrong = other_kind(source, Kind.OPENCOST)
        raise InputError([wrong or Problem(source.name, "data", "", "at least one allocation with a window")])


def _allocation(source: Source, place: str, name: str, entry: Any, workload_from: str | None) -> _Allocation:
    if not isinstance(entry, dict):
        raise InputError([Problem(source.name, place, shown(entry), "an allocation with window and gpuHours")])
    window = entry.get("window")
    window = window if isinstance(window, dict) else {}
    start, end = _moment(window.get("start")), _moment(window.get("end"))
    problems = [
        Problem(source.name, f"{place}.window.{key}", shown(window.get(key, "")), f"a time in ISO 8601 {YEARS_TEXT}")
        for key, moment in (("start", start), ("end", end))
        if moment is None
    ]
    if start is not None and end is not None and end <= start:
        problems.append(Problem(source.name, f"{place}.window.end", shown(window["end"]), "a time after its start"))
    gpu_hours = entry.get("gpuHours")
    number = isinstance(gpu_hours, int | float) and not isinstance(gpu_hours, bool)
    if gpu_hours is None or not number or not 0 <= gpu_hours < 1e12:
        value = "" if gpu_hours is None else shown(gpu_hours)
        problems.append(Problem(source.name, f"{place}.gpuHours", value, "GPU-hours, a number of 0 or above"))
    if problems or start is None or end is None or gpu_hours is None:
        raise InputError(problems)
    properties = entry.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    workload = name if workload_from is None else _property(properties, workload_from)
    return _Allocation(source.name, place, name, workload, start, end, float(gpu_hours), properties)


def _moment(value: Any) -> int | None:
    """Microseconds since 1970 of an ISO 8601 time (UTC unless it says otherwise); None if it is none."""
    try:
        parsed = datetime.fromisoformat(value)
        moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    microseconds = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return None if outside_years(np.array([microseconds]).astype("M8[us]"))[0] else microseconds


def _property(properties: dict[str, Any], path: str) -> str:
    """`namespace`, or `labels.team`: the rest after the first dot is one key."""
    first, dot, rest = path.removeprefix("properties.").partition(".")
    value = properties.get(first)
    if dot:
        value = value.get(rest) if isinstance(value, dict) else None
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _used(found: list[_Allocation], notes: Notes) -> list[_Allocation]:
    """Allocations that used GPUs, each once."""
    idle = [one for one in found if _IDLE in one.name.split("/")]
    notes.skip("idle capacity (__idle__)", len(idle), (f"{one.file} {one.place}" for one in idle))
    busy = [one for one in found if _IDLE not in one.name.split("/")]
    none = [one for one in busy if one.gpu_hours == 0]
    notes.skip("no GPU-hours", len(none), (f"{one.file} {one.place}" for one in none))
    seen: dict[tuple[str, int, int, float, str], str] = {}
    used, again = [], []
    for one in busy:
        key = (one.name, one.start_us, one.end_us, one.gpu_hours, repr(one.properties))
        if one.gpu_hours == 0:
            continue
        if seen.setdefault(key, one.file) != one.file:
            again.append(one)
        else:
            used.append(one)
    notes.skip("the same as in another file", len(again), (f"{one.file} {one.place}" for one in again))
    _require_apart(used)
    return used


def _require_apart(used: list[_Allocation]) -> None:
    """Raises InputError where windows of one allocation overlap without being the same (clusters have the same)."""
    by_name: dict[str, set[tuple[int, int]]] = {}
    for one in used:
        by_name.setdefault(one.name, set()).add((one.start_us, one.end_us))
    for name, windows in by_name.items():
        ordered = sorted(windows)
        for (_, end), (start, _) in pairwise(ordered):
            if start < end:
                one = next(one for one in used if one.name == name and one.start_us == start)
                value = f"a window from {np.datetime64(start, 'us').astype('M8[s]')}, inside another of {shown(name)}"
                expected, fix = "windows that do not overlap", "their hours would count twice: keep one of the answers"
                raise InputError([Problem(one.file, one.place, value, expected, fix)])


def _require_workloads(used: list[_Allocation], found: list[_Allocation], workload_from: str, notes: Notes) -> None:
    without = sum(not one.workload for one in used)
    if without == len(used):
        known = sorted({key for one in found[:1000] for key in _keys(one.properties)})
        given = f"properties {shown(', '.join(known))}" if known else "no properties"
        fix = nearest(workload_from, known) or "labels are labels.NAME; aggregated answers have only what they are by"
        expected = f"a property {workload_from} (--workload-from)"
        raise InputError([Problem(used[0].file, f"{used[0].place}.properties", given, expected, fix)])
    if without:
        notes.remarks.append(f"{without:,} allocations without {workload_from}: workload unassigned")


def _keys(properties: dict[str, Any]) -> list[str]:
    """What may follow --workload-from."""
    labels = properties.get("labels")
    below = [f"labels.{name}" for name in labels] if isinstance(labels, dict) else []
    return [name for name in properties if name != "labels"] + below


def _hours(used: list[_Allocation], windows: set[tuple[int, int]], notes: Notes) -> Hours:
    start = np.array([one.start_us for one in used], dtype=np.int64)
    end = np.array([one.end_us for one in used], dtype=np.int64)
    amount = np.array([one.gpu_hours for one in used], dtype=np.float64)
    longest = int((end - start).max())
    if longest > HOUR_US:
        notes.remarks.append(
            f"windows are up to {longest / HOUR_US:,.0f} hours long: gpuHours are spread evenly over their hours, so "
            f"that peaks are invisible; ask with step=1h"
        )
    codes, workloads = workload_codes(pd.Series([one.workload for one in used], dtype="str"))
    hours = spread(start, end, amount / ((end - start) / HOUR_US), codes, workloads)
    every = np.array(sorted(windows), dtype=np.int64)
    return _ends_cut(hours, covered(every[:, 0], every[:, 1], hours, wholly=True), notes)


def _ends_cut(hours: Hours, observed: Mask, notes: Notes) -> Hours:
    """Without hours at the ends that windows cover only in part. Raises InputError if nothing is left."""
    whole: Integers = np.flatnonzero(observed)
    if not len(whole):
        raise InputError([Problem("", "", "", "windows that cover at least one whole hour (UTC)")])
    first, end = int(whole[0]), int(whole[-1]) + 1
    left_out = len(observed) - (end - first)
    if left_out:
        plural = "s" if left_out > 1 else ""
        notes.remarks.append(f"{left_out} hour{plural} at the ends, covered only in part by windows: left out")
    missing = np.repeat(~observed[first:end, None], len(hours.workloads), axis=1)
    return Hours(hours.first + first, hours.workloads, hours.gpu_hours[first:end], missing)
