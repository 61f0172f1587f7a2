"""What the programme minimises: the discounted cost of orders, of what they hold, and of operation.

Σ_kp I_{kp} order_{kp} + Σ_kve (I_{kv} + G_{kve}) early_{kve} + Σ G_{hp} sold_{hp} + Σ_kp δ̄_p F_{kp} capacity_{kp}
+ Σ set-up opening + Σ pay people + Σ_ℓ δ̄_p ω_ℓ (Σ_wj c_{wjp} run_{ℓwj} + Σ_w π_w unserved_{ℓw}),
or Σ_p δ̄_p operating_p in place of the last sum where the hours are not written out. In money units; I, G, set-up and
pay are discounted already, F, c and the penalty π are not.
"""

from __future__ import annotations

from pulp import LpAffineExpression, LpVariable, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels
from hybrid_lp.variables import Variables

Terms = list[tuple[LpVariable, float]]


def objective(terms: Terms) -> LpAffineExpression:
    """The sum of the terms."""
    return lpSum_vars_coefs(terms)


def holding_terms(instance: Instance, columns: Variables, money_unit: float) -> Terms:
    """Everything but operation: orders, early sales, units in service, openings, people."""
    middle, cost = instance.discount_middle, instance.order_cost
    terms = [(order, float(cost[index])) for index, order in columns.order.items()]
    terms += [
        (early, float(cost[k, p] + instance.sale_change[k][p, leave])) for (k, p, leave), early in columns.early.items()
    ]
    for (number, leave), sold in columns.sold_held.items():
        change = instance.held[number].sale_change
        terms.append((sold, 0.0 if change is None else float(change[leave])))
    terms += [
        (capacity, float(middle[p] * instance.holding_cost[k, p])) for (k, p), capacity in columns.capacity.items()
    ]
    terms += [(opening, float(instance.openings[o].cost[p])) for (o, p), opening in columns.opening.items()]
    terms += [(people, float(instance.people[g].cost[p])) for (g, p), people in columns.people.items()]
    return [(column, coefficient / money_unit) for column, coefficient in terms]


def hours_terms(instance: Instance, levels: Levels, columns: Variables, money_unit: float, gpu_unit: float) -> Terms:
    """Σ_ℓ δ̄_p ω_ℓ (Σ_wj c_{wjp} run_{ℓwj} + Σ_w π_w unserved_{ℓw})."""
    factor = instance.discount_middle[levels.period] * levels.weight_hours * (gpu_unit / money_unit)
    terms = [
        (run, float(factor[level] * instance.running_cost[levels.cost_class[level], w, j]))
        for (level, w, j), run in columns.run.items()
    ]
    return terms + [
        (unserved, float(factor[level] * instance.unserved_penalty[w]))
        for (level, w), unserved in columns.unserved.items()
    ]


def operating_terms(instance: Instance, columns: Variables) -> Terms:
    """Σ_p δ̄_p operating_p."""
    return [(operating, float(instance.discount_middle[p])) for p, operating in enumerate(columns.operating)]
