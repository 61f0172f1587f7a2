"""FOCUS 1.x bills as CSV or Parquet: hours used of what has GPUs."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from planner.forecast.cells import listed
from planner.forecast.importers.common import (
    EXAMPLES,
    HOUR_US,
    Floats,
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
from planner.forecast.importers.focus_table import read_bill
from planner.forecast.importers.sources import Source
from planner.forecast.importers.text_table import Layout, Rows
from planner.forecast.intervals import YEARS_TEXT, outside_years
from planner.problems import InputError, Problem, nearest

_DETAILS, _X_GPUS = "SkuPriceDetails", "x_GpuCount"
_GPU_KEYS = ("GpuCount", "F_GpuCount", "x_GpuCount", "x_gpuCount")
_HOURS_PER_UNIT = {
    "hours": 1.0,
    "hour": 1.0,
    "hrs": 1.0,
    "hr": 1.0,
    "h": 1.0,
    "minutes": 1 / 60,
    "minute": 1 / 60,
    "seconds": 1 / 3600,
    "second": 1 / 3600,
    "days": 24.0,
    "day": 24.0,
}
_GPU_HOURS = ("gpu-hours", "gpu hours", "gpu-hour", "gpu hour")
_TIME = "a time in ISO 8601, such as 2027-01-31T13:00:00Z"
_NEVER = 0
"""Stands for a time that cannot be read, which is a problem already."""
_DEFAULT_WORKLOAD = ("ServiceName", "SubAccountName")


@dataclass(frozen=True)
class _Usage:
    """Rows of usage with GPUs."""

    rows: Rows
    start_us: Integers
    end_us: Integers
    gpu_hours: Floats


def read_focus(files: Sequence[Source], workload_from: str | None) -> Imported:
    """The demand of a bill. Raises InputError with everything wrong.

    Of rows of ChargeCategory Usage with a GpuCount, ConsumedQuantity × GpuCount is spread evenly over the charge
    period; commitments and capacity reservations paid for and not used are no demand. An hour inside the range that no
    usage row of any service covers (with a charge period no longer than those of GPUs) is missing.
    """
    column, key = _workload_column(workload_from)
    optional = [
        *("ChargeClass", "CommitmentDiscountStatus", "CapacityReservationStatus", _DETAILS, _X_GPUS),
        *(_DEFAULT_WORKLOAD if workload_from is None else ()),
    ]
    layout = Layout(
        Kind.FOCUS,
        ",",
        quoted=True,
        required=tuple(
            dict.fromkeys(
                ["ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ConsumedQuantity", "ConsumedUnit"]
                + ([] if workload_from is None else [column])
            )
        ),
        optional=tuple(name for name in optional if name != column),
        how="export the column {name}",
    )
    every = read_bill(files, layout)
    notes = Notes("row", len(every))
    if not {_DETAILS, _X_GPUS} & every.present and column not in (_DETAILS, _X_GPUS):
        expected = f"a column {_DETAILS} (with GpuCount) or {_X_GPUS}"
        raise InputError([Problem(every.files[0], "row 1", "", expected, "FOCUS 1.1 and later have it: export it")])
    billed = _of_usage(every, notes)
    start, end, problems = _periods(billed)
    keep = _used(billed, notes)
    used = billed.select(keep)
    gpus, wrong = _gpu_counts(used)
    problems += used.problems(wrong, _DETAILS, "JSON with a GpuCount of 0 or above")
    without = (gpus == 0) & ~wrong
    notes.skip("no GPUs", int(without.sum()), used.places(without))
    usage = _usage(used, gpus, (start[keep], end[keep]), notes, problems)
    _remark_overlap(usage, notes)
    codes, workloads = workload_codes(_workloads(usage.rows, column if workload_from else None, key, notes))
    return Imported(_hours(usage, codes, workloads, (start, end), notes), notes)


def _workload_column(workload_from: str | None) -> tuple[str, str | None]:
    """`Tags.team` → (`Tags`, `team`); `ServiceName` → (`ServiceName`, None)."""
    if workload_from is None:
        return "", None
    column, dot, key = workload_from.partition(".")
    return column, key if dot else None


def _of_usage(rows: Rows, notes: Notes) -> Rows:
    """Rows of usage."""
    usage = np.asarray(rows.columns["ChargeCategory"].str.lower() == "usage", dtype=bool)
    notes.skip("of another ChargeCategory than Usage", int((~usage).sum()), rows.places(~usage))
    if not usage.any():
        value = listed(sorted({f"'{shown(name)}'" for name in rows.columns["ChargeCategory"]}))
        raise InputError([Problem(rows.files[0], "column ChargeCategory", value, "at least one row of Usage")])
    return rows.select(usage)


def _used(rows: Rows, notes: Notes) -> Mask:
    """Which rows are of something that was used, and not only paid for."""
    commitment = np.asarray(rows.columns["CommitmentDiscountStatus"].str.lower() == "unused", dtype=bool)
    reservation = np.asarray(rows.columns["CapacityReservationStatus"].str.lower() == "unused", dtype=bool)
    masks = {
        "a commitment paid for and not used (CommitmentDiscountStatus Unused)": commitment,
        "a capacity reservation not used (CapacityReservationStatus Unused)": ~commitment & reservation,
    }
    for reason, mask in masks.items():
        notes.skip(reason, int(mask.sum()), rows.places(mask))
    return np.asarray(~(commitment | reservation))


def _gpu_counts(rows: Rows) -> tuple[Floats, Mask]:
    """GPUs of each row: of SkuPriceDetails, or else of x_GpuCount; 0 where neither says. And which are unreadable."""
    codes, distinct = pd.factorize(rows.columns[_DETAILS])
    counts = np.array([_gpu_count(str(text)) for text in distinct], dtype=np.float64)
    gpus = counts[codes]
    own = pd.to_numeric(rows.columns[_X_GPUS], errors="coerce").to_numpy(dtype=np.float64)
    own_wrong = np.asarray(rows.columns[_X_GPUS] != "", dtype=bool) & ~((own >= 0) & (own < 1e6))
    silent = gpus == -1
    gpus = np.where(silent, np.where(np.isnan(own), 0, own), gpus)
    wrong = np.isnan(gpus) | (silent & own_wrong)
    return np.where(wrong, 0, gpus), wrong


def _gpu_count(details: str) -> float:
    """GpuCount of SkuPriceDetails: −1 where it says nothing of it, NaN where it cannot be read."""
    parsed = _object(details)
    if not parsed:
        return math.nan if "GpuCount" in details else -1.0
    for key in _GPU_KEYS:
        if parsed.get(key) not in (None, ""):
            try:
                count = float(parsed[key])
            except (TypeError, ValueError):
                return math.nan
            return count if 0 <= count < 1e6 else math.nan
    return -1.0


def _periods(rows: Rows) -> tuple[Integers, Integers, list[Problem]]:
    """Start and end of each row's charge period, microseconds since 1970 in UTC."""
    moments, problems = [], []
    for column in ("ChargePeriodStart", "ChargePeriodEnd"):
        codes, distinct = pd.factorize(rows.columns[column])
        texts = pd.Series(distinct, dtype="str").str.replace(r" ?UTC$", "Z", regex=True)
        parsed = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)
        times = np.asarray(parsed.to_numpy(), dtype="M8[us]")
        wrong = np.isnat(times)
        problems += rows.problems(wrong[codes], column, _TIME)
        problems += rows.problems(outside_years(times)[codes], column, f"a time {YEARS_TEXT}")
        moments.append(np.where(wrong, _NEVER, times.astype(np.int64))[codes])
    start, end = moments
    backwards = (end <= start) & (start != _NEVER) & (end != _NEVER)
    problems += rows.problems(backwards, "ChargePeriodEnd", "a time after ChargePeriodStart")
    return start, end, problems


def _usage(
    rows: Rows, gpus: Floats, periods: tuple[Integers, Integers], notes: Notes, problems: list[Problem]
) -> _Usage:
    """GPU-hours of the rows with GPUs. Raises InputError with everything wrong, `problems` included."""
    columns, with_gpus = rows.columns, gpus > 0
    unit = columns["ConsumedUnit"].str.lower()
    factors = unit.map(_HOURS_PER_UNIT).to_numpy(dtype=np.float64)
    ready = np.asarray(unit.isin(_GPU_HOURS), dtype=bool)
    correction = np.asarray(columns["ChargeClass"].str.lower() == "correction", dtype=bool)
    empty = np.asarray(columns["ConsumedQuantity"] == "", dtype=bool)
    quantity = pd.to_numeric(columns["ConsumedQuantity"], errors="coerce").to_numpy(dtype=np.float64)
    price_only = with_gpus & correction & empty
    timed = ~np.isnan(factors) | ready
    no_time = with_gpus & ~timed & ~price_only
    keep = with_gpus & ~price_only & timed
    bad = keep & ~(np.abs(quantity) < 1e12)
    problems += rows.problems(bad, "ConsumedQuantity", "a number")
    negative = keep & ~bad & ~correction & (quantity < 0)
    problems += rows.problems(negative, "ConsumedQuantity", "a number of 0 or above (below 0 only in corrections)")
    notes.skip("corrections of price, without a quantity", int(price_only.sum()), rows.places(price_only))
    units = ", ".join(sorted({shown(name) or "none" for name in columns["ConsumedUnit"][no_time]})[:EXAMPLES])
    notes.skip(f"with GPUs, and not measured in time (ConsumedUnit {units})", int(no_time.sum()), rows.places(no_time))
    none = keep & (quantity == 0)
    notes.skip("of quantity 0", int(none.sum()), rows.places(none))
    keep &= ~none
    if not problems and not keep.any():
        skipped = "; ".join(f"{count:,} {reason}" for reason, count in notes.skipped.items())
        problems.append(Problem(rows.files[0], "", skipped, "at least one row of usage of GPUs, in hours"))
    if problems:
        raise InputError(problems)
    if (keep & correction).any():
        notes.remarks.append(f"{int((keep & correction).sum()):,} corrections are taken into account")
    amount = quantity * np.where(ready, 1.0, np.nan_to_num(factors) * gpus)
    return _Usage(rows.select(keep), periods[0][keep], periods[1][keep], amount[keep])


def _remark_overlap(usage: _Usage, notes: Notes) -> None:
    """Bills of several accounts overlap in time, and so do two exports of one: nobody but the user can tell."""
    files = usage.rows.files
    spans = []
    for number in np.unique(usage.rows.file).tolist():
        mine = usage.rows.file == number
        spans.append((int(usage.start_us[mine].min()), int(usage.end_us[mine].max()), files[number]))
    spans.sort()
    for (_, end, first), (start, _, second) in pairwise(spans):
        if start < end:
            notes.remarks.append(f"{first} and {second} overlap in time: rows that are in both count twice")


def _workloads(rows: Rows, column: str | None, key: str | None, notes: Notes) -> pd.Series[str]:
    """The workload of each row, as text."""
    if column is None:
        parts = [rows.columns[name] for name in _DEFAULT_WORKLOAD]
        both = parts[0].where(parts[1] == "", parts[0] + "/" + parts[1])
        return both.where(parts[0] != "", parts[1])
    texts = rows.columns[column]
    if key is not None:
        codes, distinct = pd.factorize(texts)
        values = [_tag(str(text), key) for text in distinct]
        texts = pd.Series(np.array(values, dtype=object)[codes], dtype="str")
        if not any(values):
            tags = sorted({str(name) for text in distinct for name in _object(str(text))})
            given = f"keys {shown(', '.join(tags))}" if tags else "no keys"
            problem = Problem(rows.files[0], f"column {column}", given, f"a key {key} in some row", nearest(key, tags))
            raise InputError([problem])
    without = int((texts == "").sum())
    if without:
        notes.remarks.append(f"{without:,} rows without {column}{f'.{key}' if key else ''}: workload unassigned")
    return texts


def _object(text: str) -> dict[str, Any]:
    """Keys and values of a cell; {} where it holds none."""
    try:
        parsed = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    if isinstance(parsed, list):  # as BigQuery writes them
        pairs = [entry for entry in parsed if isinstance(entry, dict) and {"key", "value"} <= set(entry)]
        return {str(entry["key"]): entry["value"] for entry in pairs}
    return parsed if isinstance(parsed, dict) else {}


def _tag(text: str, key: str) -> str:
    value = _object(text).get(key)
    return "" if value is None else str(value)


def _hours(
    usage: _Usage, codes: Integers, workloads: tuple[str, ...], every: tuple[Integers, Integers], notes: Notes
) -> Hours:
    """Usage by the hour. Raises InputError where corrections take away more than there was."""
    length_us = usage.end_us - usage.start_us
    longer = length_us > HOUR_US
    if longer.any():
        rows = f"{int(longer.sum()):,} row{'' if longer.sum() == 1 else 's'}"
        notes.remarks.append(
            f"{rows} with a charge period longer than an hour (up to {length_us.max() / HOUR_US:,.0f} hours): spread "
            f"evenly over their hours, so that peaks are invisible"
        )
    gpus = usage.gpu_hours / (length_us / HOUR_US)
    hours = spread(usage.start_us, usage.end_us, gpus, codes, workloads)
    if (hours.gpu_hours < -1e-6).any():
        hour, workload = (int(index) for index in np.unravel_index(hours.gpu_hours.argmin(), hours.gpu_hours.shape))
        value = f"{hours.gpu_hours[hour, workload]:g} GPU-hours of {shown(workloads[workload])}"
        fix = "is the bill of what they correct among the files?"
        problem = Problem(usage.rows.files[0], "", value, "no more corrected than was billed in an hour", fix)
        raise InputError([problem])
    short = every[1] - every[0] <= length_us.max()
    observed = covered(every[0][short], every[1][short], hours, wholly=False)
    missing = np.repeat(~observed[:, None], len(workloads), axis=1)
    return Hours(hours.first, workloads, np.maximum(hours.gpu_hours, 0.0), missing)
