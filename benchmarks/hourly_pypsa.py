"""The same problem in PyPSA, a planner of power systems: its closest relative among published tools.

A supply is a bus with a generator, running a workload on it is a link whose efficiency is the workload's speed there,
and work left undone is a generator at the workload's bus. What PyPSA has no component for is added to its linopy model
by hand: orders in any period (its own way is a generator for each vintage, with rows for every hour), spot shares, and
limits shared by pools and markets. Fractions only: whole servers are refused.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from figures import Figures, rival_arguments
from hybrid_lp.instance import Instance
from hybrid_lp.merge import useful

if TYPE_CHECKING:
    import pypsa

MONEY, GPUS = 1e3, 10.0
"""Currency per unit of the objective, GPUs per unit of the hourly columns."""
PLENTY = 1e5
"""A capacity that never binds."""


def network(instance: Instance) -> pypsa.Network:
    """Workloads, supplies and the links between them; capacity of pools is not limited yet."""
    import pypsa

    net, hours = pypsa.Network(), pd.RangeIndex(instance.hours)
    period, middle = instance.period_of_hour, instance.discount_middle
    net.set_snapshots(hours)
    workloads = [f"workload-{w}" for w in range(instance.workloads)]
    supplies = [f"supply-{j}" for j in range(instance.supplies)]
    net.add("Bus", workloads + supplies)
    net.add("Load", workloads, bus=workloads, p_set=pd.DataFrame(instance.demand / GPUS, hours, workloads))
    net.add("Generator", supplies, bus=supplies, p_nom=PLENTY)
    cells = [(int(w), int(j)) for w, j in zip(*np.nonzero(useful(instance).any(axis=0)), strict=True)]
    names = [f"{workloads[w]} on {supplies[j]}" for w, j in cells]
    price = instance.running_cost * middle[:, None, None] * (GPUS / MONEY)
    costs = np.stack([price[period, w, j] for w, j in cells], axis=1)
    net.add(
        "Link",
        names,
        bus0=[supplies[j] for _, j in cells],
        bus1=[workloads[w] for w, _ in cells],
        efficiency=[float(instance.effectiveness[w, j]) for w, j in cells],
        p_nom=PLENTY,
        marginal_cost=pd.DataFrame(costs, hours, names),
    )
    for w in np.flatnonzero(np.isfinite(instance.unserved_penalty)):
        cost = pd.Series(middle[period] * instance.unserved_penalty[w] * (GPUS / MONEY), hours)
        net.add("Generator", f"undone-{w}", bus=workloads[w], p_nom=PLENTY, marginal_cost=cost)
    return net


class Additions:
    """What is added to PyPSA's model by hand."""

    def __init__(self, net: pypsa.Network, instance: Instance) -> None:
        import xarray as xr

        self.model: Any = net.model
        self.instance = instance
        self.supplied = self.model.variables["Generator-p"]
        self.links = net.links
        self.link_power = self.model.variables["Link-p"]
        axes = [pd.RangeIndex(instance.pools, name="pool"), pd.RangeIndex(instance.periods, name="period")]
        self.order = self.model.add_variables(instance.order_min, instance.order_max, coords=axes, name="order")
        self.capacity = self.model.add_variables(lower=0, coords=axes, name="capacity")
        hours = {"snapshot": pd.RangeIndex(instance.hours)}
        self.period = xr.DataArray(instance.period_of_hour, coords=hours, dims="snapshot")
        self.arrays = xr
        self._add_costs(axes)

    def _add_costs(self, axes: list[pd.RangeIndex]) -> None:
        instance = self.instance
        ordered = self.arrays.DataArray(instance.order_cost / MONEY, coords=axes)
        held = self.arrays.DataArray(instance.holding_cost * instance.discount_middle / MONEY, coords=axes)
        self.model.objective = self.model.objective + (self.order * ordered).sum() + (self.capacity * held).sum()

    def add_vintages(self) -> None:
        """Capacity as the sum of the orders in service, written as its change."""
        for k in range(self.instance.pools):
            lead, life = int(self.instance.lead_periods[k]), int(self.instance.life_periods[k])
            order, capacity = self.order.sel(pool=k), self.capacity.sel(pool=k)
            change = capacity - _later(capacity, 1) - _later(order, lead) + _later(order, lead + life)
            self.model.add_constraints(change == 0, name=f"vintages-{k}")

    def add_pool_use(self) -> None:
        """Pools supply no more than they hold."""
        for k, j in enumerate(self.instance.pool_supply):
            held = self.capacity.sel(pool=k, period=self.period) * (self.instance.usable_gpus[k] / GPUS)
            used = self.supplied.sel(name=f"supply-{j}")
            self.model.add_constraints(used - held <= 0, name=f"pool_use-{k}")

    def add_limits(self) -> None:
        """Rental limits in every hour; capacity and order limits in every period."""
        for number, limit in enumerate(self.instance.rental_limits):
            used = [1 * self.supplied.sel(name=f"supply-{j}") for j in limit.markets]
            pairs = zip(limit.pools, limit.gpus_per_unit, strict=True)
            used += [self.capacity.sel(pool=k, period=self.period) * (gpus / GPUS) for k, gpus in pairs]
            self.model.add_constraints(sum(used) <= limit.max_gpus / GPUS, name=f"rental_limit-{number}")
        for number, most in enumerate(self.instance.capacity_limits):
            taken = [self.capacity.sel(pool=k) * weight for k, weight in zip(most.pools, most.weights, strict=True)]
            self.model.add_constraints(sum(taken) <= most.limit, name=f"capacity_limit-{number}")
        for number, order in enumerate(self.instance.order_limits):
            ordered = sum(1 * self.order.sel(pool=k) for k in order.pools)
            self.model.add_constraints(ordered <= order.most, name=f"order_limit-{number}")

    def add_spot_shares(self) -> None:
        """Of a workload's demand in every hour, at most its share runs on spot."""
        instance = self.instance
        spot = [f"supply-{j}" for j in np.flatnonzero(instance.is_spot)]
        for w in np.flatnonzero(instance.spot_max_share < 1):
            mine = self.links[(self.links.bus1 == f"workload-{w}") & self.links.bus0.isin(spot)]
            if len(mine):
                effect = self.arrays.DataArray(mine.efficiency.to_numpy(), coords={"name": mine.index.to_numpy()})
                work = (self.link_power.sel(name=mine.index) * effect).sum("name")
                most = instance.spot_max_share[w] * instance.demand[:, w] / GPUS
                limit = self.arrays.DataArray(most, coords=self.period.coords)
                self.model.add_constraints(work <= limit, name=f"spot_share-{w}")


def _later(variable: Any, periods: int) -> Any:
    """What the variable was so many periods ago; 0 before the first."""
    return variable.shift(period=periods).fillna(0) if periods else 1 * variable


def main() -> None:
    """Read, build, solve, report."""
    from planner.api import read_inputs

    chosen = rival_arguments(__doc__).parse_args()
    instance = read_inputs(chosen.folder / "forecast.csv", chosen.folder / "assumptions.yaml").prepared.instance
    if instance.whole.any() and not chosen.relax:
        sys.exit("whole servers are not part of this comparison; --relax allows fractions")
    logging.disable(logging.WARNING)
    started, cpu = time.perf_counter(), time.process_time()
    net = network(instance)
    net.optimize.create_model()
    additions = Additions(net, instance)
    additions.add_vintages()
    additions.add_pool_use()
    additions.add_limits()
    additions.add_spot_shares()
    built = time.perf_counter()
    options = {"output_flag": False} | ({} if chosen.time_limit is None else {"time_limit": chosen.time_limit})
    _, condition = net.optimize.solve_model(solver_name="highs", io_api="direct", **options)
    solved, cpu = time.perf_counter(), time.process_time() - cpu
    finished = condition == "optimal"
    objective = float(net.model.objective.value) * MONEY if finished else None
    columns, gap = int(net.model.nvars), 0.0 if finished else None
    if chosen.output is not None and finished:
        chosen.output.mkdir(parents=True, exist_ok=True)
        additions.order.solution.to_pandas().to_csv(chosen.output / "orders.csv")
    Figures(built - started, solved - built, objective, gap, columns, finished, cpu, condition).show()


if __name__ == "__main__":
    main()
