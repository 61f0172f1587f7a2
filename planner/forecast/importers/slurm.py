"""Slurm: pipe-separated output of `sacct -X -P`, each job's GPUs over the time that it ran."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from planner.forecast.importers.common import (
    HOUR_US,
    Floats,
    Imported,
    Integers,
    Kind,
    Mask,
    Notes,
    hour_text,
    spread,
    workload_codes,
)
from planner.forecast.importers.local_time import UNKNOWN, Resolved, local_times, resolve
from planner.forecast.importers.sources import Source
from planner.forecast.importers.text_table import Layout, Rows, read_rows
from planner.forecast.intervals import YEARS_TEXT, outside_years
from planner.problems import InputError, Problem

_SECOND_US = 1_000_000
_UNKNOWN_TIMES = ("unknown", "none", "n/a", "")
_TIME = "a local time such as 2027-01-31T13:00:00, or Unknown"
_TIME_FIX = "run sacct without SLURM_TIME_FORMAT"
_GPUS = "AllocTRES with gres/gpu=COUNT or gres/gpu:TYPE=COUNT"
_QUIET_HOURS = 7 * 24
"""Hours without any job from which a log is said to be quiet: a file may be missing."""


class Placed(StrEnum):
    """When a job's GPU-hours are counted."""

    START = "start"
    SUBMIT = "submit"


@dataclass(frozen=True)
class SlurmOptions:
    """How a job log is read."""

    timezone: str
    at: Placed = Placed.START
    workload_from: str = "Account"


@dataclass(frozen=True)
class _Jobs:
    """Jobs that ran on GPUs."""

    rows: Rows
    gpus: Floats
    start_us: Integers
    end_us: Integers


def read_slurm(files: Sequence[Source], options: SlurmOptions) -> Imported:
    """The demand of a job log. An hour in which no job ran is 0. Raises InputError with everything wrong."""
    submit = options.at is Placed.SUBMIT
    required = ["Start", "End", "ElapsedRaw", "AllocTRES", options.workload_from, *(["Submit"] if submit else [])]
    layout = Layout(
        Kind.SLURM,
        "|",
        quoted=False,
        required=tuple(dict.fromkeys(required)),
        optional=tuple(name for name in ("JobID", "State", "Submit", "Cluster") if name not in required),
        how="add {name} to sacct's --format",
    )
    notes = Notes("row")
    # Not kept by name: of a large log, only the rows with GPUs stay in memory.
    rows, gpus = _with_gpus(read_rows(files, layout), notes)
    jobs = _jobs(rows, gpus, options, notes)
    codes, workloads = workload_codes(jobs.rows.columns[options.workload_from])
    hours = spread(jobs.start_us, jobs.end_us, jobs.gpus, codes, workloads)
    _remark_quiet(hours.gpu_hours.sum(axis=1) > 0, hours.first, notes)
    return Imported(hours, notes)


def _with_gpus(rows: Rows, notes: Notes) -> tuple[Rows, Floats]:
    """Jobs that started, and had GPUs; what is no such job is skipped."""
    notes.read = len(rows)
    columns = rows.columns
    repeated = np.asarray(columns["Start"] == "Start", dtype=bool)
    steps = np.asarray(columns["JobID"].str.contains(".", regex=False), dtype=bool) & ~repeated
    unknown = np.asarray(columns["Start"].str.lower().isin(_UNKNOWN_TIMES), dtype=bool)
    at_once = np.asarray(columns["ElapsedRaw"] == "0", dtype=bool)
    cancelled = np.asarray(columns["State"].str.startswith("CANCELLED"), dtype=bool) & (unknown | at_once)
    gpus, wrong = gpus_of(columns["AllocTRES"])
    left = ~(repeated | steps)
    masks = {
        "the header again": repeated,
        "steps of jobs, whose GPUs the job's own row counts (sacct -X leaves them out)": steps,
        "cancelled before they started": left & cancelled,
        "not started": left & unknown & ~cancelled,
    }
    left &= ~(cancelled | unknown)
    masks["no GPUs in AllocTRES"] = left & (gpus == 0) & ~wrong
    for reason, mask in masks.items():
        notes.skip(reason, int(mask.sum()), rows.places(mask))
    problems = rows.problems(left & wrong, "AllocTRES", _GPUS)
    left &= (gpus > 0) | wrong
    if not left.any():
        skipped = "; ".join(f"{count:,} {reason}" for reason, count in notes.skipped.items())
        fix = "is AllocTRES in --format, and does the cluster count GPUs (AccountingStorageTRES=gres/gpu)?"
        problems.append(Problem(rows.files[0], "", skipped, "at least one job that ran on GPUs", fix))
    if problems:
        raise InputError(problems)
    return rows.select(left), gpus[left]


def gpus_of(tres: pd.Series[str]) -> tuple[Floats, Mask]:
    """GPUs by row: `gres/gpu=`, or else the sum of the typed ones; and which rows cannot be read.

    >>> gpus_of(pd.Series(["cpu=8,gres/gpu:a100=4,gres/gpu=4", "gres/gpu:a100=1,gres/gpu:h100=2"]))[0].tolist()
    [4.0, 3.0]
    """
    codes, distinct = pd.factorize(tres)
    counted = [_gpus(str(text)) for text in distinct]
    gpus = np.array([0 if count is None else count for count in counted], dtype=np.float64)
    wrong = np.array([count is None for count in counted], dtype=bool)
    return gpus[codes], wrong[codes]


def _gpus(tres: str) -> int | None:
    """GPUs of one AllocTRES; None where that cannot be read. gres/gpumem and gres/gpuutil count no GPUs."""
    total, typed = None, 0
    for part in tres.split(","):
        name, _, count = part.strip().partition("=")
        if name != "gres/gpu" and not name.startswith("gres/gpu:"):
            continue
        if not re.fullmatch(r"[0-9]{1,6}", count):
            return None
        if name == "gres/gpu":
            total = int(count)
        else:
            typed += int(count)
    return typed if total is None else total


def _jobs(rows: Rows, gpus: Floats, options: SlurmOptions, notes: Notes) -> _Jobs:
    """When each job ran. Raises InputError with every time that cannot be read."""
    columns = rows.columns
    start, end = local_times(columns["Start"], options.timezone), local_times(columns["End"], options.timezone)
    seconds = pd.to_numeric(columns["ElapsedRaw"], errors="coerce").to_numpy(dtype=np.float64)
    readable = (seconds >= 0) & (seconds < 1e10)
    length = np.where(readable, np.where(readable, seconds, 0).astype(np.int64) * _SECOND_US, UNKNOWN)
    running = np.asarray(columns["End"].str.lower().isin(_UNKNOWN_TIMES), dtype=bool)
    resolved = resolve(start, end, length)
    start_us = resolved.start_us
    end_us = np.where(running & (length != UNKNOWN), start_us + length, resolved.end_us)
    no_start, no_end = start_us == UNKNOWN, ~running & (resolved.end_us == UNKNOWN)
    empty = np.asarray(columns["ElapsedRaw"] == "", dtype=bool)
    backwards = ~no_start & ~no_end & ~running & (end_us < start_us)
    problems = rows.problems(no_start, "Start", _TIME, _TIME_FIX)
    problems += rows.problems(no_end, "End", _TIME, _TIME_FIX)
    problems += rows.problems(~readable & (~empty | running), "ElapsedRaw", "seconds, as a whole number")
    problems += rows.problems(backwards, "End", "a time after Start", "is --timezone right?")
    problems += _far(rows, start_us, "Start") + _far(rows, end_us, "End")
    if problems:
        raise InputError(problems)
    _remark_clocks(rows, start.skipped | end.skipped, resolved, options.timezone, notes)
    if running.any():
        notes.remarks.append(f"{_jobs_text(running.sum())} still running: counted until Start + ElapsedRaw")
    gpus = _without_suspension(gpus, end_us - start_us, length, options, notes)
    if options.at is Placed.SUBMIT:
        start_us, end_us = _from_submit(rows, start_us, end_us, options, notes)
    return _once(_Jobs(rows, gpus, start_us, end_us), notes)


def _jobs_text(count: int | np.integer) -> str:
    return f"{int(count):,} job{'' if count == 1 else 's'}"


def _far(rows: Rows, moments: Integers, column: str) -> list[Problem]:
    known = np.where(moments == UNKNOWN, 0, moments)
    return rows.problems(outside_years(known.astype("M8[us]")), column, f"a time {YEARS_TEXT}")


def _without_suspension(
    gpus: Floats, span_us: Integers, length_us: Integers, options: SlurmOptions, notes: Notes
) -> Floats:
    """GPUs at work on average: a job that was suspended ran for less (ElapsedRaw) than the time from Start to End."""
    shorter = (length_us != UNKNOWN) & (length_us < span_us)
    longer = (length_us != UNKNOWN) & (length_us > span_us)
    if shorter.any():
        notes.remarks.append(
            f"{_jobs_text(shorter.sum())} ran for less (ElapsedRaw) than from Start to End, as suspended jobs do: "
            f"the GPU-hours of ElapsedRaw are spread evenly from Start to End"
        )
    if longer.any():
        notes.remarks.append(
            f"{_jobs_text(longer.sum())} ran for longer (ElapsedRaw) than from Start to End, which cannot be: "
            f"counted from Start to End; is --timezone {options.timezone} right?"
        )
    return np.where(shorter, gpus * (np.where(shorter, length_us, 0) / np.maximum(span_us, 1)), gpus)


def _from_submit(
    rows: Rows, start_us: Integers, end_us: Integers, options: SlurmOptions, notes: Notes
) -> tuple[Integers, Integers]:
    """Jobs as if each had started when it was submitted. Raises InputError for times that cannot be read."""
    submitted = local_times(rows.columns["Submit"], options.timezone)
    # Of a time that comes twice, the later one unless the job had started by then.
    submit_us = np.where(submitted.later_us <= start_us, submitted.later_us, submitted.earlier_us)
    unread = submit_us == UNKNOWN
    problems = rows.problems(unread, "Submit", "a local time such as 2027-01-31T13:00:00", _TIME_FIX)
    problems += _far(rows, submit_us, "Submit")
    if problems:
        raise InputError(problems)
    waited = (start_us - submit_us)[start_us > submit_us]
    if len(waited):
        notes.remarks.append(
            f"{_jobs_text(len(waited))} waited, {waited.sum() / HOUR_US / len(waited):,.1f} hours on average: "
            f"counted from Submit for as long as they ran"
        )
    return submit_us, submit_us + (end_us - start_us)


def _once(jobs: _Jobs, notes: Notes) -> _Jobs:
    """Each job once, in its longest form (sacct lists a job in the output for every period that it touches)."""
    rows = jobs.rows
    instant = jobs.end_us <= jobs.start_us
    notes.skip("ended in the second in which they started", int(instant.sum()), rows.places(instant))
    again = np.zeros(len(rows), dtype=bool)
    if "JobID" in rows.present:
        key = pd.DataFrame({name: rows.columns[name] for name in ("Cluster", "JobID", "Submit", "Start")})
        order = np.argsort(-(jobs.end_us - jobs.start_us), kind="stable")
        again[order] = key.iloc[order].duplicated().to_numpy()
        again &= ~instant & np.asarray(rows.columns["JobID"] != "", dtype=bool)
        notes.skip("the same job again (same JobID and Start)", int(again.sum()), rows.places(again))
    else:
        notes.remarks.append("without a column JobID, jobs that are listed twice are counted twice")
    keep = ~(instant | again)
    if not keep.any():
        raise InputError([Problem(rows.files[0], "", "", "at least one job that ran on GPUs for a while")])
    return _Jobs(rows.select(keep), jobs.gpus[keep], jobs.start_us[keep], jobs.end_us[keep])


def _remark_clocks(rows: Rows, skipped: Mask, resolved: Resolved, zone: str, notes: Notes) -> None:
    if resolved.by_length.any():
        notes.remarks.append(
            f"{_jobs_text(resolved.by_length.sum())} began or ended in an hour that came twice when clocks went back "
            f"in {zone}: which of the two is told by ElapsedRaw"
        )
    if resolved.unsure.any():
        places = ", ".join(rows.places(resolved.unsure))
        notes.remarks.append(
            f"{_jobs_text(resolved.unsure.sum())} began or ended in an hour that came twice when clocks went back in "
            f"{zone}, and ElapsedRaw cannot tell which: taken as the first ({places} …)"
        )
    if skipped.any():
        places = ", ".join(rows.places(skipped))
        notes.remarks.append(
            f"{_jobs_text(skipped.sum())} began or ended at a time that {zone} never had (clocks went forward): taken "
            f"as the moment after it; is --timezone right? ({places} …)"
        )


def _remark_quiet(busy: Mask, first: int, notes: Notes) -> None:
    """Long stretches without any job are 0, and yet worth a word."""
    hours = np.flatnonzero(busy)
    gaps = np.flatnonzero(np.diff(hours) > _QUIET_HOURS)
    if not len(gaps):
        return
    longest = gaps[np.argmax(np.diff(hours)[gaps])]
    begin, end = first + int(hours[longest]) + 1, first + int(hours[longest + 1])
    notes.remarks.append(
        f"no GPU job for more than a week, {len(gaps)} time{'' if len(gaps) == 1 else 's'}, at most "
        f"{(end - begin) / 24:,.0f} days from {hour_text(begin)}: counted as 0; is a file missing?"
    )
