"""Instance + levels → programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pulp import LpMinimize, LpProblem

from hybrid_lp.constraints.capacity_limits import add_capacity_limits
from hybrid_lp.constraints.markets import add_rental_limits, add_spot_share
from hybrid_lp.constraints.pool_use import add_pool_use
from hybrid_lp.constraints.service import add_service
from hybrid_lp.constraints.vintages import add_vintages
from hybrid_lp.instance import Booleans, Instance
from hybrid_lp.levels import Levels
from hybrid_lp.objective import objective
from hybrid_lp.variables import Variables, add_variables


@dataclass(frozen=True)
class Programme:
    """A built programme and the units of its numbers."""

    problem: LpProblem
    columns: Variables
    money_unit: float
    """Currency per unit of the objective."""
    gpu_unit: float
    """GPUs per unit of the run columns."""


def build(instance: Instance, levels: Levels, useful: Booleans, *, relax: bool = False) -> Programme:
    """Write the programme of the instance over these levels. One load level or thousands: the same code.

    useful[period, workload, supply] as from `merge.useful`; `relax` lets whole orders be fractions.
    """
    money_unit, gpu_unit = _units(instance)
    problem = LpProblem("hybrid_schedule", LpMinimize)
    columns = add_variables(problem, instance, levels, useful, relax=relax)
    problem.setObjective(objective(instance, levels, columns, money_unit, gpu_unit))
    add_vintages(problem, instance, columns)
    add_capacity_limits(problem, instance, columns)
    add_service(problem, instance, levels, columns, gpu_unit)
    add_pool_use(problem, instance, levels, columns, gpu_unit)
    add_rental_limits(problem, instance, levels, columns, gpu_unit)
    add_spot_share(problem, instance, levels, columns, gpu_unit)
    return Programme(problem, columns, money_unit, gpu_unit)


def _units(instance: Instance) -> tuple[float, float]:
    """Powers of ten that bring the largest demand to 10 … 100 and the largest cost of an order to 1,000 … 10,000.

    HiGHS works to absolute tolerances and loses accuracy where coefficients spread too far.
    """
    gpu_unit = _power_of_ten(float(instance.demand.max(initial=0.0))) / 10
    orders = float(np.abs(instance.order_cost[instance.order_max > 0]).max(initial=0.0))
    hour = float(instance.running_cost.max(initial=0.0)) * gpu_unit * float(instance.hours_in_period.max(initial=1))
    return _power_of_ten(max(orders, hour)) / 1000, gpu_unit


def _power_of_ten(value: float) -> float:
    return float(10.0 ** np.floor(np.log10(value))) if value > 0 else 1.0
