"""Prometheus: the answer of query_range in JSON, a gauge of GPUs busy, averaged over each hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.forecast.importers.common import (
    Floats,
    Hours,
    Imported,
    Integers,
    Kind,
    Notes,
    require_size,
    shown,
    workload_name,
)
from planner.forecast.importers.sources import Source, other_kind, read_json
from planner.problems import InputError, Problem, nearest

HOUR_MS = 3_600_000
_PERCENT = ("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_MEM_COPY_UTIL", "nvidia_gpu_duty_cycle", "nvidia_smi_utilization_gpu")
_PERCENT_FIX = "GPUs busy are a count: count(…) of GPUs in use, or sum(…) / 100 of a utilisation in per cent"
_MOST_MS = 7_258_118_400_000  # the year 2200


@dataclass(frozen=True)
class _Series:
    """One series of one file."""

    file: str
    place: str
    labels: tuple[tuple[str, str], ...]
    times_ms: Integers
    """Ascending, each once."""
    values: Floats
    """NaN where there is none."""


def read_prometheus(files: Sequence[Source], workload_from: str | None) -> Imported:
    """The demand of one or several answers, series of the same labels joined. Raises InputError with all problems.

    Every hour takes the mean of its samples. A sample that is NaN or not there is missing; hours at the two ends of
    the time range that it covers only in part are left out.
    """
    notes = Notes("sample")
    series, problems = list[_Series](), list[Problem]()
    for source in files:
        try:
            series += _read_file(source, notes)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    step = _step(series)
    names = _names(series, workload_from, notes)
    return Imported(_hours(series, names, step, notes), notes)


def _read_file(source: Source, notes: Notes) -> list[_Series]:
    answer = read_json(source, Kind.PROMETHEUS)
    if answer.get("status") == "error":
        value = shown(f"{answer.get('errorType', 'error')}: {answer.get('error', '')}")
        raise InputError([Problem(source.name, "status", value, "an answer of status success", "repeat the query")])
    data = answer.get("data")
    if answer.get("status") != "success" or not isinstance(data, dict) or "resultType" not in data:
        expected = "status success and data of resultType matrix"
        raise InputError([other_kind(source, Kind.PROMETHEUS) or Problem(source.name, "", "", expected)])
    if data["resultType"] != "matrix":
        fix = "ask /api/v1/query_range with start, end and step, not /api/v1/query"
        raise InputError([Problem(source.name, "data.resultType", shown(data["resultType"]), "matrix", fix)])
    result = data.get("result")
    if not isinstance(result, list) or not result:
        fix = "does the query match anything in that time range?"
        raise InputError([Problem(source.name, "data.result", "", "at least one series", fix)])
    found, problems = [], list[Problem]()
    for number, entry in enumerate(result):
        try:
            found.append(_read_series(source, f"data.result[{number}]", entry, notes))
        except InputError as error:
            problems += error.problems
            if len(problems) > 10:
                break
    if problems:
        raise InputError(problems)
    for message in answer.get("warnings") or []:
        notes.remarks.append(f"{source.name}: Prometheus warned: {shown(message)}")
    return found


def _read_series(source: Source, place: str, entry: Any, notes: Notes) -> _Series:
    """One series, checked. Raises InputError."""
    if not isinstance(entry, dict) or not isinstance(entry.get("metric"), dict):
        raise InputError([Problem(source.name, place, shown(entry), "a series with metric and values")])
    labels = tuple(sorted((str(name), str(value)) for name, value in entry["metric"].items()))
    samples = entry.get("values")
    if not isinstance(samples, list) or not samples:
        fix = "native histograms are no count of GPUs" if "histograms" in entry else ""
        raise InputError([Problem(source.name, f"{place}.values", "", "at least one sample", fix)])
    times, values = np.empty(len(samples), dtype=np.int64), np.empty(len(samples))
    for number, sample in enumerate(samples):
        try:
            moment, value = sample
            times[number] = round(float(moment) * 1000)
            values[number] = float(value)
        except (TypeError, ValueError, OverflowError):
            expected = 'a sample such as [1767225600, "8"]'
            raise InputError([Problem(source.name, f"{place}.values[{number}]", shown(sample), expected)]) from None
    notes.read += len(samples)
    wrong = np.isinf(values) | (np.abs(values) > 1e12) | (values < 0)
    far = (times < 0) | (times > _MOST_MS)
    for mask, expected in ((wrong, "a number of GPUs of 0 or above"), (far, "a time in seconds since 1970")):
        if mask.any():
            number = int(mask.argmax())
            more = f" (and {int(mask.sum()) - 1:,} more)" if mask.sum() > 1 else ""
            value = f"{shown(samples[number])}{more}"
            raise InputError([Problem(source.name, f"{place}.values[{number}]", value, expected)])
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back):
        place = f"{place}.values[{back[0] + 1}]"
        raise InputError([Problem(source.name, place, shown(samples[back[0] + 1]), "samples that ascend in time")])
    metric = dict(labels).get("__name__", "")
    if metric in _PERCENT:
        notes.remarks.append(f"{source.name}: {metric} is a share in per cent, not GPUs busy? {_PERCENT_FIX}")
    return _Series(source.name, place, labels, times, values)


def _step(series: list[_Series]) -> int:
    """The one step of all series, in milliseconds; it divides an hour. Raises InputError."""
    steps = np.concatenate([np.diff(one.times_ms) for one in series])
    if not len(steps):
        raise InputError([Problem(series[0].file, "", "one sample per series", "at least two, to tell the step")])
    lengths, counts = np.unique(steps, return_counts=True)
    step = int(lengths[counts.argmax()])
    if HOUR_MS % step:
        fix = "query_range with step=300, or any other step that divides an hour"
        raise InputError(
            [Problem(series[0].file, "", f"steps of {_seconds(step)}", "a step that divides an hour", fix)]
        )
    problems = []
    for file in dict.fromkeys(one.file for one in series):
        own = np.concatenate([np.diff(one.times_ms) for one in series if one.file == file])
        lengths, counts = np.unique(own, return_counts=True)
        if len(own) and lengths[counts.argmax()] != step:
            value = f"steps of {_seconds(int(lengths[counts.argmax()]))}"
            problems.append(Problem(file, "", value, f"steps of {_seconds(step)}, as in the other files"))
    for one in series if not problems else ():
        off = np.flatnonzero(np.diff(one.times_ms) % step)
        if len(off):
            value = f"a step of {_seconds(int(np.diff(one.times_ms)[off[0]]))}"
            expected = f"steps of {_seconds(step)}, as elsewhere"
            problems.append(Problem(one.file, f"{one.place}.values[{off[0] + 1}]", value, expected))
    if problems:
        raise InputError(problems[:10])
    return step


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"


def _names(series: list[_Series], workload_from: str | None, notes: Notes) -> list[str]:
    """The workload of each series."""
    labels = [tuple(label for label in one.labels if label[0] != "__name__") for one in series]
    distinct = set(labels)
    if workload_from is not None:
        known = {name for one in series for name, _ in one.labels}
        if workload_from not in known:
            given = f"labels {shown(', '.join(sorted(known)))}" if known else "no labels"
            fix = nearest(workload_from, known) or f"keep it in the query: sum by ({workload_from}) (…)"
            expected = f"a label {workload_from} (--workload-from)"
            raise InputError([Problem(series[0].file, "data.result[0].metric", given, expected, fix)])
        without = sum(workload_from not in dict(one.labels) for one in series)
        if without:
            notes.remarks.append(f"{without:,} series without label {workload_from}: workload unassigned")
        return [workload_name(dict(one.labels).get(workload_from, "")) for one in series]
    if len(distinct) == 1:
        return ["default"] * len(series)
    values = {one: workload_name("/".join(value for _, value in one)) for one in distinct}
    if len(set(values.values())) < len(distinct):
        values = {one: workload_name(",".join(f"{name}={value}" for name, value in one)) for one in distinct}
    return [values[one] for one in labels]


def _hours(series: list[_Series], names: list[str], step: int, notes: Notes) -> Hours:
    """Means by hour and workload. Raises InputError where files contradict each other."""
    per_hour = HOUR_MS // step
    cells = [one.times_ms // step for one in series]
    first_cell = min(int(cell[0]) for cell in cells)
    end_cell = max(int(cell[-1]) for cell in cells) + 1
    first, end = -(-first_cell // per_hour), end_cell // per_hour
    if end <= first:
        raise InputError([Problem(series[0].file, "", "", "samples over at least one whole hour (UTC)")])
    left_out = int(first * per_hour > first_cell) + int(end * per_hour < end_cell)
    if left_out:
        plural = "s" if left_out > 1 else ""
        notes.remarks.append(f"{left_out} hour{plural} at the ends of the time range, covered only in part: left out")
    workloads = tuple(sorted(set(names)))
    require_size(end - first, workloads)
    gpu_hours = np.zeros((end - first, len(workloads)))
    missing = np.zeros((end - first, len(workloads)), dtype=bool)
    by_series: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for number, one in enumerate(series):
        by_series.setdefault(one.labels, []).append(number)
    for numbers in by_series.values():
        line = _joined([(series[number], cells[number]) for number in numbers], first_cell, end_cell, notes)
        line = line[first * per_hour - first_cell : end * per_hour - first_cell].reshape(-1, per_hour)
        workload = workloads.index(names[numbers[0]])
        gpu_hours[:, workload] += np.where(np.isnan(line), 0.0, line).sum(axis=1) / per_hour
        missing[:, workload] |= np.isnan(line).any(axis=1)
    return Hours(first, workloads, gpu_hours, missing)


def _joined(parts: list[tuple[_Series, Integers]], first_cell: int, end_cell: int, notes: Notes) -> NDArray[np.float64]:
    """One series out of its parts, a value per step, NaN where there is none. Raises InputError if parts contradict."""
    line = np.full(end_cell - first_cell, np.nan)
    moments = np.full(end_cell - first_cell, -1, dtype=np.int64)
    for one, cell in parts:
        at = cell - first_cell
        again = moments[at] >= 0
        same_time = again & (moments[at] == one.times_ms)
        conflict = same_time & (line[at] != one.values) & ~(np.isnan(line[at]) | np.isnan(one.values))
        if conflict.any():
            number = int(conflict.argmax())
            value = f"{one.values[number]:g}"
            expected = f"{line[at][number]:g}, as in another file for the same series and time"
            raise InputError([Problem(one.file, f"{one.place}.values[{number}]", value, expected)])
        notes.skip("the same series and time again", int(again.sum()), [f"{one.file} {one.place}"])
        fresh = ~again | np.isnan(line[at])
        line[at[fresh]], moments[at[fresh]] = one.values[fresh], one.times_ms[fresh]
    return line
