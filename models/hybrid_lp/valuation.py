"""What operating given capacity costs, hour by hour, and what it says of other capacities."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hybrid_lp.costing import Costing, HourProgrammes
from hybrid_lp.cuts import OperatingCuts
from hybrid_lp.instance import Booleans, Floats, Integers


@dataclass(frozen=True)
class Valuation:
    """What given capacity costs to operate, level by level, and what that says of other capacities."""

    costing: Costing
    programmes: HourProgrammes
    """Of that costing, with what is in service."""
    demand: Floats
    """demand[level, workload]  that the levels serve: as it is, deferrable work where it is cheapest."""
    basis: Integers
    """basis[level]: levels of a class with the same number share an optimal basis: cost is linear among them."""
    cost: Floats
    """cost[level]  currency, undiscounted, of all hours of the level, budgets' prices included; where work that must be
    served is short, more than serving it."""
    period_cost: Floats
    """period_cost[period]: its sum."""
    short: Booleans
    """short[level]: work that must be served is not."""
    cuts: OperatingCuts

    def part(self, chosen: Booleans) -> Valuation:
        """Of the chosen[level]: what is told of each; sums and cuts are those of all."""
        return replace(
            self,
            demand=self.demand[chosen],
            basis=self.basis[chosen],
            cost=self.cost[chosen],
            short=self.short[chosen],
        )


@dataclass(frozen=True)
class Operation:
    """How given capacity serves every hour, under one costing."""

    costing: Costing
    programmes: HourProgrammes
    demand: Floats
    """demand[hour, workload]  that each hour serves."""
    basis: Integers
    """basis[hour], to replay its hours."""
    run_gpu_hours: Floats
    """run_gpu_hours[cost class, workload, supply]  occupied GPU-hours."""
    unserved_gpu_hours: Floats
    """unserved_gpu_hours[period, workload]  reference GPU-hours left undone, at their penalty; of
    must-serve work only where the operator tells its shortage."""


@dataclass(frozen=True)
class HourPrices:
    """What one more of something costs in the hours of an operation; savings are negative. Undiscounted currency."""

    demand: Floats
    """demand[hour, workload]  per reference GPU-hour more; infinite where no more could be served."""
    unit: Floats
    """unit[period, pool]  per unit more in service during the period, without what holding it costs."""
    rental: Floats
    """rental[rental limit, period]  per GPU more that may be rented during the period."""
