from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from small_case import SMALL, demand

import planner
from planner.runs import KeptRun


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[Path, Path]:
    """Forecast and assumptions as files, with a load shape beside them."""
    folder = tmp_path / "given"
    folder.mkdir()
    demand().to_csv(folder / "demand.csv", index=False)
    week = [f"{hour},{1 + (hour % 24) / 24}" for hour in range(168)]
    (folder / "week.csv").write_text("\n".join(["hour_of_week,load", *week]) + "\n")
    (folder / "a.yaml").write_text(yaml.safe_dump(SMALL, sort_keys=False))
    return folder / "demand.csv", folder / "a.yaml"


@pytest.fixture
def small(inputs: tuple[Path, Path]) -> planner.Plan:
    return planner.plan(*inputs, baselines=False)


@pytest.fixture
def store_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    file = str(tmp_path / "store" / "runs.sqlite")
    monkeypatch.setenv("PLANNER_STORE", file)
    return file


@pytest.fixture
def other_inputs() -> Callable[[KeptRun, Any], KeptRun]:
    """The same run as if it had been made of other inputs: with an id of its own."""

    def made(run: KeptRun, mark: Any) -> KeptRun:
        inputs = {**run.inputs, "changes": [str(mark)]}
        return replace(run, content={**run.content, "inputs": inputs, "run": f"other-{mark}"})

    return made
