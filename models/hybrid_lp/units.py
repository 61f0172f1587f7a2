"""In which units the programme counts, so that its coefficients stay within what the solver is accurate for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.instance import Instance


@dataclass(frozen=True)
class Units:
    """Powers of ten. HiGHS works to absolute tolerances and loses accuracy where coefficients spread too far."""

    money: float
    """Currency per unit of the objective: the largest cost of an order is 1,000 … 10,000."""
    gpus: float
    """GPUs per unit of the columns and rows that count GPUs: the largest demand is 10 … 100."""
    budgets: tuple[float, ...]
    """Of each budget, per unit of its row: its limit is 10 … 100."""

    @classmethod
    def of(cls, instance: Instance) -> Units:
        """The units that fit an instance."""
        gpus = _power_of_ten(float(instance.demand.max(initial=0.0))) / 10
        orders = float(np.abs(instance.order_cost[instance.order_max > 0]).max(initial=0.0))
        dearest = float(instance.running_cost.max(initial=0.0))
        if dearest == 0 and orders == 0:  # nothing to pay but penalties
            dearest = float(instance.unserved_penalty[np.isfinite(instance.unserved_penalty)].max(initial=0.0))
        hour = dearest * gpus * float(instance.hours_in_period.max(initial=1))
        budgets = tuple(_power_of_ten(abs(budget.limit)) / 10 for budget in instance.budgets)
        return cls(_power_of_ten(max(orders, hour)) / 1000, gpus, budgets)


def _power_of_ten(value: float) -> float:
    return float(10.0 ** np.floor(np.log10(value))) if value > 0 else 1.0
