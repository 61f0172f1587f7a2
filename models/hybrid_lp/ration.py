"""The least cost of operating given capacity when budgets couple the hours: a cloud bill per period, carbon per year.

With a price on what hours take of a budget they are separate again. Each set of prices gives an operation of every
period, and a bound on cost and use together; the cheapest mixture of operations that keeps the budgets gives the next
prices (Dantzig & Wolfe 1960), until mixture and bound meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pulp import LpMinimize, LpProblem, getSolver, lpSum_vars_coefs

from hybrid_lp.costing import Costing, run_weights
from hybrid_lp.instance import Floats, Instance
from hybrid_lp.levels import Levels
from hybrid_lp.operate import Operator
from hybrid_lp.valuation import Operation, Valuation

ROUNDED = 1e-7
"""Share of a budget below which an overstep is the solver's rounding."""

MOST_PRICES = 60
"""Sets of prices after which the mixture is taken as it is: a plan, if not the best operation of it."""

RATIONED = 1e-7
"""Relative difference between mixture and bound that ends the search."""


MOST_REMEMBERED = 2
"""Valuations with prices on budgets that the next capacity starts with."""


@dataclass(frozen=True)
class Part:
    """An operation of all hours, and the share of each period in which it is followed."""

    share: Floats
    """share[period]."""
    valuation: Valuation


@dataclass(frozen=True)
class Rationed:
    """How capacity is operated within the budgets."""

    parts: tuple[Part, ...]
    period_cost: Floats
    """period_cost[period]  currency, undiscounted, without prices on budgets."""
    valuations: tuple[Valuation, ...]
    """All that were made: each is a bound on other capacities."""
    overstep: float
    """Share of a budget by which the operation that oversteps budgets least does so; 0 where it keeps them."""

    @property
    def kept(self) -> bool:
        """Are the budgets kept? Otherwise no operation of this capacity keeps them."""
        return self.overstep == 0


@dataclass(frozen=True)
class _Offer:
    """One operation of every period: what it costs and takes."""

    valuation: Valuation
    cost: Floats
    """cost[period]  undiscounted, without prices on budgets."""
    use: Floats
    """use[coupling budget, period]."""


def ration(
    instance: Instance,
    operator: Operator,
    levels: Levels,
    capacity: Floats,
    left: Floats,
    latest: list[tuple[Levels, Valuation]],
    severity: float = 1.0,
    is_over: Callable[[], bool] = lambda: False,
) -> Rationed:
    """The cheapest operation that takes at most left[coupling budget] of each.

    latest: valuations of another capacity, first that without prices on budgets, then those with prices that were
    useful there: where to start. They are replaced by those that were useful here. severity: how many times as dear as
    usual an overstep is, where capacity was preferred that oversteps a budget by very little. is_over: asked before
    every new price; True ends with the best mixture so far.
    """
    offers: list[_Offer] = []

    def add(costing: Costing, near: tuple[Levels, Valuation] | None) -> _Offer:
        valuation = operator.value(levels, capacity, costing, near)
        offers.append(_offer(instance, operator, levels, capacity, valuation))
        return offers[-1]

    plain = add(operator.plain, latest[0] if latest else None)
    if plain.valuation.short.any() or (plain.use.sum(axis=1) <= left).all():
        latest[:1] = [(levels, plain.valuation)]
        only = Part(np.ones(instance.periods), plain.valuation)
        return Rationed((only,), plain.cost, (plain.valuation,), overstep=0.0)
    for known in latest[1:]:
        add(known[1].costing, known)
    middle = instance.discount_middle
    for _ in range(MOST_PRICES):
        if is_over():
            break
        _, cost, prices, _ = _mixture(instance, offers, left, severity)
        budget_price = prices[:, None] / middle[None, :]
        found = add(operator.costing(budget_price), (levels, offers[-1].valuation))
        bound = float(middle @ (found.cost + (budget_price * found.use).sum(axis=0)) - prices @ left)
        if bound >= cost - RATIONED * max(abs(cost), 1.0):
            break
    shares, _, _, over = _mixture(instance, offers, left, severity)
    # The last prices are near those of the next capacity.
    latest[:] = [(levels, offer.valuation) for offer in (offers[0], *offers[1:][-MOST_REMEMBERED:])]
    used = [(share, offer) for share, offer in zip(shares, offers, strict=True) if share.any()]
    parts = tuple(Part(share, offer.valuation) for share, offer in used)
    period_cost: Floats = sum((share * offer.cost for share, offer in used), np.zeros(instance.periods))
    return Rationed(parts, period_cost, tuple(offer.valuation for offer in offers), over)


def _offer(instance: Instance, operator: Operator, levels: Levels, capacity: Floats, valuation: Valuation) -> _Offer:
    operation = operator.operate(levels, capacity, valuation)
    return _Offer(valuation, operating_cost(instance, operation), budget_use(instance, operation))


def operating_cost(instance: Instance, operation: Operation) -> Floats:
    """cost[period]  undiscounted: running costs, and the penalties of work that has one and is left undone."""
    by_class = np.einsum("cwj,cwj->c", instance.running_cost, operation.run_gpu_hours)
    cost: Floats = np.bincount(instance.period_of_class, weights=by_class, minlength=instance.periods)
    penalty = np.where(np.isfinite(instance.unserved_penalty), instance.unserved_penalty, 0.0)
    return cost + operation.unserved_gpu_hours @ penalty


def budget_use(instance: Instance, operation: Operation) -> Floats:
    """use[coupling budget, period]  of each by what runs."""
    period = instance.period_of_class
    use = np.zeros((len(instance.coupling), instance.periods))
    for b, number in enumerate(instance.coupling):
        inside, weights = run_weights(instance, number)
        taken = np.einsum("cwj,cwj->c", weights, operation.run_gpu_hours[inside])
        use[b] = np.bincount(period[inside], weights=taken, minlength=instance.periods)
    return use


def _mixture(
    instance: Instance, offers: list[_Offer], left: Floats, severity: float
) -> tuple[Floats, float, Floats, float]:
    """(share[offer, period], discounted cost, price[coupling budget], overstep as a share) of the best mixture.

    min Σ_op δ̄_p cost_op share_op + Σ_b M_b over_b,  Σ_o share_op = 1,  Σ_op use_bop share_op ≤ left_b + over_b.
    """
    middle = instance.discount_middle
    cost = np.array([offer.cost * middle for offer in offers])
    use = np.array([offer.use for offer in offers])
    work = instance.demand.sum() * float(middle.max(initial=1.0))
    penalties = instance.unserved_penalty[np.isfinite(instance.unserved_penalty)]
    dearest = max(float(np.abs(instance.running_cost).max(initial=0.0)), float(penalties.max(initial=0.0)))
    money = max(float(np.abs(cost).max(initial=0.0)), dearest * float(work), 1e-9)
    # Of the whole budget: where orders leave nothing of it, what rounding takes is no overstep.
    limits = np.abs([instance.budgets[number].limit for number in instance.coupling])
    units = np.maximum.reduce([np.abs(use).sum(axis=2).max(axis=0), np.abs(left), limits, np.full(len(left), 1e-9)])
    problem = LpProblem("mixture", LpMinimize)
    index = [(o, p) for o in range(len(offers)) for p in range(instance.periods)]
    share = problem.add_variable_dict("share_%s_%s", index, lowBound=0)
    over = [problem.add_variable(f"over_{b}", 0) for b in range(len(left))]
    # Dearer than any way to save: the dearest GPU-hours, or orders that take less, a thousand times over.
    ordered = float(np.abs(instance.order_cost[instance.order_max > 0]).max(initial=0.0))
    worst = severity * 1000.0 * ((float(cost.max(axis=0).sum()) + ordered) / money + 1.0)
    terms = [(share[o, p], float(cost[o, p]) / money) for o, p in index]
    problem.setObjective(lpSum_vars_coefs(terms + [(column, worst) for column in over]))
    for p in range(instance.periods):
        whole = lpSum_vars_coefs([(share[o, p], 1.0) for o in range(len(offers))])
        problem.addConstraint(whole == 1, f"whole_{p}")
    for b in range(len(left)):
        taken = [(share[o, p], float(use[o, b, p] / units[b])) for o, p in index if use[o, b, p]]
        row = lpSum_vars_coefs([*taken, (over[b], -1.0)])
        problem.addConstraint(row <= float(left[b] / units[b]), f"budget_{b}")
    stats = problem.solve(getSolver("HiGHS", msg=False))
    if not stats.has_solution:
        raise RuntimeError(f"the mixture of operations was not solved ({stats.status_str}): a bug")
    prices = np.zeros(len(left))
    for b in range(len(left)):
        budget = problem.get_constraint_by_name(f"budget_{b}")
        assert budget is not None, "a row that was just added"
        prices[b] = max(-(budget.pi or 0.0), 0.0) * money / units[b]
    shares = np.zeros(cost.shape)
    for (o, p), column in share.items():
        value = column.varValue or 0.0
        shares[o, p] = value if value > 1e-12 else 0.0
    most = max(column.varValue or 0.0 for column in over)
    objective = float((shares * cost).sum()) + sum((column.varValue or 0.0) * worst * money for column in over)
    return shares, objective, prices, most if most > ROUNDED else 0.0
