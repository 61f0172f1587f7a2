"""What a sweep says: how cost and orders move, where the plan changes, what matters, what is regretted least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from planner.sweep.axes import Axis
from planner.sweep.points import Point, Role
from planner.sweep.rows import Row
from planner.sweep.run import Swept

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Spread:
    """How a figure is spread over the draws."""

    what: str
    base: float
    """In the run itself."""
    mean: float
    quantiles: tuple[float, ...]
    """At QUANTILES."""


@dataclass(frozen=True)
class Step:
    """One step of an assumption alone, the others where they rest."""

    value: float
    total_cost: float | None
    servers: float
    commitments: float


@dataclass(frozen=True)
class Rest:
    """The value at which an assumption stays while another is moved."""

    assumption: str
    value: float
    is_relative: bool
    is_unchanged: bool
    """Is it known to be that of the run?"""


@dataclass(frozen=True)
class Switch:
    """Between two neighbouring steps of an assumption the plan is another one."""

    assumption: str
    low: float
    high: float
    changes: Mapping[str, float]
    """Units ordered more (or fewer) at `high`, by pool; only periods differ where it is empty."""


@dataclass(frozen=True)
class Swing:
    """What one assumption alone does to the cost."""

    assumption: str
    low: float
    high: float
    cost_at_low: float | None
    """None where there is no plan."""
    cost_at_high: float | None

    @property
    def width(self) -> float:
        """How far apart the two costs are; infinite where there is no plan at an end."""
        if self.cost_at_low is None or self.cost_at_high is None:
            return float("inf")
        return abs(self.cost_at_high - self.cost_at_low)


@dataclass(frozen=True)
class Regret:
    """One plan, kept whatever is drawn: what it costs more than the best plan of each draw."""

    of: int
    """Number of the point whose plan it is; 0 is the run's own."""
    plan: str
    servers: float
    commitments: float
    mean: float
    """Infinite where the plan is none at some draw."""
    worst: float
    within_1_percent: float
    """Share of the draws in which it costs at most 1 % more than the best."""


@dataclass(frozen=True)
class Answers:
    """All of them; what was not asked is empty."""

    base: Row
    currency: str
    spreads: tuple[Spread, ...]
    steps: Mapping[str, tuple[Step, ...]]
    rests: tuple[Rest, ...]
    """Where the assumptions of a grid stay while another is moved."""
    switches: tuple[Switch, ...]
    swings: tuple[Swing, ...]
    """The widest first."""
    regrets: tuple[Regret, ...]
    """The least worst regret first."""
    draws: int
    failed: int
    """Points without a plan."""


def answers(swept: Swept) -> Answers:
    """What the rows say."""
    draws = [row for _, row in swept.of(Role.DRAW) if row.is_plan]
    slices = {axis.pattern: _slice(swept, axis) for axis in swept.question.axes}
    return Answers(
        base=swept.base,
        currency=str(swept.question.run.content.get("currency", "")),
        spreads=_spreads(swept.base, draws),
        steps={
            name: tuple(Step(value, row.total_cost, row.servers, row.commitments) for value, row in rows)
            for name, rows in slices.items()
        },
        rests=tuple(
            Rest(axis.pattern, axis.middle, axis.is_relative, axis.unchanged is not None)
            for axis in swept.question.axes
        ),
        switches=tuple(switch for name, rows in slices.items() for switch in _switches(name, rows)),
        swings=_swings(swept),
        regrets=_regrets(swept),
        draws=len(draws),
        failed=sum(not row.is_plan for row in swept.rows.values()),
    )


def _spreads(base: Row, draws: list[Row]) -> tuple[Spread, ...]:
    if not draws:
        return ()
    figures = {
        "total cost": (base.total_cost or 0.0, [row.total_cost or 0.0 for row in draws]),
        "servers ordered": (base.servers, [row.servers for row in draws]),
        "instances committed": (base.commitments, [row.commitments for row in draws]),
        "cloud share": (base.cloud_share, [row.cloud_share for row in draws]),
    }
    return tuple(
        Spread(what, there, float(np.mean(values)), tuple(np.quantile(values, QUANTILES).tolist()))
        for what, (there, values) in figures.items()
    )


def _slice(swept: Swept, axis: Axis) -> list[tuple[float, Row]]:
    """(value, row) along an axis, the others unchanged; where a step does not say so, at the middle one."""
    fixed = {other.pattern: other.middle for other in swept.question.axes if other is not axis}

    def inside(point: Point) -> bool:
        return all(point.varied[name] == value for name, value in fixed.items())

    found = [(point.varied[axis.pattern], row) for point, row in swept.of(Role.GRID) if inside(point)]
    return sorted(found, key=lambda entry: entry[0])


def _switches(name: str, rows: list[tuple[float, Row]]) -> list[Switch]:
    switches = []
    for (low, before), (high, after) in pairwise(rows):
        if before.orders == after.orders or not (before.is_plan and after.is_plan):
            continue
        one, other = before.orders.totals, after.orders.totals
        changes = {label: other.get(label, 0.0) - one.get(label, 0.0) for label in sorted({*one, *other})}
        switches.append(Switch(name, low, high, {label: change for label, change in changes.items() if change}))
    return switches


def _swings(swept: Swept) -> tuple[Swing, ...]:
    ends: dict[str, dict[Role, tuple[float, Row]]] = {}
    for role in (Role.LOW, Role.HIGH):
        for point, row in swept.of(role):
            ends.setdefault(point.of, {})[role] = point.varied[point.of], row
    swings = [
        Swing(name, at[Role.LOW][0], at[Role.HIGH][0], at[Role.LOW][1].total_cost, at[Role.HIGH][1].total_cost)
        for name, at in ends.items()
    ]
    return tuple(sorted(swings, key=lambda swing: -swing.width))


def _regrets(swept: Swept) -> tuple[Regret, ...]:
    numbers = list(swept.trials)
    if not numbers:
        return ()
    costs = np.array([swept.trials[number] for number in numbers])
    # A candidate may be a hair better than what the draw's own solve found, within the gap.
    best = np.minimum(np.array([swept.rows[number].total_cost for number in numbers]), costs.min(axis=1))
    regret = costs - best[:, None]
    found = []
    for column, number in enumerate(swept.candidates):
        row = swept.rows[number]
        near = float((regret[:, column] <= 0.01 * np.abs(best)).mean())
        mean, worst = float(regret[:, column].mean()), float(regret[:, column].max())
        found.append(Regret(number, row.orders.digest, row.servers, row.commitments, mean, worst, near))
    return tuple(sorted(found, key=lambda entry: (entry.worst, entry.mean)))
