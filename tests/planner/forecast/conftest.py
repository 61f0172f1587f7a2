"""Builders shared by the tests of the forecast."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import Assumptions
from planner.forecast.demand import HourlyDemand
from planner.forecast.hourly import hourly_demand
from planner.forecast.read import read_forecast
from planner.problems import InputError, Problem

sys.path.insert(0, str(Path(__file__).parent))

SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def build_loaded(folder: Path = Path(), **sections: Any) -> Loaded:
    tree = {"version": 1, "sites": {}, "servers": {}, "cloud": {}, "workloads": {}, **sections}
    assumptions = Assumptions.model_validate(tree)
    return Loaded(assumptions, "plan.yaml", folder, tree, frozenset())


def build_demand(frame: pd.DataFrame, folder: Path = Path(), **sections: Any) -> HourlyDemand:
    return hourly_demand(read_forecast(frame), build_loaded(folder, **sections))


@pytest.fixture
def loaded() -> Callable[..., Loaded]:
    return build_loaded


@pytest.fixture
def demand() -> Callable[..., HourlyDemand]:
    """demand(frame, **sections of the assumptions)"""
    return build_demand


@pytest.fixture
def demand_problems() -> Callable[..., tuple[Problem, ...]]:
    def problems(frame: pd.DataFrame, folder: Path = Path(), **sections: Any) -> tuple[Problem, ...]:
        with pytest.raises(InputError) as caught:
            build_demand(frame, folder, **sections)
        return caught.value.problems

    return problems


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "f.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def problems(csv: Callable[[str], Path]) -> Callable[[str], list[str]]:
    """The problems of a CSV text, as the user sees them, without the name of the file."""

    def read(text: str) -> list[str]:
        path = csv(text)
        with pytest.raises(InputError) as caught:
            read_forecast(path)
        assert all(problem.file == str(path) for problem in caught.value.problems)
        return [str(problem).removeprefix(f"{path}: ") for problem in caught.value.problems]

    return read


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    def path(name: str) -> Path:
        file = SHARED_DATA / name
        if not file.exists():
            pytest.skip(f"{name} is not in ../shared/data: the project does not contain real data")
        return file

    return path
