"""The forecast file that an import makes, and the report of it."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from planner.forecast.importers.common import Hours, Imported, Notes, hour_text
from planner.problems import InputError, Problem

_MOST_WORKLOADS = 20


def forecast_csv(hours: Hours) -> str:
    """The demand as a forecast in long form (formats.md): timestamp, workload, gpu_hours."""
    count, width = hours.gpu_hours.shape
    stamps = (hours.first + np.arange(count)).astype("M8[h]").astype("M8[m]").astype(str)
    table = pd.DataFrame(
        {
            "timestamp": np.repeat(stamps, width),
            "workload": np.tile(np.array(hours.workloads, dtype=object), count),
            "gpu_hours": hours.gpu_hours.ravel(),
        }
    )
    out = io.StringIO()
    table.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue()


def output_problems(target: Path, force: bool, files: list[str]) -> list[Problem]:
    """What is in the way of writing to `target`."""
    name = str(target)
    try:
        if target.is_dir():
            return [Problem(name, "", "a folder", "the name of a file to write", "such as forecast.csv")]
        if target.exists() and any(Path(file).exists() and target.samefile(file) for file in files):
            return [Problem(name, "", "one of the files to read", "another file to write", "choose another with -o")]
        if target.exists() and not force:
            return [Problem(name, "", "a file that is there already", "a new file", "or add --force")]
        if target.suffix.lower() not in (".csv", ".txt", ""):
            return [Problem(name, "", target.suffix, "a name that ends in .csv", "the forecast is written as CSV")]
        folder = target.absolute().parent
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            return [Problem(name, "", f"{folder}, which cannot be written", "a file in a folder that can be written")]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return [Problem(name, "", reason, "a file that can be written")]
    return []


def write_forecast(text: str, target: Path) -> None:
    """Write all of it or nothing. Raises InputError."""
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=target.absolute().parent, prefix=".planner-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise InputError([Problem(str(target), "", reason, "a file that can be written")]) from error


def report(imported: Imported) -> str:
    """What was read, what was skipped and why, the period, and the GPU-hours of each workload."""
    return "\n".join([*_read_lines(imported.notes), *_demand_lines(imported.hours), *_remark_lines(imported.notes)])


def _read_lines(notes: Notes) -> list[str]:
    skipped = sum(notes.skipped.values())
    used = notes.read - skipped
    lines = [f"{notes.unit}s read: {notes.read:,}, of which {used:,} are demand and {skipped:,} are skipped"]
    for reason, count in sorted(notes.skipped.items(), key=lambda entry: -entry[1]):
        examples = ", ".join(notes.examples[reason])
        dots = ", …" if count > len(notes.examples[reason]) else ""
        lines.append(f"  - {count:,} {reason} ({examples}{dots})")
    return lines


def _demand_lines(hours: Hours) -> list[str]:
    count = len(hours.gpu_hours)
    totals, peaks = hours.gpu_hours.sum(axis=0), hours.gpu_hours.max(axis=0)
    order = np.argsort(-totals, kind="stable").tolist()
    rows = [(hours.workloads[number], totals[number], peaks[number]) for number in order[:_MOST_WORKLOADS]]
    if len(order) > _MOST_WORKLOADS:
        rest = order[_MOST_WORKLOADS:]
        rows.append((f"{len(rest):,} more workloads", totals[rest].sum(), hours.gpu_hours[:, rest].sum(axis=1).max()))
    if len(order) > 1:
        rows.append(("all", totals.sum(), hours.gpu_hours.sum(axis=1).max()))
    width = min(max(len(name) for name, _, _ in rows), 48)
    lines = [
        f"period: {hour_text(hours.first)} to {hour_text(hours.first + count)} UTC, {count:,} hours",
        f"  {'workload':<{width}}  {'GPU-hours':>14}  {'GPUs: mean':>11}  {'peak':>9}",
    ]
    for name, total, peak in rows:
        short = name if len(name) <= width else f"{name[: width - 1]}…"
        lines.append(f"  {short:<{width}}  {total:>14,.1f}  {total / count:>11,.1f}  {peak:>9,.1f}")
    return lines


def _remark_lines(notes: Notes) -> list[str]:
    return ["notes:", *(f"  - {remark}" for remark in notes.remarks)] if notes.remarks else []
