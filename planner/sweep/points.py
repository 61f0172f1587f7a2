"""One rerun of a sweep: which assumptions it changes, and to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from planner.problems import InputError, Problem

DEMAND = "demand"
"""The key under which all demand is scaled: `demand=+10%`. It is no key of the assumptions."""

MOST_POINTS = 100_000
"""Reruns of one sweep: far beyond what anyone waits for."""


class Role(StrEnum):
    """Why a point is part of a sweep."""

    BASE = "base"
    """The run itself, nothing changed."""
    GRID = "grid"
    DRAW = "draw"
    LOW = "low"
    """One assumption at its low end, the others as they are."""
    HIGH = "high"


@dataclass(frozen=True)
class Point:
    """One rerun."""

    number: int
    role: Role
    varied: Mapping[str, float] = field(default_factory=dict)
    """By assumption: the factor on its figures, or the figure where absolute ones were asked for."""
    changes: tuple[str, ...] = ()
    """As `--set` takes them."""
    demand: float = 1.0
    """Factor on all demand."""
    of: str = ""
    """The assumption that is at its low or high end."""


@dataclass(frozen=True)
class Setting:
    """One assumption at one value."""

    name: str
    value: float
    changes: tuple[str, ...]
    demand: float = 1.0


def point(number: int, role: Role, settings: tuple[Setting, ...], of: str = "") -> Point:
    """The rerun with these settings."""
    demand = 1.0
    for setting in settings:
        demand *= setting.demand
    changes = tuple(change for setting in settings for change in setting.changes)
    return Point(number, role, {setting.name: setting.value for setting in settings}, changes, demand, of)


def scaled(name: str, keys: tuple[str, ...], factor: float) -> Setting:
    """The assumption with every figure that `keys` name times a factor."""
    changes = tuple(f"{key}=*{factor:.12g}" for key in keys if key != DEMAND)
    return Setting(name, factor, changes, factor if DEMAND in keys else 1.0)


def check_count(count: int) -> None:
    """Raises InputError for more points than a sweep may have."""
    if count > MOST_POINTS:
        problem = Problem("sweep", "", f"{count:,} reruns", f"{MOST_POINTS:,} at most", "vary fewer, or in fewer steps")
        raise InputError([problem])
