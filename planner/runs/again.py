"""A kept run as inputs of a new plan: the same forecast and assumptions, with their sources, marks and changes."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.assumptions.loaded import Changed, History, Source
from planner.assumptions.recorded import Recorded
from planner.problems import InputError
from planner.runs.kept import FORECAST_FILE, KeptRun

if TYPE_CHECKING:
    from planner.forecast.table import Forecast


@dataclass(frozen=True)
class Again:
    """What to hand to `planner.plan`, and the options that the run had."""

    forecast: Forecast
    assumptions: Recorded
    gap: float
    relax: bool
    solver: str
    time_limit: float | None
    baselines: bool
    why: bool | None


@contextlib.contextmanager
def again(run: KeptRun) -> Iterator[Again]:
    """The inputs of a run; the files that they name exist inside the block.

    Raises InputError where some are missing.
    """
    problems = run.input_problems()
    if problems:
        raise InputError(problems)
    from planner.forecast.read import read_forecast

    with tempfile.TemporaryDirectory(prefix="planner-run-") as folder:
        for name, text in run.files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        forecast = read_forecast(Path(folder) / FORECAST_FILE)
        named = str(run.inputs["forecast"].get("file", FORECAST_FILE))
        options = run.inputs["options"]
        yield Again(
            forecast=replace(forecast, file=named),
            assumptions=recorded(run.inputs, Path(folder)),
            gap=options["gap"],
            relax=options["relax"],
            solver=options["solver"],
            time_limit=options["time_limit"],
            baselines=options.get("baselines", True),
            why=options.get("why"),
        )


def recorded(inputs: Mapping[str, Any], folder: Path) -> Recorded:
    """The assumptions that `inputs` of a plan.json records."""
    sources = {key: Source(entry["source"], entry["as_of"]) for key, entry in inputs["sources"].items()}
    catalogue = frozenset(entry["key"] for entry in inputs["defaults"] if entry["origin"] == "catalogue")
    changed = tuple(
        Changed(tuple(entry["key"].split(".")), entry["before"], entry["after"], entry["change"], "")
        for entry in inputs.get("changed", [])
    )
    history = History(tuple(inputs.get("variants", [])), tuple(inputs.get("changes", [])), changed)
    return Recorded(inputs["assumptions"], inputs["assumptions_file"], folder, sources, catalogue, history)
