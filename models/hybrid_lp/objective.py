"""What the programme minimises: the discounted cost of orders, of what they hold, and of operation."""

from __future__ import annotations

from pulp import LpAffineExpression, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels
from hybrid_lp.variables import Variables


def objective(
    instance: Instance, levels: Levels, columns: Variables, money_unit: float, gpu_unit: float
) -> LpAffineExpression:
    """Σ_kp I_{kp} order_{kp} + Σ_kp δ̄_p F_{kp} capacity_{kp}
    + Σ_ℓ δ̄_p ω_ℓ (Σ_wj c_{wjp} run_{ℓwj} + Σ_w π_w unserved_{ℓw}).

    π is the penalty. In money units; I is discounted already, F and c are not.
    """
    middle = instance.discount_middle
    level_factor = middle[levels.period] * levels.weight_hours * (gpu_unit / money_unit)
    terms = [(order, float(instance.order_cost[index]) / money_unit) for index, order in columns.order.items()]
    terms += [
        (capacity, float(middle[p] * instance.holding_cost[k, p]) / money_unit)
        for (k, p), capacity in columns.capacity.items()
    ]
    terms += [
        (run, float(level_factor[level] * instance.running_cost[levels.period[level], w, j]))
        for (level, w, j), run in columns.run.items()
    ]
    terms += [
        (unserved, float(level_factor[level] * instance.unserved_penalty[w]))
        for (level, w), unserved in columns.unserved.items()
    ]
    return lpSum_vars_coefs(terms)
