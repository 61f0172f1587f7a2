"""When owning or committing pays: every option that is held against every one that is rented by the hour.

Holding a unit costs F a year and v per hour of work, renting c per hour of work. Holding is the cheaper above
F / (c − v) hours of full work a year (docs/break-even.md; formulation.md, What must come out, 1 to 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from planner.assumptions.schema import Assumptions, CommitmentsAtEnd
from planner.case import Case
from planner.cost_classes import CostClasses
from planner.dispatch import Supply, SupplyKind
from planner.economics import HOURS_PER_YEAR, MONTHS_PER_YEAR, Flows, annuity_factor, break_even, discount
from planner.holding import Holding, holding
from planner.running_costs import RunningCosts
from planner.supplies import Supplies, draw_rate, sites_of

Floats = NDArray[np.float64]
HELD = (SupplyKind.SERVER, SupplyKind.RESERVED, SupplyKind.DRAWN)
"""What is held. Money promised is compared offer by offer: it stands as what its offers draw."""
RENTED = (SupplyKind.ON_DEMAND, SupplyKind.SPOT, SupplyKind.DRAWN, SupplyKind.API)


_ROUNDING = 1e-9


class Never(StrEnum):
    """Why holding never pays."""

    RENTING_COSTS_LESS = "an hour rented costs no more than an hour run"
    NOT_ENOUGH_HOURS = "it would have to be busy for more hours than there are"


@dataclass(frozen=True)
class Terms:
    """How options are compared."""

    months: float | None = None
    """For how long, where that is shorter than the life of a server or the term of a commitment."""
    hours_per_month: float = HOURS_PER_YEAR / MONTHS_PER_YEAR
    """Hours of full work in a month, for the months until it has paid back."""
    flows: Flows = Flows.YEAR_END
    """When money that flows is counted, where it is discounted."""

    def held_years(self, years: float) -> float:
        """Years for which something is held that lasts so long."""
        return years if self.months is None else min(years, self.months / MONTHS_PER_YEAR)


@dataclass(frozen=True)
class Outlook:
    """What money at different times is worth."""

    rate_per_year: float
    flows: Flows
    periods_per_year: float

    def factor(self, years: float) -> float:
        """Worth of 1 a year."""
        return annuity_factor(self.rate_per_year, years, self.flows, self.periods_per_year)

    def mean(self, values: Floats) -> float:
        """Mean of values[period], each weighted with what money in the middle of its period is worth."""
        if (values == values[0]).all():  # exactly, so that the same price is printed the same
            return float(values[0])
        years = (np.arange(len(values), dtype=np.float64) + 0.5) / self.periods_per_year
        return float(np.average(values, weights=discount(self.rate_per_year, years)))

    def grown(self, amount: float, years: float) -> float:
        """What an amount is worth so many years later."""
        return amount * float((1 + self.rate_per_year) ** years)


@dataclass(frozen=True)
class Outcome:
    """One option held against one rented. Hours of work are GPU-hours: of one GPU, or a workload's reference GPU."""

    fixed_per_year: float
    """F: currency per unit held and year."""
    fixed_per_hour: float
    """Currency per hour of work that it could do, done or not."""
    running_per_hour: float
    """v: currency per hour of work done."""
    rented_per_hour: float
    """c: currency per hour of work done."""
    payback_months: float
    """Months of full work until what was paid at once has come back, resale left aside; infinite where it never does.
    """
    hours_per_month: float

    @property
    def utilisation(self) -> float:
        """Share of all hours in which it must be busy to cost what renting costs; infinite where no hour saves."""
        saving = self.rented_per_hour - self.running_per_hour
        return self.fixed_per_hour / saving if saving > 0 else inf

    @property
    def hours_per_year(self) -> float:
        """Hours a year in which it must be busy."""
        return self.utilisation * HOURS_PER_YEAR

    @property
    def payback_hours(self) -> float:
        """Hours of full work until what was paid at once has come back."""
        return self.payback_months * self.hours_per_month

    @property
    def never(self) -> Never | None:
        """Why it never pays; None where it can."""
        if self.rented_per_hour <= self.running_per_hour:
            return Never.RENTING_COSTS_LESS
        return Never.NOT_ENOUGH_HOURS if self.utilisation > 1 else None


@dataclass(frozen=True)
class Comparison:
    """One option held against one rented."""

    work: str
    """The workload; the GPU where GPU-hours of one GPU are compared."""
    reference_gpu: str
    """Of which hours are counted."""
    held: Holding
    rented: Supply
    undiscounted: Outcome
    discounted: Outcome
    """At the assumptions' rate."""

    def is_paid_back(self, outcome: Outcome) -> bool:
        """Has what was paid at once come back before the end of what is held?"""
        return outcome.payback_months <= self.held.years * MONTHS_PER_YEAR * (1 + _ROUNDING)


def periods_needed(assumptions: Assumptions, terms: Terms) -> int:
    """Periods that the longest life or term reaches into, lead times included; 1 where nothing can be held."""
    unit = assumptions.horizon.period

    def periods(years: float) -> int:
        return ceil(terms.held_years(years) / unit.years - 1e-9)

    servers = [
        ceil(each.lead_time.periods(unit)) + periods(each.lifetime.years) for each in assumptions.servers.values()
    ]
    offers = [periods(each.term.years) for offer in assumptions.cloud.values() for each in offer.reserved.values()]
    promised = [periods(each.term.years) for each in assumptions.spend_commitments.values()]
    return max([1, *servers, *offers, *promised])


def comparisons(case: Case, terms: Terms) -> list[Comparison]:
    """Everything held against everything rented, by the work of a case of one workload.

    In the order of servers, reservations and spend commitments, each by its name; within, the cheapest to rent first.
    """
    supplies = Supplies.of(case)
    pools = supplies.pools
    running = RunningCosts(
        case, CostClasses.of(case, sites_of(pools)), supplies.all, supplies.effectiveness, supplies.usable_share
    )
    work_per_gpu_hour = supplies.effectiveness[0]
    cost = running.total[:, 0, :]  # per occupied GPU-hour; hours of a period cost the same in a steady case
    hourly = {
        supply: cost[:, j] / work_per_gpu_hour[j] + _drawn(supply, case) / work_per_gpu_hour[j]
        for j, supply in enumerate(supplies.all)
        if work_per_gpu_hour[j] > 0 and supply.kind in RENTED
    }
    found = []
    for j, supply in enumerate(supplies.all):
        if supply.kind not in HELD or work_per_gpu_hour[j] == 0 or not _may_be_had(supply, case.assumptions):
            continue
        unit = holding(supply, case, terms.held_years(_lasts(supply, case)))
        work_per_hour = unit.usable_gpus * float(work_per_gpu_hour[j])
        for rented, price in hourly.items():
            if rented != supply:
                pair = (unit, work_per_hour, cost[:, j] / work_per_gpu_hour[j], price)
                found.append(
                    Comparison(
                        case.demand.workloads[0],
                        case.workloads[0].reference_gpu,
                        unit,
                        rented,
                        _outcome(*pair, _outlook(0.0, case, terms), case, terms),
                        _outcome(*pair, _outlook(case.timeline.discount_rate, case, terms), case, terms),
                    )
                )
    return sorted(found, key=_order)


def _order(each: Comparison) -> tuple[int, str, float, str]:
    supply = each.held.supply
    return HELD.index(supply.kind), supply.label, each.discounted.rented_per_hour, each.rented.label


def _outlook(rate: float, case: Case, terms: Terms) -> Outlook:
    return Outlook(rate, terms.flows, 1 / case.timeline.years)


def _outcome(
    unit: Holding, work_per_hour: float, run: Floats, rent: Floats, outlook: Outlook, case: Case, terms: Terms
) -> Outcome:
    """run[period], rent[period]  currency per hour of work, from the order on; work_per_hour: of a unit at full use."""
    service = slice(unit.lead_periods, unit.lead_periods + ceil(unit.years / case.timeline.years - 1e-9))
    running, rented = outlook.mean(run[service]), outlook.mean(rent[service])
    paid_at_once = outlook.grown(unit.upfront, unit.lead_periods * case.timeline.years)
    yearly = outlook.mean(unit.per_year[service])
    back = outlook.grown(unit.resale, -unit.years)
    full = case.timeline.commitments_at_end is CommitmentsAtEnd.FULL
    paid_years = unit.lasts_years if unit.is_commitment and full else unit.years
    factor = outlook.factor(unit.years)
    per_year = (paid_at_once - back) / factor + yearly * outlook.factor(paid_years) / factor
    saved = ((rented - running) * work_per_hour * terms.hours_per_month) * MONTHS_PER_YEAR - yearly
    payback = break_even(
        paid_at_once,
        saving_per_year=saved,
        rate_per_year=outlook.rate_per_year,
        flows=outlook.flows,
        periods_per_year=outlook.periods_per_year,
    )
    return Outcome(
        per_year,
        per_year / (HOURS_PER_YEAR * work_per_hour),
        running,
        rented,
        payback * MONTHS_PER_YEAR,
        terms.hours_per_month,
    )


def _drawn(supply: Supply, case: Case) -> float:
    """What an hour drawn takes of the money promised, and support: 0 of what is paid otherwise."""
    if supply.kind is not SupplyKind.DRAWN:
        return 0.0
    return draw_rate(supply, case) * (1 + case.provider(supply).support_share)


def _lasts(supply: Supply, case: Case) -> float:
    """Years of a lifetime, or of a term."""
    assumptions = case.assumptions
    match supply.kind:
        case SupplyKind.SERVER:
            return assumptions.servers[supply.owner].lifetime.years
        case SupplyKind.DRAWN:
            return assumptions.spend_commitments[supply.place].term.years
    return assumptions.cloud[supply.owner].reserved[supply.place].term.years


def _may_be_had(supply: Supply, assumptions: Assumptions) -> bool:
    """Not where servers stand already that can no longer be ordered for the site."""
    if supply.kind is not SupplyKind.SERVER:
        return True
    sites = assumptions.servers[supply.owner].sites
    return sites is None or supply.place in sites
