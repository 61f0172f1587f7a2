"""What was ordered is in service from its arrival to the end of its life."""

from __future__ import annotations

from pulp import LpProblem, lpSum_vars_coefs

from hybrid_lp.instance import Instance
from hybrid_lp.variables import Variables


def add_vintages(problem: LpProblem, instance: Instance, columns: Variables) -> None:
    """capacity_{kp} = capacity_{k,p−1} + order_{k,p−lead} − order_{k,p−lead−life}.

    The sum over vintages in service, Σ_v order_{kv}, written as its change: two orders a row instead of a lifetime's.
    """
    for (k, p), capacity in columns.capacity.items():
        arriving = p - int(instance.lead_periods[k])
        leaving = arriving - int(instance.life_periods[k])
        terms = [(capacity, 1.0)]
        terms += [(columns.capacity[k, p - 1], -1.0)] if (k, p - 1) in columns.capacity else []
        terms += [(columns.order[k, arriving], -1.0)] if (k, arriving) in columns.order else []
        terms += [(columns.order[k, leaving], 1.0)] if (k, leaving) in columns.order else []
        problem.addConstraint(lpSum_vars_coefs(terms) == 0, f"vintages_{k}_{p}")
