"""Programmes as LP files beside the tests, to be read by hand."""

from __future__ import annotations

import os
from pathlib import Path

from pulp import LpProblem


def assert_as_kept(problem: LpProblem, kept: Path, scratch: Path) -> None:
    """Is the programme written as in the file `kept`? With UPDATE_LP=1 that file is written anew."""
    problem.writeLP(str(scratch / kept.name))
    found = (scratch / kept.name).read_text(encoding="utf-8")
    if os.environ.get("UPDATE_LP"):
        kept.write_text(found, encoding="utf-8")
    assert found == kept.read_text(encoding="utf-8")
