"""Random instances with the features that are rarer: each on its own, or any of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hybrid_lp.instance import Budget, Draw, Held, Instance, Opening, People
from random_instances import random_instance

Feature = Callable[[Instance, np.random.Generator], Instance]


def rich_instance(seed: int, features: tuple[str, ...], *, whole: bool | None = None) -> Instance:
    """A random instance with these features added."""
    rng = np.random.default_rng(seed + 10_000)
    instance = random_instance(seed, whole=whole, most_workloads=3, most_supplies=(3, 2, 1))
    for name in features:
        instance = FEATURES[name](instance, rng)
    return instance


def held(instance: Instance, rng: np.random.Generator) -> Instance:
    """Units that are there, or come; some of them can be sold."""
    entries = []
    for _ in range(int(rng.integers(1, 4))):
        pool, first = int(rng.integers(0, instance.pools)), int(rng.integers(0, instance.periods))
        last = int(rng.integers(first, instance.periods))
        price = float(instance.order_cost[pool].mean())
        sale = -price * rng.uniform(0.1, 0.6) * 0.9 ** np.arange(instance.periods) if rng.random() < 0.6 else None
        units = float(rng.integers(1, 4))
        entries.append(Held(pool, units, first, last, sale, bool(instance.whole[pool])))
    return replace(instance, held=tuple(entries), constant_cost=float(rng.uniform(0, 100)))


def early_sale(instance: Instance, rng: np.random.Generator) -> Instance:
    """New units can be sold: they fetch less with every period, and more than nothing at the end."""
    changes = {}
    for k in range(instance.pools):
        if rng.random() < 0.8:
            order, leave = np.arange(instance.periods)[:, None], np.arange(instance.periods)[None, :]
            age = np.maximum(leave - order - instance.lead_periods[k], 0)
            left = np.clip(1 - age / instance.life_periods[k], 0, 1)
            changes[k] = -rng.uniform(0.3, 0.9) * instance.order_cost[k][:, None] * left
    return replace(instance, sale_change=changes)


def draws(instance: Instance, rng: np.random.Generator) -> Instance:
    """A spend commitment for some of the on-demand offers: one more pool, and a market for each offer."""
    markets = np.flatnonzero(instance.is_market & ~instance.is_spot)
    covered = markets[: int(rng.integers(1, len(markets) + 1))]
    pools, supplies = instance.pools, instance.supplies
    # Pools' supplies come first: the new pool's supply after them, the drawn markets at the end.
    order = np.concatenate([np.arange(pools), [supplies], np.arange(pools, supplies), covered])
    effect = np.concatenate([instance.effectiveness, np.zeros((instance.workloads, 1))], axis=1)[:, order]
    cost = np.concatenate([instance.running_cost, np.zeros((*instance.running_cost.shape[:2], 1))], axis=2)
    cost = cost[:, :, order]
    rate = cost[:, :, -len(covered) :].mean(axis=(0, 1)) * rng.uniform(0.4, 0.9)
    cost[:, :, -len(covered) :] = 0.0
    hours = instance.hours_in_period.astype(np.float64)
    term = int(rng.integers(1, instance.periods + 1))
    paid = np.array([(hours * instance.discount_middle)[p : p + term].sum() for p in range(instance.periods)])
    row = np.zeros((1, instance.periods))

    def moved(j: int) -> int:
        return j if j < pools else j + 1

    limits = tuple(
        replace(
            limit,
            markets=tuple(moved(j) for j in limit.markets)
            + tuple(supplies + 1 + i for i, j in enumerate(covered) if int(j) in limit.markets),
        )
        for limit in instance.rental_limits
    )
    return replace(
        instance,
        effectiveness=effect,
        running_cost=cost,
        is_spot=np.concatenate([instance.is_spot, [False]])[order],
        offered=np.ones((instance.periods, instance.workloads, len(order)), dtype=np.bool_),
        pool_supply=np.arange(pools + 1),
        usable_gpus=np.append(instance.usable_gpus, 1.0),
        order_cost=np.vstack([instance.order_cost, paid]),
        holding_cost=np.vstack([instance.holding_cost, row]),
        lead_periods=np.append(instance.lead_periods, 0),
        life_periods=np.append(instance.life_periods, term),
        whole=np.append(instance.whole, False),
        order_min=np.vstack([instance.order_min, row]),
        order_max=np.vstack([instance.order_max, np.full((1, instance.periods), np.inf)]),
        rental_limits=limits,
        draws=tuple(Draw(supplies + 1 + i, pools, float(rate[i])) for i in range(len(covered))),
    )


def capital(instance: Instance, rng: np.random.Generator) -> Instance:
    """A budget for orders, in some periods or all."""
    weights = instance.order_cost * (rng.random(instance.order_cost.shape) < 0.8)
    limit = float(weights.mean() * rng.uniform(0.5, 4))
    return replace(instance, budgets=(*instance.budgets, Budget("capital", "currency", limit, weights)))


def cloud_bill(instance: Instance, rng: np.random.Generator) -> Instance:
    """What the markets of each period may cost together; reservations' orders count too."""
    budgets = []
    markets = instance.is_market
    for p in range(instance.periods):
        if rng.random() < 0.7:
            first = int(np.flatnonzero(instance.period_of_class == p)[0])
            weights = np.where(markets, instance.running_cost[[first]], 0.0)
            orders = np.zeros((instance.pools, instance.periods))
            orders[-1, : p + 1] = 0.1 * instance.order_cost[-1].mean()
            work = instance.demand[instance.first_hour[p] : instance.first_hour[p + 1]].sum()
            limit = float(work * 2.5 * rng.uniform(0.2, 1.2))
            budgets.append(Budget(f"bill {p}", "currency", limit, orders, periods=range(p, p + 1), run_weights=weights))
    return replace(instance, budgets=(*instance.budgets, *budgets))


def carbon(instance: Instance, rng: np.random.Generator) -> Instance:
    """Carbon of two spans of periods: what is in service, and what runs."""
    half = max(instance.periods // 2, 1)
    budgets = []
    for span in (range(half), range(half, instance.periods)):
        if span:
            weights = np.broadcast_to(
                rng.uniform(0.1, 1.0, instance.supplies), (len(span), instance.workloads, instance.supplies)
            ).copy()
            units = np.zeros((instance.pools, instance.periods))
            units[:, list(span)] = 0.5 * instance.usable_gpus[:, None]
            work = instance.demand[instance.first_hour[span.start] : instance.first_hour[span.stop]].sum()
            limit = float(work * rng.uniform(0.3, 1.5))
            budgets.append(Budget("carbon", "t", limit, unit_weights=units, periods=span, run_weights=weights))
    return replace(instance, budgets=(*instance.budgets, *budgets))


def openings(instance: Instance, rng: np.random.Generator) -> Instance:
    """The first pools stand at a site that must be opened; money stands nowhere. It counts in capital."""
    standing = instance.pools - len({draw.pool for draw in instance.draws})
    pools = tuple(range(int(rng.integers(1, standing + 1))))
    cost = float(instance.order_cost.mean() * rng.uniform(0.2, 2)) * 0.97 ** np.arange(instance.periods)
    year = np.arange(instance.periods)[None] < rng.integers(0, instance.periods + 1)
    budgets = tuple(
        replace(budget, opening_weights=cost * year) if budget.name == "capital" else budget
        for budget in instance.budgets
    )
    return replace(instance, openings=(Opening("site", pools, cost),), budgets=budgets)


def people(instance: Instance, rng: np.random.Generator) -> Instance:
    """Whole people for some pools."""
    pools = tuple(range(int(rng.integers(1, instance.pools + 1))))
    cost = float(instance.order_cost.mean() * rng.uniform(0.02, 0.3)) * instance.discount_middle
    return replace(instance, people=(People("site", pools, float(rng.integers(2, 6)), cost),))


def classes(instance: Instance, rng: np.random.Generator) -> Instance:
    """Two prices in each period, hour by hour; budgets' weights stay those of the period."""
    dear = rng.random(instance.hours) < 0.4
    number = instance.period_of_hour * 2 + dear
    kinds, class_of_hour = np.unique(number, return_inverse=True)
    factor = np.where(kinds % 2 == 1, rng.uniform(1.2, 3), 1.0)
    cost = instance.running_cost[kinds // 2] * factor[:, None, None]
    return replace(instance, running_cost=cost, class_of_hour=class_of_hour.astype(np.int64))


def deferrable(instance: Instance, rng: np.random.Generator) -> Instance:
    """One workload may wait, some hours or the whole period."""
    return _deferrable(instance, rng, 1)


def two_deferrable(instance: Instance, rng: np.random.Generator) -> Instance:
    """As many as two workloads may wait."""
    return _deferrable(instance, rng, 2)


def _deferrable(instance: Instance, rng: np.random.Generator, count: int) -> Instance:
    blocks = {}
    period = instance.period_of_hour
    for w in rng.permutation(instance.workloads)[:count]:
        length = int(rng.choice([2, 6, 1000]))
        _, number = np.unique(period * 10_000 + np.arange(instance.hours) // length, return_inverse=True)
        blocks[int(w)] = number.astype(np.int64)
    return replace(instance, blocks=blocks)


FEATURES: dict[str, Feature] = {
    "held": held,
    "early_sale": early_sale,
    "draws": draws,
    "capital": capital,
    "classes": classes,
    "cloud_bill": cloud_bill,
    "carbon": carbon,
    "openings": openings,
    "people": people,
    "deferrable": deferrable,
    "two_deferrable": two_deferrable,
}
