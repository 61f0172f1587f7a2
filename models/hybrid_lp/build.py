"""Instance → programme: with its hours written out, or with their cost bounded by cuts.

Orders, capacity and what limits them are the same rows in both; only the hours differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pulp import LpMinimize, LpProblem

from hybrid_lp.constraints.capacity_limits import add_capacity_limits
from hybrid_lp.constraints.cuts import add_operating_cuts, add_shortage_cuts
from hybrid_lp.constraints.markets import add_held_limits, add_rental_limits, add_spot_share
from hybrid_lp.constraints.orders import add_order_limits
from hybrid_lp.constraints.pool_use import add_pool_use
from hybrid_lp.constraints.service import add_service
from hybrid_lp.constraints.vintages import add_vintages
from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.instance import Booleans, Instance
from hybrid_lp.levels import Levels
from hybrid_lp.objective import holding_terms, hours_terms, objective, operating_terms
from hybrid_lp.variables import Variables, add_holdings, add_hours, add_operating


@dataclass
class Programme:
    """A built programme and the units of its numbers. Grows by cuts."""

    problem: LpProblem
    columns: Variables
    money_unit: float
    """Currency per unit of the objective."""
    gpu_unit: float
    """GPUs per unit of the columns and rows that count GPUs."""
    rounds: int = 0
    """How often cuts were added: names the rows."""

    def add_cuts(self, operating: OperatingCuts, chosen: Booleans, shortage: ShortageCuts | None) -> None:
        """Add the operating cuts of the chosen[period], and all shortage cuts."""
        self.rounds += 1
        add_operating_cuts(self.problem, self.columns, operating, chosen, self.money_unit, self.rounds)
        if shortage is not None:
            add_shortage_cuts(self.problem, self.columns, shortage, self.gpu_unit, self.rounds)


def written_out(instance: Instance, levels: Levels, useful: Booleans) -> Programme:
    """The programme with what runs in every level written out. With one level per distinct hour it is exact.

    useful[period, workload, supply] as from `merge.useful`.
    """
    money_unit, gpu_unit = _units(instance)
    problem = LpProblem("hybrid_schedule", LpMinimize)
    columns = add_hours(problem, instance, levels, useful, add_holdings(problem, instance))
    terms = holding_terms(instance, columns, money_unit)
    problem.setObjective(objective(terms + hours_terms(instance, levels, columns, money_unit, gpu_unit)))
    _add_holding_rows(problem, instance, columns, gpu_unit)
    add_service(problem, instance, levels, columns, gpu_unit)
    add_pool_use(problem, instance, levels, columns, gpu_unit)
    add_rental_limits(problem, instance, levels, columns, gpu_unit)
    add_spot_share(problem, instance, levels, columns, gpu_unit)
    return Programme(problem, columns, money_unit, gpu_unit)


def with_cuts(instance: Instance) -> Programme:
    """The programme over orders and capacity, with a column per period for the cost of its hours: cuts say how much."""
    money_unit, gpu_unit = _units(instance)
    problem = LpProblem("hybrid_schedule", LpMinimize)
    columns = add_operating(problem, instance, add_holdings(problem, instance))
    terms = holding_terms(instance, columns, money_unit)
    problem.setObjective(objective(terms + operating_terms(instance, columns)))
    _add_holding_rows(problem, instance, columns, gpu_unit)
    return Programme(problem, columns, money_unit, gpu_unit)


def _add_holding_rows(problem: LpProblem, instance: Instance, columns: Variables, gpu_unit: float) -> None:
    add_vintages(problem, instance, columns)
    add_order_limits(problem, instance, columns)
    add_capacity_limits(problem, instance, columns)
    add_held_limits(problem, instance, columns, gpu_unit)


def _units(instance: Instance) -> tuple[float, float]:
    """Powers of ten that bring the largest demand to 10 … 100 and the largest cost of an order to 1,000 … 10,000.

    HiGHS works to absolute tolerances and loses accuracy where coefficients spread too far.
    """
    gpu_unit = _power_of_ten(float(instance.demand.max(initial=0.0))) / 10
    orders = float(np.abs(instance.order_cost[instance.order_max > 0]).max(initial=0.0))
    dearest = float(instance.running_cost.max(initial=0.0))
    if dearest == 0 and orders == 0:  # nothing to pay but penalties
        dearest = float(instance.unserved_penalty[np.isfinite(instance.unserved_penalty)].max(initial=0.0))
    hour = dearest * gpu_unit * float(instance.hours_in_period.max(initial=1))
    return _power_of_ten(max(orders, hour)) / 1000, gpu_unit


def _power_of_ten(value: float) -> float:
    return float(10.0 ** np.floor(np.log10(value))) if value > 0 else 1.0
