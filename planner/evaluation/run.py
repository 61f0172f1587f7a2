"""From a schedule and inputs to its evaluation: read, place, price, plan, compare."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.api import Inputs, check_call, plan_of_inputs, read_inputs, record, result
from planner.evaluation.entries import Entry, Read, read_schedule
from planner.evaluation.placing import Placed, place
from planner.evaluation.result import Evaluation
from planner.problems import InputError, NoPlanError, Problem

if TYPE_CHECKING:
    import pandas as pd
    from hybrid_lp.certify import Round, Settings

    from planner.assumptions.recorded import Recorded
    from planner.forecast.table import Forecast
    from planner.result import Plan


def evaluate(
    schedule: str | Path | pd.DataFrame | Sequence[str | Path | pd.DataFrame],
    forecast: str | Path | pd.DataFrame | None = None,
    assumptions: str | Path | Mapping[str, object] | None = None,
    *,
    changes: Sequence[str] = (),
    variants: Sequence[str] = (),
    gap: float = 1e-4,
    relax: bool = False,
    solver: str = "HiGHS",
    time_limit: float | None = None,
    watch: Callable[[Round], None] = lambda _: None,
    interrupted: Callable[[], bool] | None = None,
) -> Evaluation:
    """What a schedule of one's own costs, hour by hour, beside the best plan for the same inputs.

    schedule: files or frames with rows of orders (period, site, server, count), commitments (period, offer, option,
    count), money promised (period, name, amount_per_hour) and sales (period, site, server, count, acquired), or the
    folder of a plan. What is not in it is not ordered. forecast and assumptions: as for `planner.plan`; left out, those
    kept with the plan in whose folder the schedule lies. relax: counts, of the best plan too, may be fractions; true
    also where that plan was made so. The other arguments are those of `planner.plan`, for the best plan.

    Raises InputError with everything that is wrong with schedule and inputs, and NoPlanError for a schedule whose
    audit fails for another reason than limits.
    """
    import pandas as pd
    from hybrid_lp.certify import Settings

    started = time.monotonic()
    check_call(gap, solver, time_limit)
    sources = [schedule] if isinstance(schedule, str | Path | pd.DataFrame) else list(schedule)
    read = read_schedule(sources)
    with _inputs(sources, forecast, assumptions, read) as given:
        inputs = _read_inputs(read, given, changes, variants)
        relax = relax or given.relax
        options = {"gap": gap, "relax": relax, "solver": solver, "time_limit": time_limit, "baselines": False}
        kept = record(inputs, options)
    placed, problems = place(read.entries, inputs, relax=relax)
    if placed is None or read.problems:
        raise InputError([*read.problems, *problems])
    left = None if time_limit is None else lambda: time_limit - (time.monotonic() - started)
    settings = Settings(gap=gap, relax=relax, solver=solver, seconds_left=left, interrupted=interrupted)
    best: Plan | None = None
    reasons: tuple[str, ...] = ()
    try:
        best = plan_of_inputs(inputs, settings, kept, watch, compare=False)
    except NoPlanError as error:
        reasons = error.reasons
    inputs_record, files = kept
    mine = {**inputs_record, "schedule": [_recorded(entry) for entry in read.entries]}
    return _priced(placed, settings, (mine, files), best, reasons)


@dataclass(frozen=True)
class _Given:
    """Forecast and assumptions: those that were handed in, or a plan's own."""

    forecast: str | Path | pd.DataFrame | Forecast | None
    assumptions: str | Path | Mapping[str, object] | Recorded | None
    relax: bool = False


@contextlib.contextmanager
def _inputs(
    sources: Sequence[str | Path | pd.DataFrame],
    forecast: str | Path | pd.DataFrame | None,
    assumptions: str | Path | Mapping[str, object] | None,
    read: Read,
) -> Iterator[_Given]:
    """What is not given comes from the first plan in whose folder a part of the schedule lies."""
    folder = _plan_folder(sources)
    if folder is None or forecast is not None:
        if forecast is None:
            expected = "the demand: a forecast file, or a schedule in the folder of a plan, which keeps its own"
            problem = Problem("forecast", "", "", expected, "planner evaluate SCHEDULE --forecast FILE")
            raise InputError([*read.problems, problem])
        yield _Given(forecast, assumptions)
        return
    from planner.runs.again import again
    from planner.runs.reference import load_run

    with again(load_run(folder)) as run:
        yield _Given(run.forecast, run.assumptions if assumptions is None else assumptions, run.relax)


def _plan_folder(sources: Sequence[str | Path | pd.DataFrame]) -> Path | None:
    for source in sources:
        if isinstance(source, str | Path):
            path = Path(source)
            folder = path if path.is_dir() else path.parent
            if (folder / "plan.json").is_file():
                return folder
    return None


def _read_inputs(read: Read, given: _Given, changes: Sequence[str], variants: Sequence[str]) -> Inputs:
    """Raises InputError with what is wrong with the schedule too."""
    assert given.forecast is not None, "there is a forecast, or an error was raised"
    try:
        return read_inputs(given.forecast, given.assumptions, changes, variants)
    except InputError as error:
        raise InputError([*read.problems, *error.problems]) from error


def _recorded(entry: Entry) -> dict[str, str | float]:
    """A row as it is recorded with the plan that it makes."""
    row: dict[str, str | float] = {"kind": entry.kind.value, "period": entry.period, "what": entry.owner}
    row |= {"place": entry.place, "count": entry.count}
    return row | ({"acquired": entry.acquired} if entry.acquired else {})


def _priced(
    placed: Placed,
    settings: Settings,
    kept: tuple[dict[str, Any], dict[str, str]],
    best: Plan | None,
    reasons: tuple[str, ...],
) -> Evaluation:
    """The schedule as a plan, beside the best one."""
    from hybrid_lp.certify import Status
    from hybrid_lp.fixed import price
    from hybrid_lp.holdings import Fractions
    from hybrid_lp.merge import merge

    from planner.evaluation.limits import oversteps, shortfalls, unexplained, unkept_decisions
    from planner.replay import Replay, used_supplies

    prepared, names = placed.inputs.prepared, placed.inputs.demand.workloads
    merged, membership = merge(prepared.instance)
    fractions = Fractions.UNITS if settings.relax else Fractions.NONE
    priced = price(merged, placed.holdings, fractions)
    used = used_supplies(prepared, membership, priced.certified)
    replay = Replay(prepared, names, priced.instance, membership, priced.operator, priced.certified, used)
    plan = result(placed.inputs, settings, priced.certified, replay, kept, compare=False)
    over = (*oversteps(priced.oversteps, placed.inputs), *unkept_decisions(placed))
    short = tuple(shortfalls(replay, placed.inputs)) if priced.short else ()
    if wrong := unexplained(plan.audit, over, short):
        raise NoPlanError(Status.ERROR.value, [f"audit: {check.name}: {check.detail}" for check in wrong])
    if over or short:
        plan = replace(plan, status=Status.INFEASIBLE.value, bound=float("-inf"), gap=float("inf"))
    else:
        bound = float("-inf") if best is None else min(best.bound, plan.total_cost)
        gap = (plan.total_cost - bound) / max(abs(plan.total_cost), 1.0)
        status = Status.OPTIMAL if gap <= 1e-6 else Status.WITHIN_GAP
        plan = replace(plan, status=status.value, bound=bound, gap=gap)
    return Evaluation(plan, best, reasons, over, short)
