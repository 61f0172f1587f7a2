from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sweep_cases import run

from planner.runs.kept import KeptRun


@pytest.fixture(scope="session")
def base() -> KeptRun:
    """The small run."""
    return run()
