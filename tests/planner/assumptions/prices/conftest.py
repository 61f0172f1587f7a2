from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import price_lists
import yaml

from planner.assumptions.prices.collector import Wanted
from planner.assumptions.prices.importer import Imported, import_prices
from planner.assumptions.prices.kinds import Kind
from planner.problems import InputError, Problem


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write() -> Callable[..., str]:
    """`write("aws.csv", rows, header)`: a CSV file of these rows, dictionaries by column or lists of cells."""
    return price_lists.write_csv


@pytest.fixture
def imported() -> Callable[..., Imported]:
    """`imported("gcp", "file.csv", regions=("us-*",))`."""

    def run(kind: str, *files: str, **wanted: Any) -> Imported:
        return import_prices(Kind(kind), files, Wanted(**wanted))

    return run


@pytest.fixture
def cloud(imported: Callable[..., Imported]) -> Callable[..., dict[str, Any]]:
    """`cloud("gcp", "file.csv")`: the entries of the overlay, every figure as its bare value, nothing where null."""

    def entries(kind: str, *files: str, **wanted: Any) -> dict[str, Any]:
        return price_lists.bare(yaml.safe_load(imported(kind, *files, **wanted).overlay)["cloud"])

    return entries


@pytest.fixture
def problems() -> Callable[..., tuple[Problem, ...]]:
    """Everything that is wrong with the lists."""

    def found(kind: str, *files: str, **wanted: Any) -> tuple[Problem, ...]:
        with pytest.raises(InputError) as caught:
            import_prices(Kind(kind), files, Wanted(**wanted))
        return caught.value.problems

    return found
