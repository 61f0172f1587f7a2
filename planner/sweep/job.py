"""What a worker needs to solve points of a sweep, wherever it is: one value that can be sent, and tasks over it.

A task is a function of the job and of its points alone. Every point is solved from what the run itself left, never from
the point before it: in whatever order and place points are solved, the rows are the same.
"""

from __future__ import annotations

import contextlib
import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from planner.problems import InputError
from planner.sweep.points import Point, Role
from planner.sweep.rows import Outcome, Row

if TYPE_CHECKING:
    from hybrid_lp.certify import Settings
    from hybrid_lp.memory import Memory

    from planner.assumptions.loaded import Loaded
    from planner.forecast.demand import HourlyDemand
    from planner.prepare import Prepared
    from planner.runs.again import Again
    from planner.runs.kept import KeptRun
    from planner.sweep.plans import Orders


@dataclass(frozen=True)
class Job:
    """The run that a sweep starts from, and how its points are solved."""

    run: KeptRun
    gap: float
    relax: bool
    solver: str
    memory: Memory | None = None
    """What solving the run itself left."""

    def packed(self) -> bytes:
        """As it is sent to workers."""
        return zlib.compress(pickle.dumps(self), level=1)


def solve_points(packed: bytes, points: Sequence[Point]) -> list[Row]:
    """The rows of points; a point whose assumptions are wrong, or that has no plan, has a row that says so."""
    base = _opened(packed)
    return [base.row(point) for point in points]


def try_plans(packed: bytes, points: Sequence[Point], plans: Sequence[Orders]) -> list[list[float]]:
    """cost[point][plan]  of given orders at other points, operated at least cost; infinite where they are no plan."""
    base = _opened(packed)
    return [base.costs(point, plans) for point in points]


def solve_base(job: Job) -> tuple[Row, Job]:
    """The row of the run itself, and the job with what solving it left."""
    with Base(job) as base:
        row, memory = base.solved(Point(0, Role.BASE))
        return row, replace(job, memory=memory)


@lru_cache(maxsize=2)
def _opened(packed: bytes) -> Base:
    job: Job = pickle.loads(zlib.decompress(packed))
    return Base(job)


class Base:
    """A run opened in a worker: what no point changes is read once."""

    def __init__(self, job: Job) -> None:
        from planner.runs.again import again

        self._stack = contextlib.ExitStack()
        self._job = job
        self._again: Again = self._stack.enter_context(again(job.run))

    def __enter__(self) -> Base:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def __del__(self) -> None:
        self._stack.close()

    def row(self, point: Point) -> Row:
        """The point, solved."""
        try:
            row, _ = self.solved(point)
        except InputError as error:
            return Row(point.number, Outcome.WRONG_INPUT, reason="; ".join(str(problem) for problem in error.problems))
        return row

    def solved(self, point: Point) -> tuple[Row, Memory]:
        """The row of the point, and what solving it left. Raises InputError where its assumptions are wrong."""
        from hybrid_lp.certify import certify_again
        from hybrid_lp.merge import merge

        from planner.sweep.rows import row_of

        prepared = self.prepared(point)
        merged, membership = merge(prepared.instance)
        certified, _, memory = certify_again(merged, self.settings, self._job.memory)
        return row_of(point.number, prepared, merged, membership, certified), memory

    def costs(self, point: Point, plans: Sequence[Orders]) -> list[float]:
        """The cost of each plan at the point."""
        from hybrid_lp.certify import Pricer
        from hybrid_lp.merge import merge

        prepared = self.prepared(point)
        merged, _ = merge(prepared.instance)
        price = Pricer(merged, self.settings, self._job.memory)
        holdings = [plan.holdings(prepared) for plan in plans]
        return [float("inf") if known is None else price(known).cost for known in holdings]

    def prepared(self, point: Point) -> Prepared:
        """The instance of the point. Raises InputError where its assumptions are wrong."""
        from planner.assumptions.load import load
        from planner.prepare import prepare
        from planner.price_paths import price_file_problems

        loaded = load(self._again.assumptions, self._again.forecast.workloads, changes=point.changes)
        demand = self._demand(loaded)
        if problems := price_file_problems(loaded, demand.calendar):
            raise InputError(problems)
        return prepare(_scaled(demand, point.demand), loaded)

    @cached_property
    def settings(self) -> Settings:
        """How every point is solved."""
        from hybrid_lp.certify import Settings

        job = self._job
        return Settings(gap=job.gap, relax=job.relax, solver=job.solver, worth=False)

    @cached_property
    def _plain(self) -> tuple[Loaded, HourlyDemand]:
        from planner.assumptions.load import load
        from planner.forecast.hourly import hourly_demand

        loaded = load(self._again.assumptions, self._again.forecast.workloads)
        return loaded, hourly_demand(self._again.forecast, loaded)

    def _demand(self, loaded: Loaded) -> HourlyDemand:
        """By the hour: that of the run, where nothing is changed that it is made from."""
        from planner.forecast.hourly import hourly_demand

        before, demand = self._plain
        one, other = before.assumptions, loaded.assumptions
        if (one.horizon, one.demand, one.workloads) == (other.horizon, other.demand, other.workloads):
            return demand
        return hourly_demand(self._again.forecast, loaded)


def _scaled(demand: HourlyDemand, factor: float) -> HourlyDemand:
    if factor == 1:
        return demand
    tokens: Mapping[str, Any] = {name: factor * amounts for name, amounts in demand.tokens.items()}
    return replace(demand, gpus=factor * demand.gpus, tokens=tokens)
