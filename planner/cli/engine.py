"""The only module of the commands that knows the planner's own API; it is imported when a command needs it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from planner.problems import InputError, NoPlanError, Problem
from planner.terminal.view import PlanLike

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hybrid_lp.certify import Round

    from planner.assumptions.recorded import Recorded
    from planner.forecast.table import Forecast
    from planner.result import Plan

DEFAULT_SOLVER = "HiGHS"
DEFAULT_GAP = 1e-4

_PLANS = ("optimal", "within_gap", "time_limit")
"""Statuses under which there is a plan to show."""


class SavedPlan(PlanLike, Protocol):
    """A plan that can be written."""

    @property
    def files(self) -> Mapping[str, str]: ...  # noqa: D102

    def to_dict(self) -> Mapping[str, Any]:
        """The content of plan.json."""

    def save(self, folder: Path, force: bool = False, *, hourly: bool = False) -> object:
        """Write plan.json and its tables; `hourly` adds the hourly dispatch."""


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    forecast: str | Forecast
    assumptions: str | Recorded | None = None
    gap: float = DEFAULT_GAP
    relax: bool = False
    solver: str = DEFAULT_SOLVER
    time_limit: float | None = None
    hourly: bool = False
    changes: Sequence[str] = ()
    variants: Sequence[str] = ()
    why: bool | None = None
    """Reruns for the prices at which options enter; None where they are quick."""
    start: Plan | None = None
    """A plan with whose orders the search begins."""


@dataclass(frozen=True)
class Checked:
    """Inputs without a problem: what they hold, and what is to be noted."""

    warnings: tuple[str, ...]
    workloads: int
    hours: int
    periods: int
    first: str
    last: str
    gpu_hours: float


def make_plan(
    request: Request,
    watch: Callable[[Round], None] = lambda _: None,
    interrupted: Callable[[], bool] = lambda: False,
    recall: Callable[[str], Plan | None] = lambda _: None,
    unchanged: Callable[[str], Plan | None] = lambda _: None,
) -> SavedPlan:
    """Plan. Raises InputError, and NoPlanError also for a plan that did not pass its audit or has no bound."""
    from planner.api import plan

    made: SavedPlan = plan(
        request.forecast,
        request.assumptions,
        changes=request.changes,
        variants=request.variants,
        gap=request.gap,
        relax=request.relax,
        solver=request.solver,
        time_limit=request.time_limit,
        why=request.why,
        watch=watch,
        interrupted=interrupted,
        recall=recall,
        start=request.start,
        unchanged=unchanged,
    )
    return checked_plan(made)


def checked_plan(made: SavedPlan) -> SavedPlan:
    """The plan, if it is one. Raises NoPlanError otherwise: a plan whose audit fails is never shown as a plan."""
    if not made.audit.passed:
        failed = [f"audit: {check.name}: {check.detail}" for check in made.audit.checks if not check.passed]
        raise NoPlanError("error", failed or ["the audit did not pass"])
    if str(made.status) not in _PLANS:
        raise NoPlanError(str(made.status), tuple(made.reasons) or ("the solver gave no plan",))
    if not math.isfinite(made.gap):
        raise NoPlanError(str(made.status), ("no bound was found: how good the plan is, is not known",))
    return made


def save_plan(made: SavedPlan, folder: Path, *, force: bool, hourly: bool) -> None:
    """Write the plan below `folder`. Raises InputError when that cannot be done."""
    try:
        made.save(folder, force=force, hourly=hourly)
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem(str(folder), "", reason, "a folder that can be written", "choose one with -o")
        raise InputError([problem]) from error


def check_inputs(
    forecast: str, assumptions: str | None, changes: Sequence[str] = (), variants: Sequence[str] = ()
) -> Checked:
    """Read and check everything, plan nothing. Raises InputError with everything wrong."""
    from planner.api import read_inputs

    inputs = read_inputs(forecast, assumptions, changes, variants)
    demand = inputs.demand
    labels = demand.calendar.labels
    return Checked(
        warnings=inputs.warnings,
        workloads=len(demand.workloads),
        hours=int(demand.calendar.first_hour[-1]),
        periods=len(labels),
        first=labels[0],
        last=labels[-1],
        gpu_hours=float(demand.gpus.sum()),
    )


def solver_problems(name: str) -> list[Problem]:
    """What is wrong with the name of a solver, known before anything is read or built."""
    if name == DEFAULT_SOLVER:
        return []
    from hybrid_lp.solve import SolverMissingError, require_solver

    try:
        require_solver(name)
    except SolverMissingError as error:
        return [Problem("--solver", "", name, "a solver that is installed", str(error))]
    return []
