"""`--distribution FILE.yaml`: how assumptions are spread, and random draws of them.

Every entry is a factor on the figures that its keys name. Entries of a group move together: a Gaussian copula with one
common factor, z = √ρ·g + √(1−ρ)·e, whose ranks the distributions of the entries then have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from planner.assumptions.yaml_text import read_yaml
from planner.problems import InputError, Problem
from planner.sweep.points import Point, Role, check_count, point, scaled

if TYPE_CHECKING:
    from planner.sweep.history import History

Floats = NDArray[np.float64]
LOW, HIGH = 0.05, 0.95
"""Quantiles at which each assumption is put alone, to see which of them moves the cost most."""
_NORMAL = NormalDist()


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Normal(_Entry):
    """A normal factor; below 0 it is 0."""

    mean: float = 1.0
    sd: float = Field(gt=0)

    def at(self, rank: Floats) -> Floats:
        """factor[draw] at rank[draw], between 0 and 1."""
        return np.maximum(self.mean + self.sd * _deviate(rank), 0.0)


class Lognormal(_Entry):
    """A factor whose logarithm is normal."""

    median: float = Field(1.0, gt=0)
    sigma: float = Field(gt=0)

    def at(self, rank: Floats) -> Floats:
        """factor[draw] at rank[draw]."""
        return self.median * np.exp(self.sigma * _deviate(rank))


class Uniform(_Entry):
    """A factor anywhere between two."""

    low: float = Field(ge=0)
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if not self.high > self.low:
            raise ValueError("high must be above low")
        return self

    def at(self, rank: Floats) -> Floats:
        """factor[draw] at rank[draw]."""
        return self.low + (self.high - self.low) * rank


class Triangular(_Entry):
    """A factor between two, with one most likely."""

    low: float = Field(ge=0)
    mode: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise ValueError("low, mode and high must be in this order")
        return self

    def at(self, rank: Floats) -> Floats:
        """factor[draw] at rank[draw]."""
        width, rise = self.high - self.low, self.mode - self.low
        below = self.low + np.sqrt(rank * width * rise)
        above = self.high - np.sqrt((1 - rank) * width * (self.high - self.mode))
        return np.where(rank * width < rise, below, above)


class Empirical(_Entry):
    """Factors that were seen: how prices changed over so many rows of a history, in a CSV file."""

    file: str
    price: str
    """Column with prices."""
    time: str
    """Column that puts the rows of a series in order."""
    series: list[str] = []
    """Columns that tell the series apart; changes of all of them are put together."""
    over: int = Field(ge=1)
    """Rows between the two prices of a change."""
    where: dict[str, str] = {}
    """Only rows with these values."""


Kind = Normal | Lognormal | Uniform | Triangular | Empirical
_KINDS = ("normal", "lognormal", "uniform", "triangular", "empirical")


class Uncertain(_Entry):
    """An assumption and how it is spread: exactly one distribution."""

    keys: list[str] = Field(min_length=1)
    """As `--set` takes them; `demand` scales all demand."""
    group: str | None = None
    normal: Normal | None = None
    lognormal: Lognormal | None = None
    uniform: Uniform | None = None
    triangular: Triangular | None = None
    empirical: Empirical | None = None

    @model_validator(mode="after")
    def _one(self) -> Uncertain:
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise ValueError(f"one of {', '.join(_KINDS)} is needed")
        return self

    @property
    def kind(self) -> Kind:
        """Its distribution."""
        found: Kind = next(kind for kind in (getattr(self, name) for name in _KINDS) if kind is not None)
        return found


class _File(_Entry):
    assumptions: dict[str, Uncertain] = Field(min_length=1)
    correlation: dict[str, float] = {}
    """By group: ρ between 0 and 1."""

    @model_validator(mode="after")
    def _groups(self) -> _File:
        groups = {entry.group for entry in self.assumptions.values()} - {None}
        if groups != self.correlation.keys():
            raise ValueError("each group, and nothing else, needs its entry in correlation")
        if any(not 0 <= rho <= 1 for rho in self.correlation.values()):
            raise ValueError("correlations lie between 0 and 1")
        return self


@dataclass(frozen=True)
class Distributions:
    """A file of distributions, its histories read."""

    entries: Mapping[str, Uncertain]
    correlation: Mapping[str, float]
    histories: Mapping[str, History]
    """The factors that empirical entries draw from."""

    def factors(self, name: str, rank: Floats) -> Floats:
        """factor[draw] of one assumption at rank[draw]."""
        kind = self.entries[name].kind
        return self.histories[name].at(rank) if isinstance(kind, Empirical) else kind.at(rank)

    def draws(self, count: int, seed: int, first: int) -> list[Point]:
        """Random points, numbered from `first`. More draws of the same seed begin with the same ones."""
        check_count(count)
        groups = list(self.correlation)
        normal = np.random.Generator(np.random.PCG64(seed)).standard_normal((count, len(groups) + len(self.entries)))
        columns = {}
        for number, (name, entry) in enumerate(self.entries.items(), len(groups)):
            deviate = normal[:, number]
            if entry.group is not None:
                rho = self.correlation[entry.group]
                deviate = math.sqrt(rho) * normal[:, groups.index(entry.group)] + math.sqrt(1 - rho) * deviate
            columns[name] = self.factors(name, np.array([_NORMAL.cdf(value) for value in deviate]))
        return [
            point(first + draw, Role.DRAW, tuple(self._setting(name, float(columns[name][draw])) for name in columns))
            for draw in range(count)
        ]

    def ends(self, first: int) -> list[Point]:
        """Each assumption alone at its 5 % and at its 95 % quantile."""
        points: list[Point] = []
        for name in self.entries:
            for role, rank in ((Role.LOW, LOW), (Role.HIGH, HIGH)):
                factor = float(self.factors(name, np.array([rank]))[0])
                points.append(point(first + len(points), role, (self._setting(name, factor),), name))
        return points

    def _setting(self, name: str, factor: float) -> Any:
        return scaled(name, tuple(self.entries[name].keys), factor)


def read_distributions(file: Path) -> Distributions:
    """Read a file of distributions, and the histories that it names beside it. Raises InputError with what is wrong."""
    from planner.sweep.history import read_history

    try:
        tree, problems = read_yaml(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(str(file), "", reason, "a YAML file of distributions")]) from error
    if problems:
        raise InputError(problems)
    try:
        read = _File.model_validate(tree or {})
    except ValidationError as error:
        raise InputError(_explained(error, str(file))) from error
    histories: dict[str, History] = {}
    for name, entry in read.assumptions.items():
        if entry.empirical is not None:
            found = read_history(entry.empirical, file.parent, f"{file}: assumptions.{name}")
            if isinstance(found, Problem):
                problems.append(found)
            else:
                histories[name] = found
    if problems:
        raise InputError(problems)
    return Distributions(read.assumptions, read.correlation, histories)


def _explained(error: ValidationError, file: str) -> list[Problem]:
    return [Problem(file, ".".join(str(part) for part in entry["loc"]), "", entry["msg"]) for entry in error.errors()]


def _deviate(rank: Floats) -> Floats:
    return np.array([_NORMAL.inv_cdf(min(max(float(value), 1e-12), 1 - 1e-12)) for value in rank])
