"""From files, or frames, to a plan: the steps in their order."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.assumptions.load import load
from planner.assumptions.loaded import Loaded
from planner.assumptions.recorded import Recorded
from planner.forecast.demand import HourlyDemand
from planner.forecast.hourly import hourly_demand
from planner.forecast.read import read_forecast
from planner.forecast.table import Forecast
from planner.identity import run_id, run_name, versions
from planner.problems import InputError, NoPlanError, Problem

if TYPE_CHECKING:
    import pandas as pd
    from hybrid_lp.certify import Certified, Round, Settings

    from planner.prepare import Prepared
    from planner.replay import Replay
    from planner.result import Plan

FORECAST_FILE = "forecast.csv"
"""The forecast is kept under this name beside the files that the assumptions name."""


@dataclass(frozen=True)
class Inputs:
    """Everything that was handed in, read and checked."""

    forecast: Forecast
    loaded: Loaded
    demand: HourlyDemand
    prepared: Prepared

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader should know about the inputs."""
        from planner.plausibility import input_warnings

        return (
            *input_warnings(self.prepared, self.demand, self.loaded),
            *self.demand.warnings,
            *self.loaded.warnings,
        )


def read_inputs(
    forecast: str | Path | pd.DataFrame | Forecast,
    assumptions: str | Path | Mapping[str, object] | Recorded | None,
    changes: Sequence[str] = (),
    variants: Sequence[str] = (),
) -> Inputs:
    """Read and check forecast and assumptions together. Raises InputError with every problem of all files."""
    from planner.prepare import prepare
    from planner.price_paths import price_file_problems

    problems = _wrong_kinds(forecast, assumptions)
    if problems:
        raise InputError(problems)
    table: Forecast | None = None
    loaded: Loaded | None = None
    try:
        table = forecast if isinstance(forecast, Forecast) else read_forecast(forecast)
    except InputError as error:
        problems += error.problems
    try:
        workloads = None if table is None else table.workloads
        loaded = load(assumptions, workloads, changes=changes, variants=variants)
    except InputError as error:
        problems += error.problems
    if table is None or loaded is None:
        raise InputError(problems)
    demand = hourly_demand(table, loaded)
    if problems := price_file_problems(loaded, demand.calendar):
        raise InputError(problems)
    return Inputs(table, loaded, demand, prepare(demand, loaded))


def _wrong_kinds(forecast: object, assumptions: object) -> list[Problem]:
    """What a caller of the Python API may hand in by mistake."""
    import pandas as pd

    problems = []
    if not isinstance(forecast, str | Path | pd.DataFrame | Forecast):
        problems.append(Problem("forecast", "", type(forecast).__name__, "a file name or a pandas DataFrame"))
    if assumptions is not None and not isinstance(assumptions, str | Path | Mapping | Recorded):
        expected = "a file name, a mapping, or None for the catalogue's defaults"
        problems.append(Problem("assumptions", "", type(assumptions).__name__, expected))
    return problems


def check(
    forecast: str | Path | pd.DataFrame,
    assumptions: str | Path | Mapping[str, object] | None = None,
    *,
    changes: Sequence[str] = (),
    variants: Sequence[str] = (),
) -> tuple[str, ...]:
    """Warnings about inputs that can be planned. Raises InputError with everything wrong."""
    return read_inputs(forecast, assumptions, changes, variants).warnings


def plan(
    forecast: str | Path | pd.DataFrame | Forecast,
    assumptions: str | Path | Mapping[str, object] | Recorded | None = None,
    *,
    changes: Sequence[str] = (),
    variants: Sequence[str] = (),
    gap: float = 1e-4,
    relax: bool = False,
    solver: str = "HiGHS",
    time_limit: float | None = None,
    baselines: bool = True,
    why: bool | None = None,
    watch: Callable[[Round], None] = lambda _: None,
    interrupted: Callable[[], bool] | None = None,
    recall: Callable[[str], Plan | None] = lambda _: None,
    start: Plan | None = None,
    unchanged: Callable[[str], Plan | None] = lambda _: None,
) -> Plan:
    """The purchase schedule of least total cost for a forecast under assumptions, with its bound.

    forecast: a file, or a frame with its columns. assumptions: a file, a mapping of the same form, or None for the
    catalogue's defaults. changes: such as `cloud.*.on_demand=-20%`, made on top. variants: names of changes that the
    assumptions define, made before these. gap: the relative gap to prove. relax: servers and instances may be
    fractions. solver: any that PuLP finds. time_limit: seconds after which the best plan so far is given. baselines:
    also find the best plans under restrictions, to compare with. why: find, by reruns, the prices below which options
    that are not used would be; None where that is quick. watch: called after every round. interrupted: asked now and
    then; True ends the search with the best plan so far, as the time limit does. recall: given the id of these inputs,
    a plan that was made of them before, which is then the answer. start: a plan of like inputs; the search begins with
    its orders, and finds a plan as good as without it, to the gap. unchanged: given the id of these inputs without
    changes and variants, a plan that was made of them before, to start with where no other is given.

    Raises InputError when the inputs, or the call, are wrong, and NoPlanError when there is no plan.
    """
    from hybrid_lp.certify import Settings

    started = time.monotonic()
    check_call(gap, solver, time_limit)
    inputs = read_inputs(forecast, assumptions, changes, variants)
    options = {"gap": gap, "relax": relax, "solver": solver, "time_limit": time_limit, "baselines": baselines}
    options |= {"why": why}
    kept = record(inputs, options)
    known = recall(run_id(kept[0]))
    if known is not None:
        return known
    if start is None and (changes or variants):
        start = unchanged(run_id(_without_changes(inputs, options, assumptions)))
    left = None if time_limit is None else lambda: time_limit - (time.monotonic() - started)
    settings = Settings(gap=gap, relax=relax, solver=solver, seconds_left=left, interrupted=interrupted)
    return plan_of_inputs(inputs, settings, kept, watch, compare=baselines, why=why, start=start)


def _without_changes(
    inputs: Inputs, options: dict[str, Any], assumptions: str | Path | Mapping[str, object] | Recorded | None
) -> dict[str, Any]:
    """`inputs` of the plan.json of the same inputs before they were changed."""
    before, _ = record(replace(inputs, loaded=load(assumptions, inputs.forecast.workloads)), options)
    return before


def plan_of_inputs(
    inputs: Inputs,
    settings: Settings,
    kept: tuple[dict[str, Any], dict[str, str]],
    watch: Callable[[Round], None] = lambda _: None,
    *,
    compare: bool,
    why: bool | None = None,
    start: Plan | None = None,
) -> Plan:
    """The plan of inputs that are read already. kept: as from `record`. compare: with baselines? start: as in `plan`.

    Raises NoPlanError.
    """
    from hybrid_lp.certify import Status

    from planner.earlier import orders_of
    from planner.optimise import optimise

    begin = None if start is None else orders_of(start, inputs.prepared)
    solved = optimise(inputs.prepared, inputs.demand.workloads, settings, watch, begin)
    if solved.replay is None or solved.certified.status is Status.ERROR:
        raise _why(inputs, settings, solved.certified)
    return result(inputs, settings, solved.certified, solved.replay, kept, compare=compare, why=why)


def check_call(gap: float, solver: str, time_limit: float | None) -> None:
    """Raises InputError for a call that makes no sense."""
    from hybrid_lp.solve import SolverMissingError, require_solver

    problems = []
    if not 0 <= gap < 1:
        problems.append(Problem("", "gap", f"{gap:g}", "a share from 0 to below 1, such as 1e-4"))
    if time_limit is not None and not time_limit > 0:
        problems.append(Problem("", "time_limit", f"{time_limit:g}", "seconds above 0"))
    try:
        require_solver(solver)
    except SolverMissingError as error:
        problems.append(Problem("", "solver", solver, "a solver that is installed", str(error)))
    if problems:
        raise InputError(problems)


def _why(inputs: Inputs, settings: Settings, certified: Certified) -> NoPlanError:
    """Why there is no plan, in words."""
    from hybrid_lp.certify import Status

    from planner.explain import why_infeasible

    if certified.status is Status.INFEASIBLE:
        return why_infeasible(inputs.prepared, inputs.demand, inputs.loaded, settings)
    words = certified.message or f"the gap could not be closed beyond {certified.gap:.2g}: ask for a wider one (--gap)"
    if certified.status is Status.TIME_LIMIT:
        words = "no plan was found in the time that there was; give it more with --time-limit"
    elif certified.status is Status.UNBOUNDED:
        words = "an order earns more than it costs, without limit: look at resale shares and the discount rate"
    return NoPlanError(certified.status.value, [words])


def result(
    inputs: Inputs,
    settings: Settings,
    certified: Certified,
    replay: Replay,
    kept: tuple[dict[str, Any], dict[str, str]],
    *,
    compare: bool,
    why: bool | None = None,
) -> Plan:
    """Everything that is told of a certified plan, its audit included. kept: as from `record`."""
    from hybrid_lp.certify import Status
    from hybrid_lp.holdings import Fractions

    from planner.audit import audit
    from planner.baselines import Made, baselines, no_baselines
    from planner.breakdown import obligations_after_end, options_table, workload_costs
    from planner.cost_details import cost_details, screening
    from planner.loads import load_tables
    from planner.marginals import marginals_table
    from planner.plausibility import plan_warnings
    from planner.reasons import reasons
    from planner.result import Plan
    from planner.schedule import build_schedule
    from planner.totals import Totals

    prepared, demand, loaded, holdings = inputs.prepared, inputs.demand, inputs.loaded, certified.holdings
    fractions = Fractions.UNITS if settings.relax else Fractions.NONE
    totals = Totals.of(replay, prepared)
    schedule = build_schedule(prepared, holdings, replay, totals, fractions)
    if not np.isclose(schedule.total_cost, certified.cost, rtol=1e-6, atol=1e-6):
        raise RuntimeError(f"cost lines sum to {schedule.total_cost}, the programme says {certified.cost}: a bug")
    rented = np.zeros(prepared.instance.offered.shape, dtype=np.bool_)
    rented[:, :, replay.used] = totals.gpu_hours > 0
    made = Made(schedule.total_cost, holdings.orders, rented, schedule.costs)
    compared = baselines(prepared, demand, loaded, settings, made) if compare else no_baselines()
    load, load_duration = load_tables(replay, demand.calendar)
    checked = audit(schedule, replay, demand, loaded, relax=settings.relax)
    inputs_record, files = kept
    bound = min(certified.bound, schedule.total_cost)
    found = reasons(replay, settings, rerun=why)
    return Plan(
        **vars(schedule),
        run=run_name(loaded.assumptions.name, inputs_record),
        name=loaded.assumptions.name,
        status=certified.status.value if checked.passed else Status.ERROR.value,
        bound=bound,
        gap=(schedule.total_cost - bound) / max(abs(schedule.total_cost), 1.0),
        path=certified.path.value,
        rounds=len(certified.rounds),
        currency=loaded.assumptions.currency,
        calendar=demand.calendar,
        workload_costs=workload_costs(prepared, holdings, replay, totals, fractions),
        obligations_after_end=obligations_after_end(prepared, holdings.orders),
        marginals=marginals_table(prepared, demand, replay),
        baselines=compared.table,
        baseline_costs=compared.costs,
        options=options_table(prepared, holdings, replay, totals, fractions, found),
        cost_details=cost_details(prepared, holdings, replay, totals, fractions),
        screening=screening(prepared),
        load=load,
        load_duration=load_duration,
        warnings=(*plan_warnings(schedule.commitments), *inputs.warnings),
        reasons=found.texts,
        audit=checked,
        inputs=inputs_record,
        defaults=loaded.defaults,
        files=files,
        dispatch=replay,
    )


def record(inputs: Inputs, options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """`inputs` of plan.json, and the files kept beside it: what is needed to make the same plan again."""
    from planner import __version__
    from planner.kept_files import kept_files, with_kept_names

    forecast, loaded = forecast_text(inputs.forecast), inputs.loaded
    kept = kept_files(loaded, [FORECAST_FILE])
    inputs_record = {
        "forecast": {
            "file": inputs.forecast.file,
            "kept_as": f"inputs/{FORECAST_FILE}",
            "sha256": hashlib.sha256(forecast.encode()).hexdigest(),
        },
        "assumptions": _json(with_kept_names(loaded.raw, kept)),
        "assumptions_file": loaded.file,
        "variants": list(loaded.history.variants),
        "changes": list(loaded.history.changes),
        "changed": [
            {"key": made.key, "before": _json(made.before), "after": _json(made.after), "change": made.change}
            for made in loaded.history.changed
        ],
        "files": {file.name: file.sha256 for file in kept},
        "options": options,
        "planner": __version__,
        "versions": versions(),
        "defaults": [
            {"key": entry.key, "value": _json(entry.value), "unit": entry.unit, "origin": entry.origin}
            for entry in loaded.defaults
        ],
        "sources": {key: {"source": source.source, "as_of": source.as_of} for key, source in loaded.sources.items()},
    }
    return inputs_record, {FORECAST_FILE: forecast, **{file.name: file.text for file in kept}}


def forecast_text(forecast: Forecast) -> str:
    """The forecast as a CSV file in long form, which reads as the same forecast again."""
    import pandas as pd

    starts = np.tile(forecast.starts.strftime("%Y-%m-%dT%H:%M:%S").to_numpy(), len(forecast.workloads))
    table = pd.DataFrame({"timestamp": starts, "workload": np.repeat(list(forecast.workloads), len(forecast.starts))})
    for column, amounts in forecast.amounts.items():
        table[column] = amounts.T.ravel()
    return table.to_csv(index=False, lineterminator="\n")


def _json(value: Any) -> Any:
    """Plain JSON values: dates as text."""
    if isinstance(value, Mapping):
        return {str(name): _json(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_json(entry) for entry in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
