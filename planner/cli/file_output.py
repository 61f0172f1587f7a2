"""One file that a command writes: looked at before anything is done, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from planner.problems import InputError, Problem


def file_problems(target: Path | None, force: bool, inputs: Sequence[str] = ()) -> list[Problem]:
    """What is in the way of writing to `target` (None: standard output); the inputs are never overwritten."""
    if target is None:
        return []
    name = str(target)
    try:
        if any(_same(target, Path(given)) for given in inputs):
            return [Problem(name, "", "one of the files to read", "another file", "choose another with -o")]
        if target.is_dir():
            return [Problem(name, "", "a folder", "the name of a file", "choose another with -o")]
        if target.exists() and not force:
            return [Problem(name, "", "a file that exists", "a new file", "or add --force")]
        if not target.parent.is_dir() or not os.access(target.parent, os.W_OK | os.X_OK):
            return [Problem(name, "", f"the folder {target.parent}", "a folder that can be written")]
    except (OSError, ValueError) as error:
        return [Problem(name, "", getattr(error, "strerror", None) or str(error), "a file that can be written")]
    return []


def write_file(target: Path, text: str) -> None:
    """Write the text in one piece. Raises InputError where that cannot be done; then nothing has changed."""
    draft: str | None = None
    try:
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(draft, 0o666 & ~_umask())
        os.replace(draft, target)
    except OSError as error:
        if draft is not None:
            with contextlib.suppress(OSError):
                os.unlink(draft)
        problem = Problem(str(target), "", error.strerror or str(error), "a file that can be written")
        raise InputError([problem]) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
