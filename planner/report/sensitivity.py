"""What a sweep of a plan says, for its report: read back from the sweep's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from planner.problems import InputError, Problem

ANSWERS = "answers.json"
"""The file of a sweep's folder that reports read."""


class Sensitivity(BaseModel):
    """How a plan changes with its assumptions."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run_id: str
    """Of the run that was swept."""
    sentences: tuple[str, ...]
    pictures: Mapping[str, Mapping[str, Any]]
    """Vega-Lite by the name of the picture."""


def read_sensitivity(folder: Path, run_id: str) -> Sensitivity:
    """The answers of a sweep of this run. Raises InputError where they are not there, or of another run."""
    path = folder / ANSWERS
    expected = "the folder of a finished sweep, as `planner sweep RUN -o DIR` leaves it"
    try:
        found = Sensitivity.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError([Problem(str(path), "", reason, expected)]) from error
    except ValidationError as error:
        raise InputError([Problem(str(path), "", error.errors()[0]["msg"], expected)]) from error
    if found.run_id != run_id:
        problem = Problem(str(path), "run_id", found.run_id, f"a sweep of this run, {run_id}", "name the run it swept")
        raise InputError([problem])
    return found


def pictures_of(sensitivity: Sensitivity | None) -> dict[str, dict[str, Any]]:
    """Its pictures by the names that they have in a report."""
    found = {} if sensitivity is None else sensitivity.pictures
    return {f"sweep-{name}": dict(picture) for name, picture in found.items()}
