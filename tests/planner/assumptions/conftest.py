from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from planner.assumptions.load import load
from planner.problems import InputError, Problem

SERVER = {"gpu": "H100", "gpus": 8, "price": 290000, "power_kw": 10.2, "lifetime": "60 months"}
SITE = {"electricity_price": 0.0862, "pue": 1.54}
OFFER = {"provider": "aws", "gpu": "H100", "gpus": 8, "on_demand": 55.04}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a file into the current folder, and give its name as a user would write it."""
    monkeypatch.chdir(tmp_path)

    def to(text: str | bytes, name: str = "a.yaml") -> str:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return to


def _tree(**sections: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "version": 1,
        "workloads": {"chat": {"reference_gpu": "H100"}},
        "sites": {"lab": SITE},
        "servers": {"box": SERVER},
        "cloud": {"p5": OFFER},
    } | sections
    return {name: value for name, value in base.items() if value is not None}


def _problems(source: Any, workloads: Sequence[str] | None = ("chat",)) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load(source, workloads)
    return caught.value.problems


@pytest.fixture
def tree() -> Callable[..., dict[str, Any]]:
    """A complete, small set of assumptions, with sections replaced; None leaves one out."""
    return _tree


@pytest.fixture
def server() -> Callable[..., dict[str, Any]]:
    """A section `servers` with one server, `box`, some of whose keys are replaced; None leaves one out."""
    return lambda **keys: {"box": {name: value for name, value in (SERVER | keys).items() if value is not None}}


@pytest.fixture
def offer() -> Callable[..., dict[str, Any]]:
    """A section `cloud` with one offer, `p5`, some of whose keys are replaced; None leaves one out."""
    return lambda **keys: {"p5": {name: value for name, value in (OFFER | keys).items() if value is not None}}


@pytest.fixture
def problems() -> Callable[..., tuple[Problem, ...]]:
    """Everything wrong with a source."""
    return _problems


@pytest.fixture
def problem() -> Callable[..., Problem]:
    """The one thing wrong with a source, which must be at that place."""

    def only(source: Any, place: str, workloads: Sequence[str] | None = ("chat",)) -> Problem:
        found = _problems(source, workloads)
        assert [item.place for item in found] == [place], found
        return found[0]

    return only
