from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from planner.forecast.importers.common import Imported, Kind
from planner.forecast.importers.run import Options, import_demand
from planner.forecast.importers.written import forecast_csv
from planner.forecast.read import read_forecast
from planner.problems import InputError


@pytest.fixture
def usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`usage("first", b"second")` writes files `0`, `1`, … in an empty folder and gives their names."""
    monkeypatch.chdir(tmp_path)

    def write(*contents: str | bytes) -> list[str]:
        names = []
        for number, content in enumerate(contents):
            name = f"usage-{number}"
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
            names.append(name)
        return names

    return write


@pytest.fixture
def imported(usage) -> Callable[..., Imported]:
    """`imported("slurm", text, timezone="UTC")`: what an importer makes of files."""

    def run(kind: str, *contents: str | bytes, **options) -> Imported:
        return import_demand(Kind(kind), usage(*contents), Options(**options))

    return run


@pytest.fixture
def demand(imported) -> Callable[..., pd.DataFrame]:
    """`demand("slurm", text, timezone="UTC")`: GPU-hours by hour (index) and workload, as `planner plan` reads them."""

    def run(kind: str, *contents: str | bytes, **options) -> pd.DataFrame:
        Path("forecast.csv").write_text(forecast_csv(imported(kind, *contents, **options).hours))
        forecast = read_forecast("forecast.csv")
        return pd.DataFrame(forecast.amounts["gpu_hours"], index=forecast.starts, columns=list(forecast.workloads))

    return run


@pytest.fixture
def problems(imported) -> Callable[..., str]:
    """`problems("slurm", text, timezone="UTC")`: what is wrong with files, one line each."""

    def run(kind: str, *contents: str | bytes, **options) -> str:
        with pytest.raises(InputError) as caught:
            imported(kind, *contents, **options)
        return "\n".join(str(problem) for problem in caught.value.problems)

    return run
