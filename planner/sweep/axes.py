"""`--vary`: an assumption in steps, and the grid of several."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product

from planner.problems import InputError, Problem
from planner.sweep.points import DEMAND, Point, Role, Setting, check_count, point, scaled
from planner.terminal.text import plural

FORMS = "PATTERN=LOW:HIGH:STEPS, such as 'cloud.*.on_demand=-50%:+50%:11', or values such as 'key=2,3,4'"
_PERCENT = re.compile(r"([-+]\s*[0-9.]+)\s*%")
_MOST_STEPS = 1000


@dataclass(frozen=True)
class Axis:
    """An assumption and its steps, in their order."""

    pattern: str
    steps: tuple[Setting, ...]

    is_relative: bool
    """Are the values factors?"""

    @property
    def unchanged(self) -> int | None:
        """Index of the step that changes nothing; None where none of them does, or where that is not known."""
        return next((n for n, step in enumerate(self.steps) if self.is_relative and step.value == 1), None)

    @property
    def middle(self) -> float:
        """The step that changes nothing; where none does, or that is not known, the middle one."""
        return self.steps[self.unchanged if self.unchanged is not None else len(self.steps) // 2].value


def read_axes(texts: Sequence[str]) -> tuple[Axis, ...]:
    """The axes of `--vary`. Raises InputError with everything that is wrong."""
    axes, problems = axes_and_problems(texts)
    if problems:
        raise InputError(problems)
    return axes


def axes_and_problems(texts: Sequence[str]) -> tuple[tuple[Axis, ...], list[Problem]]:
    """The axes that can be read, and what is wrong with the others."""
    axes: list[Axis] = []
    problems: list[Problem] = []
    for text in texts:
        found = _axis(text)
        if isinstance(found, Problem):
            problems.append(found)
        elif any(axis.pattern == found.pattern for axis in axes):
            problems.append(Problem("--vary", found.pattern, "", "each assumption once"))
        else:
            axes.append(found)
    return tuple(axes), problems


def grid(axes: Sequence[Axis], first: int) -> list[Point]:
    """Every combination of the steps, numbered from `first`; the last axis changes fastest."""
    check_count(math.prod(len(axis.steps) for axis in axes) if axes else 0)
    if not axes:
        return []
    combinations = product(*(axis.steps for axis in axes))
    return [point(number, Role.GRID, settings) for number, settings in enumerate(combinations, first)]


def ends(axes: Sequence[Axis], first: int) -> list[Point]:
    """Each assumption alone at its first and at its last step."""
    points: list[Point] = []
    for axis in axes:
        for role, step in ((Role.LOW, axis.steps[0]), (Role.HIGH, axis.steps[-1])):
            points.append(point(first + len(points), role, (step,), axis.pattern))
    return points


def _axis(text: str) -> Axis | Problem:
    pattern, equals, steps = (part.strip() for part in text.partition("="))
    if not equals or not pattern or not steps:
        return Problem("--vary", "", f"'{text[:60]}'", FORMS)
    values = _range(steps) if ":" in steps else _listed(steps)
    if values is None:
        return Problem("--vary", pattern, f"'{steps[:60]}'", FORMS)
    relative = [value for value, is_factor in values if is_factor]
    if relative and len(relative) != len(values):
        return Problem("--vary", pattern, f"'{steps[:60]}'", "all steps relative (+10%, *1.1), or none")
    if len(values) > _MOST_STEPS or len(values) < 2:
        return Problem("--vary", pattern, plural(len(values), "step"), f"2 to {_MOST_STEPS:,} steps")
    if any(value < 0 for value in relative):
        return Problem("--vary", pattern, f"'{steps[:60]}'", "no less than -100%")
    if pattern == DEMAND and not relative:
        return Problem("--vary", pattern, f"'{steps[:60]}'", "steps such as -20%:+20%:5: demand is scaled")
    settings = tuple(
        scaled(pattern, (pattern,), float(value))
        if relative
        else Setting(pattern, float(value), (f"{pattern}={_plain(value)}",))
        for value, _ in values
    )
    return Axis(pattern, settings, bool(relative))


def _range(text: str) -> list[tuple[Decimal, bool]] | None:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3 or not parts[2].isdecimal() or int(parts[2]) < 2 or int(parts[2]) > _MOST_STEPS:
        return None
    low, high, count = _number(parts[0]), _number(parts[1]), int(parts[2])
    if low is None or high is None or low[1] != high[1]:
        return None
    width = high[0] - low[0]
    return [(low[0] + width * step / (count - 1), low[1]) for step in range(count)]


def _listed(text: str) -> list[tuple[Decimal, bool]] | None:
    values = [_number(part.strip()) for part in text.split(",")]
    return None if None in values else [value for value in values if value is not None]


def _number(text: str) -> tuple[Decimal, bool] | None:
    """(number, is it a factor): `-20%` and `*0.8` are, `2.5` is a figure."""
    try:
        if match := _PERCENT.fullmatch(text):
            return 1 + Decimal(match[1].replace(" ", "")) / 100, True
        value = Decimal(text.removeprefix("*").strip())
    except InvalidOperation:
        return None
    return (value, text.startswith("*")) if value.is_finite() and math.isfinite(float(value)) else None


def _plain(value: Decimal) -> str:
    return f"{float(value):.12g}"
