"""Runs in one file, to move or keep elsewhere: a ZIP archive with a folder per run, as `planner plan` writes them."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from planner.problems import InputError, Problem
from planner.runs.kept import KeptRun
from planner.runs.reference import PLAN_FILE, load_run, run_of

_MADE_FILE = "made.json"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Every member has this date: the same runs give the same file."""


def write_archive(kept: Sequence[KeptRun], target: Path) -> None:
    """Write runs into an archive, in one piece.

    Raises InputError where that cannot be done; then nothing has changed.
    """
    draft: str | None = None
    try:
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for run in kept:
                for name, text in _members(run).items():
                    member = zipfile.ZipInfo(f"{run.id}/{name}", _EARLIEST)
                    member.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(member, text.encode())
        os.replace(draft, target)
    except OSError as error:
        if draft is not None:
            with contextlib.suppress(OSError):
                os.unlink(draft)
        reason = error.strerror or str(error)
        raise InputError([Problem(str(target), "", reason, "a file that can be written")]) from error


def read_runs(source: Path) -> list[KeptRun]:
    """The runs of an archive, or of the folder of one plan, each complete. Raises InputError where one is not."""
    if source.is_dir():
        return [load_run(source).repeatable()]
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            plans = [name for name in names if PurePosixPath(name).name == PLAN_FILE]
            kept = [_read(archive, set(names), str(PurePosixPath(name).parent), source) for name in plans]
    except FileNotFoundError as error:
        raise InputError(
            [Problem(str(source), "", "no such file", "an archive of runs, or a plan's folder")]
        ) from error
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        expected = "an archive that `planner runs export` wrote, or a plan's folder"
        raise InputError([Problem(str(source), "", f"something else ({error})", expected)]) from error
    if not kept:
        raise InputError([Problem(str(source), "", "no run in it", "an archive that `planner runs export` wrote")])
    return kept


def _members(run: KeptRun) -> dict[str, str]:
    made = {"code": run.code, "made_at": run.made_at}
    texts = {PLAN_FILE: _json(run.content), _MADE_FILE: _json(made)}
    return texts | {f"inputs/{name}": text for name, text in run.files.items()}


def _read(archive: zipfile.ZipFile, names: set[str], folder: str, source: Path) -> KeptRun:
    made = json.loads(archive.read(f"{folder}/{_MADE_FILE}")) if f"{folder}/{_MADE_FILE}" in names else {}
    content = json.loads(archive.read(f"{folder}/{PLAN_FILE}"))

    def text_of(name: str) -> str | None:
        member = f"{folder}/inputs/{name}"
        return archive.read(member).decode() if member in names else None

    code, made_at = str(made.get("code", "")), str(made.get("made_at", ""))
    return run_of(content, f"{source}: {folder}", text_of, code, made_at).repeatable()


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
