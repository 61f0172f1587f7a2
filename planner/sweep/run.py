"""A sweep from its question to its answers: points, rows, the plans that are tried at every draw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.problems import InputError, NoPlanError, Problem
from planner.sweep.axes import Axis, ends, grid
from planner.sweep.distributions import Distributions
from planner.sweep.job import Job, solve_base, solve_points, try_plans
from planner.sweep.points import Point, Role
from planner.sweep.record import ROWS, TRIALS, Record
from planner.sweep.rows import Row

if TYPE_CHECKING:
    from planner.runs.kept import KeptRun
    from planner.sweep.engines import Engine
    from planner.sweep.plans import Orders

CHUNK = 4
"""Points of one task: what is lost when a worker goes away, and what sending the job is spread over."""
CANDIDATES = 9
"""Plans that are tried at every draw, beside the run's own."""


@dataclass(frozen=True)
class Question:
    """What is asked of a run."""

    run: KeptRun
    axes: tuple[Axis, ...] = ()
    distributions: Distributions | None = None
    draws: int = 0
    seed: int = 1
    gap: float = 1e-4
    relax: bool = False
    solver: str = "HiGHS"

    def points(self) -> list[Point]:
        """All points, in their order: the run itself, the grid, the draws, and each assumption alone at its ends."""
        points = [Point(0, Role.BASE)]
        points += grid(self.axes, len(points))
        if self.distributions is not None:
            points += self.distributions.draws(self.draws, self.seed, len(points))
            points += self.distributions.ends(len(points))
        points += ends(self.axes, len(points))
        return points

    def specification(self, points: Sequence[Point]) -> dict[str, Any]:
        """What makes two sweeps the same, as JSON."""
        from planner.identity import code_digest

        content = json.dumps([asdict(point) for point in points], sort_keys=True).encode()
        return {
            "schema": "hybrid-sweep/1",
            "run": self.run.name,
            "run_id": self.run.id,
            "points": len(points),
            "points_sha256": hashlib.sha256(content).hexdigest(),
            "vary": [axis.pattern for axis in self.axes],
            "draws": self.draws,
            "seed": self.seed,
            "gap": self.gap,
            "relax": self.relax,
            "solver": self.solver,
            "code": code_digest(),
        }

    def job(self) -> Job:
        """What workers are sent: of the run, its inputs only."""
        trimmed = replace(self.run, content={name: self.run.content[name] for name in ("run", "inputs")})
        return Job(trimmed, self.gap, self.relax, self.solver)

    def name(self) -> str:
        """The run's name and the beginning of a digest of what is asked."""
        text = json.dumps(self.specification(self.points()), sort_keys=True)
        return f"{self.run.name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Swept:
    """What was found."""

    question: Question
    points: tuple[Point, ...]
    rows: Mapping[int, Row]
    """By number of the point."""
    candidates: tuple[int, ...] = ()
    """Numbers of the points whose plans were tried at every draw."""
    trials: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    """draw → cost of each candidate there; infinite where it is no plan."""

    def of(self, role: Role) -> list[tuple[Point, Row]]:
        """The points of a role."""
        return [(point, self.rows[point.number]) for point in self.points if point.role is role]

    @property
    def base(self) -> Row:
        """The run itself."""
        return self.rows[0]


def sweep(
    question: Question,
    folder: Path,
    engine: Callable[[], AbstractContextManager[Engine]],
    *,
    force: bool = False,
    watch: Callable[[int, int], None] = lambda _done, _of: None,
) -> Swept:
    """Solve every point of a question that its folder does not have yet, on an engine that is opened when needed.

    watch: called with how many of how many reruns and trials are done.
    Raises InputError for changes that are wrong in themselves, and NoPlanError when the run itself has no plan now.
    """
    points = question.points()
    if len(points) == 1:
        raise InputError([Problem("sweep", "", "nothing to vary", "--vary, or --draw with --distribution")])
    record = Record.opened(folder, question.specification(points), force=force)
    rows = {row.number: row for row in (Row.read(line) for line in record.lines(ROWS))}
    job = question.job()
    if problems := key_problems(job, points):
        raise InputError(problems)
    drawn = [point for point in points if point.role is Role.DRAW]
    total = len(points) + len(drawn)
    missing = [point for point in points if point.number not in rows]
    tried = {int(number): tuple(costs) for number, costs in record.lines(TRIALS)}
    if not missing and len(tried) >= len(drawn):
        return _swept(question, points, rows, tried)
    row, job = solve_base(job)
    if not row.is_plan:
        raise NoPlanError(row.outcome.value, [row.reason])
    if 0 not in rows:
        rows[0] = row
        record.add(ROWS, [row.content()])
    watch(len(rows), total)
    packed = job.packed()

    def keep_rows(_: Sequence[Point], found: Sequence[Row]) -> None:
        record.add(ROWS, [row.content() for row in found])
        rows.update((row.number, row) for row in found)
        watch(len(rows) + len(tried), total)

    def keep_trials(part: Sequence[Point], costs: Sequence[Sequence[float]]) -> None:
        found = {point.number: tuple(costs_there) for point, costs_there in zip(part, costs, strict=True)}
        record.add(TRIALS, [[number, [_json(cost) for cost in costs_there]] for number, costs_there in found.items()])
        tried.update(found)
        watch(len(rows) + len(tried), total)

    with engine() as opened:
        todo = [point for point in points if point.number not in rows]
        opened.map(partial(solve_points, packed), todo, CHUNK, keep_rows)
        plans = [rows[number].orders for number in candidates(points, rows)]
        untried = [point for point in drawn if point.number not in tried and rows[point.number].is_plan]
        opened.map(_Trials(packed, tuple(plans)), untried, CHUNK, keep_trials)
    return _swept(question, points, rows, tried)


@dataclass(frozen=True)
class _Trials:
    """A task: the cost of plans at points."""

    packed: bytes
    plans: tuple[Orders, ...]

    def __call__(self, points: Sequence[Point]) -> list[list[float]]:
        return try_plans(self.packed, points, self.plans)


def candidates(points: Sequence[Point], rows: Mapping[int, Row]) -> tuple[int, ...]:
    """The run's own plan, and those of draws spread evenly from the cheapest to the dearest; each plan once."""
    drawn = sorted(
        (rows[point.number] for point in points if point.role is Role.DRAW and rows[point.number].is_plan),
        key=lambda row: (row.total_cost, row.number),
    )
    if not drawn:
        return ()
    places = [(2 * place + 1) * len(drawn) // (2 * CANDIDATES) for place in range(CANDIDATES)]
    chosen = {rows[0].orders: 0}
    for place in places:
        chosen.setdefault(drawn[place].orders, drawn[place].number)
    return tuple(chosen.values())


def key_problems(job: Job, points: Sequence[Point]) -> list[Problem]:
    """What is wrong with the changes themselves: the first point that changes an assumption tells."""
    from planner.sweep.job import Base

    problems: dict[Problem, None] = {}
    seen: set[str] = set()
    with Base(job) as base:
        for point in points:
            if point.role in (Role.LOW, Role.HIGH) and point.of not in seen:
                seen.add(point.of)
                try:
                    base.prepared(point)
                except InputError as error:
                    problems |= dict.fromkeys(error.problems)
    return list(problems)


def _swept(
    question: Question, points: Sequence[Point], rows: Mapping[int, Row], tried: Mapping[int, Sequence[float | None]]
) -> Swept:
    trials = {
        number: tuple(float("inf") if cost is None else cost for cost in costs) for number, costs in tried.items()
    }
    ordered = dict(sorted(trials.items()))
    return Swept(question, tuple(points), dict(sorted(rows.items())), candidates(points, rows), ordered)


def _json(cost: float) -> float | None:
    return cost if cost < float("inf") else None
