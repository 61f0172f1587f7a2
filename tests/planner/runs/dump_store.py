"""Writes a store with one run as SQL text: the example of a schema that later versions must open.

    python dump_store.py PLAN_FOLDER > schema_N.sql

An example that is there is never written again: it is what that version left behind.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from planner.runs.location import locate
from planner.runs.reference import load_run
from planner.runs.store import Store


def main() -> None:
    run = replace(load_run(sys.argv[1]), code="0" * 32, made_at="2026-11-24T12:00:00Z")
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "runs.sqlite")
        location = locate(file)
        assert location is not None
        Store(location).keep(run)
        with closing(sqlite3.connect(file)) as connection:
            print("\n".join(connection.iterdump()))


if __name__ == "__main__":
    main()
