"""Random instances of the programme, small enough to write out hour by hour."""

from __future__ import annotations

import numpy as np
from hybrid_lp.instance import CapacityLimit, Instance, OrderLimit, RentalLimit


def random_instance(
    seed: int,
    *,
    whole: bool | None = None,
    must_serve: bool | None = None,
    most_workloads: int = 4,
    most_supplies: tuple[int, int, int] = (4, 3, 2),
) -> Instance:
    """Any mix of features: lead times, lives, trends, spot shares, limits, penalties, workloads that cannot run.

    most_supplies: pools, on-demand offers, spot offers. The first on-demand offer serves every workload.
    """
    rng = np.random.default_rng(seed)
    periods, hours = int(rng.integers(2, 6)), rng.integers(4, 30)
    workloads = int(rng.integers(1, most_workloads + 1))
    pools = int(rng.integers(1, most_supplies[0] + 1))
    on_demand, spot = int(rng.integers(1, most_supplies[1] + 1)), int(rng.integers(0, most_supplies[2] + 1))
    supplies = pools + on_demand + spot
    lengths = rng.integers(hours, hours + 5, periods)
    first_hour = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    demand = rng.gamma(2.0, 5.0, (int(first_hour[-1]), workloads)) * (
        rng.random((int(first_hour[-1]), workloads)) < 0.9
    )
    demand = np.round(demand, int(rng.integers(0, 3))) * 10.0 ** rng.integers(-2, 3)
    scale = float(demand.max()) or 1.0
    effectiveness = rng.choice([0.0, 0.5, 1.0, 1.0, 2.0], (workloads, supplies))
    effectiveness[:, pools] = np.maximum(effectiveness[:, pools], 0.5)
    cost = np.concatenate(
        [rng.choice([0.0, 0.1, 0.2], pools), rng.uniform(1.5, 4, on_demand), rng.uniform(0.5, 2, spot)]
    )
    trend = (1 + rng.choice([0.0, -0.1])) ** np.arange(periods)
    running = cost[None, None, :] * trend[:, None, None] * np.ones((periods, workloads, supplies))
    running += rng.choice([0.0, 0.05], (1, workloads, 1))
    penalty = np.where(rng.random(workloads) < 0.5, rng.uniform(2, 20, workloads), np.inf)
    if must_serve is not None:
        penalty = np.full(workloads, np.inf) if must_serve else rng.uniform(2, 20, workloads)
    unit = rng.choice([1.0, 2.0, 8.0], pools) * scale / 10
    total_hours = float(first_hour[-1])
    life = rng.integers(1, periods + 2, pools)
    price = rng.uniform(0.3, 2.5, pools) * unit * total_hours * life / periods
    limits: list[RentalLimit] = []
    if rng.random() < 0.6:
        j = pools + int(rng.integers(0, on_demand))
        # The first on-demand offer serves everything: unlimited unless shortage is wanted.
        if j != pools or np.isfinite(penalty).all():
            reserved = (int(rng.integers(0, pools)),)
            limits.append(RentalLimit("offer", (j,), reserved, (float(unit[reserved[0]]),), scale * 2))
    if spot and rng.random() < 0.6:
        limits.append(RentalLimit("spot", (supplies - 1,), (), (), scale))
    capacity_limits = ()
    if rng.random() < 0.5:
        capacity_limits = (CapacityLimit("power", "kW", tuple(range(pools)), tuple(unit), float(3 * scale)),)
    order_limits = ()
    if seed % 4 == 3:
        order_limits = (OrderLimit("orders", tuple(range(0, pools, 2)), float(1 + seed % 5)),)
    order_max = np.where(rng.random((pools, periods)) < 0.8, np.inf, 0.0)
    lead = rng.integers(0, 3, pools)
    order_max[lead[:, None] + np.arange(periods) >= periods] = 0.0
    return Instance(
        first_hour=first_hour,
        discount_middle=1.08 ** -(np.arange(periods) + 0.5),
        demand=demand,
        unserved_penalty=penalty,
        spot_max_share=rng.choice([1.0, 0.5, 0.0], workloads),
        effectiveness=effectiveness,
        running_cost=running,
        is_spot=np.arange(supplies) >= pools + on_demand,
        offered=np.ones((periods, workloads, supplies), dtype=np.bool_),
        pool_supply=np.arange(pools, dtype=np.int64),
        usable_gpus=unit,
        order_cost=price[:, None] * 0.95 ** np.arange(periods),
        holding_cost=np.repeat((rng.choice([0.0, 0.05], pools) * unit * 10)[:, None], periods, axis=1),
        lead_periods=lead.astype(np.int64),
        life_periods=life.astype(np.int64),
        whole=np.zeros(pools, dtype=np.bool_) if whole is False else rng.random(pools) < (1.0 if whole else 0.5),
        order_min=np.zeros((pools, periods)),
        order_max=order_max,
        rental_limits=tuple(limits),
        capacity_limits=capacity_limits,
        order_limits=order_limits,
    )
