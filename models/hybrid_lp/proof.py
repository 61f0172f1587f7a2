"""What is asked of a search, and what it finds: a plan with its proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hybrid_lp.build import Cut
from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.holdings import Holdings
from hybrid_lp.instance import Floats
from hybrid_lp.solve import Prices
from hybrid_lp.valuation import Operation

FINEST_GAP = 1e-9
"""No loop is turned for less: that is what double precision and the solver's tolerances leave."""

OPTIMAL_GAP = 1e-6
"""The word `optimal` is for plans proven this close."""

CONTRADICTION = 1e-7
"""A bound above the cost of a plan by more than this share of it is no rounding: the solver was wrong."""


class Status(StrEnum):
    """What is known of a plan."""

    OPTIMAL = "optimal"
    WITHIN_GAP = "within_gap"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"
    UNBOUNDED = "unbounded"
    ERROR = "error"


class Path(StrEnum):
    """How the hours were dealt with."""

    NO_ORDERS = "no orders"
    """Nothing can be ordered: operation is all there is."""
    WRITTEN_OUT = "written out"
    """Every distinct hour is part of the programme."""
    CUTS = "cuts"
    """The programme knows the hours by their dual prices."""


@dataclass(frozen=True)
class Settings:
    """How to search."""

    gap: float = 1e-4
    """Relative gap to prove."""
    relax: bool = False
    """May whole servers and instances be fractions?"""
    solver: str = "HiGHS"
    """Name of a solver that PuLP finds."""
    seconds_left: Callable[[], float] | None = None
    """Seconds until the time limit; None where there is none."""
    interrupted: Callable[[], bool] | None = None
    """Asked now and then: True ends the search with the best plan so far."""
    slices_per_period: int = 16
    """Levels by which the first cuts are found, before the loop looks at every hour."""
    written_out_columns: int = 1500
    """Instances whose hours need no more columns than this are written out."""
    worth: bool = True
    """Find the dual prices of limits and budgets too: one more solve, where there are any."""


@dataclass(frozen=True)
class Round:
    """One turn of the loop, for those who watch."""

    number: int
    cost: float
    """Of the best plan so far, at full hours; infinite while there is none."""
    bound: float


@dataclass(frozen=True)
class Mixed:
    """An operation, and the share of each period in which it is followed; budgets may need several."""

    share: Floats
    """share[period]."""
    operation: Operation


@dataclass(frozen=True)
class Certified:
    """A plan with its proof."""

    status: Status
    cost: float
    """Discounted cost of the plan at full hours; infinite when there is no plan."""
    bound: float
    """No plan costs less; −inf when nothing is proven."""
    holdings: Holdings
    capacity: Floats
    """capacity[pool, period]  units in service."""
    operations: tuple[Mixed, ...]
    """How it is operated; empty when there is no plan."""
    prices: Prices | None
    """Dual prices of the relaxed programme; None where it was not asked."""
    path: Path
    rounds: tuple[Round, ...]
    message: str
    cuts: tuple[Cut, ...] = ()
    """What the programme knows of the hours; they hold for every instance with the same demand and running costs."""

    @property
    def gap(self) -> float:
        """(cost − bound) / max(|cost|, 1); infinite when there is no plan or no bound."""
        return relative_gap(self.cost, self.bound)

    @property
    def orders(self) -> Floats:
        """orders[pool, period]  units."""
        return self.holdings.orders

    @property
    def run_gpu_hours(self) -> Floats:
        """run_gpu_hours[workload, supply]  occupied GPU-hours of the whole plan, above 0 wherever something runs."""
        total: Floats = sum(
            (mixed.operation.run_gpu_hours.sum(axis=0) for mixed in self.operations if mixed.share.any()), np.zeros(1)
        )
        return total


def relative_gap(cost: float, bound: float) -> float:
    """(cost − bound) / max(|cost|, 1), as formats.md has it."""
    return (cost - bound) / max(abs(cost), 1.0) if np.isfinite(cost) and np.isfinite(bound) else np.inf


@dataclass(frozen=True)
class Priced:
    """Given holdings at every hour."""

    cost: float
    """Discounted, operated at least cost; infinite where the instance does not allow them."""
    cuts: tuple[OperatingCuts, ...]
    """What they say of other capacities."""
    shortage: ShortageCuts | None
    """Where they leave work undone that must be served."""
