"""Why there is no plan: what cannot be served, when, how much, and which limits bind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pandas as pd
from hybrid_lp.certify import Settings, Status, certify
from hybrid_lp.elastic import least_shortfall
from hybrid_lp.holdings import Holdings, in_service, spent
from hybrid_lp.instance import Budget, CapacityLimit, Instance
from hybrid_lp.merge import merge
from numpy.typing import NDArray

from planner.assumptions.loaded import Loaded
from planner.forecast.demand import HourlyDemand
from planner.prepare import Prepared
from planner.problems import NoPlanError
from planner.relaxations import relaxations
from planner.replay import Replay, used_supplies

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
SHOWN = 3
"""Stretches of time that a reason spells out."""


@dataclass(frozen=True)
class Shortfall:
    """The least that any plan must leave undone of what must be served."""

    missing: Floats
    """missing[hour, workload]  reference GPUs."""
    capacity: Floats
    """capacity[pool, period] of a plan that leaves no more undone."""


def why_infeasible(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, settings: Settings) -> NoPlanError:
    """Per workload the least shortfall that any plan must have, what binds where it falls short; and what would do."""
    found = _least_shortfall(prepared, demand, settings)
    reasons = [found] if isinstance(found, str) else list(_reasons(prepared, demand, loaded, found))
    ways = relaxations(prepared, None if isinstance(found, str) else found.missing, settings)
    if settings.seconds_left is not None and settings.seconds_left() <= 0:
        reasons.append("the time limit was reached before every limit was tried: there may be more that would do")
    return NoPlanError(Status.INFEASIBLE.value, reasons, ways)


def _reasons(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, found: Shortfall) -> Iterator[str]:
    """What each workload lacks, and what binds; what was said before is not repeated."""
    said: set[str] = set()
    for w in np.flatnonzero(found.missing.any(axis=0)):
        yield _shortfall(demand, int(w), found.missing[:, w])
        binding = _binding(prepared, demand, loaded, found, int(w))
        yield from (f"  {text}" for text in binding if text not in said)
        if said.intersection(binding):
            yield "  the same limits as above" if said.issuperset(binding) else "  and some of the limits above"
        said.update(binding)


def why_infeasible_in_short(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, settings: Settings) -> str:
    """The same in one sentence, over all workloads."""
    found = _least_shortfall(prepared, demand, settings)
    if isinstance(found, str):
        return found
    short = np.flatnonzero(found.missing.any(axis=0))
    names = ", ".join(demand.workloads[w] for w in short[:SHOWN])
    names += f" and {len(short) - SHOWN} more" if len(short) > SHOWN else ""
    hours = found.missing.any(axis=1)
    limits = dict.fromkeys(text for w in short for text in _binding(prepared, demand, loaded, found, int(w)))
    return (
        f"{_amount(found.missing.sum())} GPU-hours of {names} cannot be served, in {hours.sum():,} of "
        f"{len(hours):,} hours, first {_moment(demand, int(hours.argmax()))}; {'; '.join(limits)}"
    )


def _least_shortfall(prepared: Prepared, demand: HourlyDemand, settings: Settings) -> Shortfall | str:
    """Solve the same limits with nothing to pay but the shortfall (formulation.md, "When nothing can serve").

    Where budgets couple the hours, first in fractions, which are found much sooner: what even they lack is lacking.
    """
    settings = replace(settings, gap=1e-3)
    if prepared.instance.coupling and not settings.relax:
        in_fractions = _shortfall_within(prepared, demand, replace(settings, relax=True))
        if isinstance(in_fractions, Shortfall):
            return in_fractions
    return _shortfall_within(prepared, demand, settings)


def _shortfall_within(prepared: Prepared, demand: HourlyDemand, settings: Settings) -> Shortfall | str:
    merged, membership = merge(least_shortfall(prepared.instance))
    certified, operator = certify(merged, settings)
    if certified.status is Status.TIME_LIMIT and not certified.operations:
        return "no time was left to find what falls short"
    if not certified.operations:
        return _contradiction(prepared, demand) or f"the limits contradict each other ({certified.message})"
    used = used_supplies(prepared, membership, certified)
    replay = Replay(prepared, demand.workloads, merged, membership, operator, certified, used)
    missing = np.vstack([hours.unserved for hours in replay]) * ~np.isfinite(prepared.instance.unserved_penalty)
    missing[missing <= 1e-9 * demand.gpus.max(initial=0.0)] = 0.0
    if not missing.any():
        return "the solver found no plan, yet nothing falls short; the limits may be met only beyond its tolerance"
    return Shortfall(missing, certified.capacity)


def _contradiction(prepared: Prepared, demand: HourlyDemand) -> str:
    """Which limits are overstepped already by the orders that are decided and by what is held."""
    instance = prepared.instance
    decided = Holdings(instance.order_min)
    capacity = in_service(instance, decided)
    texts = []
    for limit in instance.capacity_limits:
        taken = np.array(limit.weights) @ capacity[list(limit.pools)]
        worst = int(taken.argmax())
        if taken[worst] > limit.limit:
            when = demand.calendar.label(worst)
            texts.append(f"{limit.name}: {limit.limit:g} {limit.unit}, decided orders need {taken[worst]:g} in {when}")
    for rental in instance.rental_limits:
        held = np.array(rental.gpus_per_unit) @ capacity[list(rental.pools)] if rental.pools else np.zeros(1)
        if held.max() > rental.max_gpus:
            texts.append(f"max_gpus of {rental.name}: {rental.max_gpus:g} GPUs, decided orders hold {held.max():g}")
    for budget, taken in zip(instance.budgets, spent(instance, decided), strict=True):
        if taken > budget.limit:
            over = taken - budget.limit
            texts.append(f"{budget.name}: decided orders and what is held oversteps it by {over:g} {budget.unit}")
    return f"what is decided contradicts the limits: {'; '.join(texts)}" if texts else ""


def _amount(value: float) -> str:
    """`1,348,000` rather than `1.348e+06`."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _shortfall(demand: HourlyDemand, w: int, missing: Floats) -> str:
    hours = np.flatnonzero(missing)
    worst = int(missing.argmax())
    return (
        f"workload {demand.workloads[w]}: {_amount(missing.sum())} GPU-hours in {len(hours):,} of {len(missing):,} "
        f"hours cannot be served by any plan, {_stretches(demand, missing > 0)}; the worst is "
        f"{_moment(demand, worst)}, which needs {_amount(demand.gpus[worst, w])} "
        f"{_gpus(demand.gpus[worst, w])} and lacks {_amount(missing[worst])}"
    )


def _binding(prepared: Prepared, demand: HourlyDemand, loaded: Loaded, found: Shortfall, w: int) -> list[str]:
    """What stands in the way of serving workload w in the hours where it falls short."""
    instance = prepared.instance
    able = instance.effectiveness[w] > 0
    if not able.any():
        return [_cannot_run(demand.workloads[w], loaded)]
    periods = np.unique(instance.period_of_hour[found.missing[:, w] > 0])
    tight = _tight(instance, found.capacity, able, periods)
    texts = [_full(limit.name, limit.limit, limit.unit, demand, periods[binds]) for limit, binds in tight]
    for rental in instance.rental_limits:
        rented = [j for j in rental.markets if able[j] and instance.offered[periods, w, j].any()]
        held = [k for k in rental.pools if able[k] and (instance.order_max[k] > 0).any()]
        if rented or held:
            texts.append(f"max_gpus of {rental.name}: {rental.max_gpus:g} GPUs")
    pools = np.flatnonzero(able[: instance.pools] & (instance.order_max > 0).any(axis=1))
    arrivals = instance.lead_periods[pools, None] + np.arange(instance.periods)
    possible = arrivals[instance.order_max[pools] > 0]
    if len(possible) and possible.min() > periods.min():
        texts.append(f"nothing that is ordered can be in service before {demand.calendar.label(int(possible.min()))}")
    if not len(possible):
        texts.append("nothing that could run it can be ordered inside the horizon")
    for order in instance.order_limits:
        if np.isin(order.pools, pools).any():
            texts.append(f"{order.name}: {order.most:g}")
    if not able[instance.pools :].any():
        texts.append("nothing that is rented by the hour may run it")
    texts += _budgets(instance, able, periods, demand.calendar.labels)
    return list(dict.fromkeys(texts))


def _budgets(instance: Instance, able: Booleans, periods: NDArray[np.int64], labels: Sequence[str]) -> list[str]:
    """Budgets that what could serve takes from, in these periods or by an order: equal ones of one figure together."""
    takes: list[Budget] = []
    for budget in instance.budgets:
        orders = budget.order_weights is not None and (budget.order_weights[able[: instance.pools]] > 0).any()
        runs = budget.run_weights is not None and (budget.run_weights[:, :, able] > 0).any()
        if orders or (runs and np.isin(periods, budget.periods).any()):
            takes.append(budget)
    texts = []
    for _, alike in groupby(takes, key=lambda budget: (budget.key, budget.limit)):
        first, *others = alike
        until = f" … {labels[others[-1].periods.start]}" if others else ""
        left = f"{_amount(first.limit)} {first.unit} left for it{' in each' if others else ''}"
        texts.append(f"{first.name}{until}: {left}")
    return texts


def _tight(
    instance: Instance, capacity: Floats, able: Booleans, periods: NDArray[np.int64]
) -> list[tuple[CapacityLimit, Booleans]]:
    """Limits on capacity under which not one more unit that could help would fit, and in which of the periods."""
    tight = []
    for limit in instance.capacity_limits:
        weights = np.array(limit.weights)
        helping = [weight for k, weight in zip(limit.pools, limit.weights, strict=True) if able[k] and weight > 0]
        if helping:
            taken = (weights @ capacity[list(limit.pools)])[periods]
            step = min(helping) if instance.whole[list(limit.pools)].all() else 1e-6 * limit.limit
            binds = taken + step > limit.limit
            if binds.any():
                tight.append((limit, binds))
    return tight


def _cannot_run(name: str, loaded: Loaded) -> str:
    workload = (loaded.assumptions.workloads or {})[name]
    needs = [f"location {workload.location.value}", f"{workload.gpu_memory_gb:g} GB per replica"]
    needs += [f"regions {', '.join(workload.regions)}"] if workload.regions is not None else []
    needs += ["no interruptions"] if not workload.interruptible else []
    return (
        f"no server and no offer can run it at all: it needs {', '.join(needs)}, and a GPU with a speed "
        f"relative to {workload.reference_gpu}"
    )


def _full(name: str, limit: float, unit: str, demand: HourlyDemand, periods: NDArray[np.int64]) -> str:
    labels = demand.calendar.labels
    when = labels[periods[0]] if len(periods) == 1 else f"{labels[periods[0]]} … {labels[periods[-1]]}"
    return f"{name}: {limit:g} {unit} are full in {when}"


def _stretches(demand: HourlyDemand, short: Booleans) -> str:
    """`2027-01-04 09:00 to 12:00 and 5 more stretches`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], short.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    texts = [f"{_moment(demand, int(a))} for {b - a} h" for a, b in zip(starts[:SHOWN], ends[:SHOWN], strict=True)]
    more = len(starts) - SHOWN
    return ", ".join(texts) + (f" and {more} more stretches" if more > 0 else "")


def _moment(demand: HourlyDemand, hour: int) -> str:
    return f"{demand.calendar.start + pd.Timedelta(hours=hour):%Y-%m-%d %H:%M}"


def _gpus(count: float) -> str:
    return "reference GPU" if count == 1 else "reference GPUs"
