"""Where a plan is written: looked at before anything is solved, so that no work is lost; nothing is overwritten."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path

from planner.problems import InputError, Problem

PLANS = Path("plans")
"""Below which plans are kept when no folder was named."""


def folder_problems(folder: Path | None, force: bool) -> list[Problem]:
    """What is in the way of writing to `folder` (None: below `plans/`)."""
    try:
        return _folder_problems(folder, force)
    except OSError as error:
        return [Problem(str(folder or PLANS), "", error.strerror or str(error), "a folder that can be written")]


def _folder_problems(folder: Path | None, force: bool) -> list[Problem]:
    target = folder if folder is not None else PLANS
    if target.exists() and not target.is_dir():
        return [Problem(str(target), "", "a file", "a folder", "choose another with -o")]
    if folder is not None and not force and target.is_dir() and any(target.iterdir()):
        return [Problem(str(target), "", "a folder that is not empty", "a new or empty folder", "or add --force")]
    parent = _nearest_existing(target)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        return [Problem(str(target), "", f"{parent}, which cannot be written", "a folder that can be written")]
    return []


def _nearest_existing(path: Path) -> Path:
    return next(candidate for candidate in (path, *path.absolute().parents) if candidate.exists())


def run_folder(run: str, force: bool) -> Path:
    """The folder for a run: `plans/RUN`, or `plans/RUN-2` … where that is taken and not to be replaced."""
    name = re.sub(r"[^\w.+-]+", "-", run).strip(".-") or "plan"
    candidates = (PLANS / (name if number == 1 else f"{name}-{number}") for number in count(1))
    try:
        return next(path for path in candidates if force or not path.exists() or _is_empty(path))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError([Problem(str(PLANS / name), "", reason, "a folder that can be written")]) from error


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
