"""From files of usage to a forecast: which importer, which part of the time, and what to do about holes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from planner.forecast.importers.common import (
    EXAMPLES,
    Hours,
    Imported,
    Kind,
    Mask,
    Notes,
    hour_text,
    hours_text,
    shown,
)
from planner.forecast.importers.local_time import zone_problems
from planner.forecast.importers.slurm import Placed, SlurmOptions, read_slurm
from planner.forecast.importers.sources import Source, sources
from planner.problems import InputError, Problem


class FillHoles(StrEnum):
    """What to put where nothing was observed."""

    ZERO = "zero"


@dataclass(frozen=True)
class Options:
    """How files are read. What a kind of file has no use for is refused, not ignored."""

    workload_from: str | None = None
    timezone: str | None = None
    at: Placed | None = None
    fill_holes: FillHoles | None = None
    since: str | None = None
    until: str | None = None


def import_demand(kind: Kind, files: list[str], options: Options) -> Imported:
    """The hourly demand that files of a kind hold, in GPU-hours. Raises InputError with everything wrong."""
    problems = _option_problems(kind, options)
    since, until = _moment("--from", options.since, problems), _moment("--until", options.until, problems)
    if since is not None and until is not None and until <= since:
        problems.append(Problem("--until", "", str(options.until), f"a time after --from {options.since}"))
    try:
        opened = sources(files)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    read = _read(kind, opened, options)
    hours = _cut(read.hours, since, until, read.notes)
    return Imported(_filled(hours, options.fill_holes, files, read.notes), read.notes)


def _read(kind: Kind, files: tuple[Source, ...], options: Options) -> Imported:
    match kind:
        case Kind.SLURM:
            slurm = SlurmOptions(options.timezone or "", options.at or Placed.START, options.workload_from or "Account")
            return read_slurm(files, slurm)
        case Kind.PROMETHEUS:
            from planner.forecast.importers.prometheus import read_prometheus

            return read_prometheus(files, options.workload_from)
        case Kind.FOCUS:
            from planner.forecast.importers.focus import read_focus

            return read_focus(files, options.workload_from)
        case Kind.OPENCOST:
            from planner.forecast.importers.opencost import read_opencost

            return read_opencost(files, options.workload_from)


def _option_problems(kind: Kind, options: Options) -> list[Problem]:
    problems = []
    if options.workload_from is not None and not options.workload_from.strip(". "):
        problems.append(Problem("--workload-from", "", f"'{options.workload_from}'", "a name"))
    if kind is Kind.SLURM:
        problems += zone_problems(options.timezone)
        if options.fill_holes is not None:
            expected = "no --fill-holes for slurm: an hour without a job is 0 anyway"
            problems.append(Problem("--fill-holes", "", options.fill_holes, expected, "leave it out"))
        return problems
    for name, value in (("--timezone", options.timezone), ("--at", options.at)):
        if value is not None:
            expected = f"no {name} for {kind}: it is for slurm, whose times are local"
            if name == "--at":
                expected = f"no --at for {kind}: it is for slurm, whose jobs are submitted before they start"
            problems.append(Problem(name, "", str(value), expected, "leave it out"))
    return problems


def _moment(option: str, text: str | None, problems: list[Problem]) -> int | None:
    """A date or an hour, UTC, in hours since 1970."""
    if text is None:
        return None
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        seconds = 0.5
    if seconds % 3600:
        expected = "a date or a full hour (UTC), such as 2027-01-31 or 2027-01-31T13:00"
        problems.append(Problem(option, "", f"'{shown(text)}'", expected))
        return None
    return int(seconds // 3600)


def _cut(hours: Hours, since: int | None, until: int | None, notes: Notes) -> Hours:
    """Only the hours asked for. Raises InputError if there are none."""
    count = len(hours.gpu_hours)
    begin = 0 if since is None else since - hours.first
    end = count if until is None else until - hours.first
    problems = []
    for option, at in (("--from", begin), ("--until", end)):
        if at < 0 or at > count:
            value = hour_text(hours.first + at)
            expected = (
                f"a time within what the files cover, {hour_text(hours.first)} to {hour_text(hours.first + count)}"
            )
            problems.append(Problem(option, "", value, expected))
    if not problems and begin == end:
        problems.append(Problem("--from", "", hour_text(hours.first + begin), "a time before the end of the files"))
    if problems:
        raise InputError(problems)
    if end - begin < count:
        before, after = hours.gpu_hours[:begin].sum(), hours.gpu_hours[end:].sum()
        notes.remarks.append(f"left out by --from and --until: {before + after:,.1f} GPU-hours")
    missing = None if hours.missing is None else hours.missing[begin:end]
    return Hours(hours.first + begin, hours.workloads, hours.gpu_hours[begin:end], missing)


def _filled(hours: Hours, fill: FillHoles | None, files: list[str], notes: Notes) -> Hours:
    """Demand without holes. Raises InputError that lists them, unless they are to be filled."""
    if hours.missing is None or not hours.missing.any():
        return Hours(hours.first, hours.workloads, hours.gpu_hours)
    texts = _holes(hours, hours.missing)
    if fill is None:
        expected = "something observed in every hour: what is missing is not 0"
        fix = "get the missing part, cut the time by --from and --until, or --fill-holes zero if it really was 0"
        file = files[0] if len(files) == 1 else ""
        raise InputError([Problem(file, "", f"nothing for {text}", expected, fix) for text in texts])
    notes.remarks += [f"hole filled with 0 (--fill-holes zero): {text}" for text in texts]
    return Hours(hours.first, hours.workloads, hours.gpu_hours)


def _holes(hours: Hours, missing: Mask) -> list[str]:
    """Which hours of which workloads are missing, those of equal holes together."""
    together: dict[bytes, list[int]] = {}
    for workload in np.flatnonzero(missing.any(axis=0)).tolist():
        together.setdefault(missing[:, workload].tobytes(), []).append(workload)
    texts = []
    for numbers in together.values():
        names = ", ".join(shown(hours.workloads[number]) for number in numbers[:EXAMPLES])
        names += f" and {len(numbers) - EXAMPLES:,} more" if len(numbers) > EXAMPLES else ""
        whose = "" if len(numbers) == len(hours.workloads) else f"{names}: "
        texts.append(f"{whose}{hours_text(hours.first + np.flatnonzero(missing[:, numbers[0]]))}")
    if len(texts) > 10:
        texts = [*texts[:9], f"{len(texts) - 9:,} more sets of hours in other workloads"]
    return texts
