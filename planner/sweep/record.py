"""The folder of a sweep: what is asked, and every row as soon as it is known, so that nothing is solved twice.

Rows are lines of JSON that are only ever added. A line that was cut off (the process, or the machine, went down) is not
taken for a row.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.problems import InputError, Problem

SPECIFICATION = "sweep.json"
ROWS = "rows.jsonl"
TRIALS = "trials.jsonl"


@dataclass(frozen=True)
class Record:
    """A folder that belongs to one sweep."""

    folder: Path

    @classmethod
    def opened(cls, folder: Path, specification: dict[str, Any], *, force: bool) -> Record:
        """Begin the folder, or go on with it. Raises InputError where something else is in it, unless `force`."""
        text = json.dumps(specification, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        path = folder / SPECIFICATION
        try:
            if folder.exists() and not folder.is_dir():
                raise InputError([Problem(str(folder), "", "a file", "a folder", "choose another with -o")])
            known = path.read_text(encoding="utf-8") if path.is_file() else None
            if known != text and folder.is_dir() and any(folder.iterdir()):
                if not force:
                    found = (
                        "another sweep, or one by another version of the planner"
                        if known is not None
                        else "files in it"
                    )
                    fix = "choose another with -o, or --force to begin anew"
                    raise InputError([Problem(str(folder), "", found, "a new folder, or that of this sweep", fix)])
                for name in (SPECIFICATION, ROWS, TRIALS):
                    (folder / name).unlink(missing_ok=True)
            folder.mkdir(parents=True, exist_ok=True)
            if known != text or not path.is_file():
                draft = folder / f".{SPECIFICATION}"
                draft.write_text(text, encoding="utf-8")
                os.replace(draft, path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError([Problem(str(folder), "", reason, "a folder that can be written")]) from error
        return cls(folder)

    def lines(self, name: str) -> Iterator[Any]:
        """What was added before, whole lines only."""
        path = self.folder / name
        if not path.is_file():
            return
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(path, len(whole))
        for line in whole.splitlines():
            yield json.loads(line)

    def add(self, name: str, entries: Iterable[Any]) -> None:
        """Add lines; they are on the disk when this returns."""
        text = "".join(json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n" for entry in entries)
        with (self.folder / name).open("ab") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
