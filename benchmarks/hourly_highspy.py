"""The rival: the programme with every hour written out as arrays, handed to HiGHS through highspy in one call.

It is written from docs/formulation.md and from the instance alone, shares nothing with `hybrid_lp.build`, and leaves
out what an expert would leave out: ways of serving that are never limited less and never cheaper than another one
(`--all-columns` keeps them). Money and GPUs are scaled, which HiGHS likes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from figures import Figures, rival_arguments
from hybrid_lp.instance import Instance
from hybrid_lp.merge import useful
from numpy.typing import NDArray

MONEY, GPUS = 1e3, 10.0
"""Currency per unit of the objective, GPUs per unit of the hourly columns."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass
class Rows:
    """A matrix that grows by families of rows, in triplets."""

    count: int = 0
    row: list[Integers] = field(default_factory=list)
    column: list[Integers] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)

    def family(self, lower: Floats | float, upper: Floats | float, count: int) -> int:
        """Add so many rows; the number of the first."""
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), count))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), count))
        self.count += count
        return self.count - count

    def put(self, row: Integers, column: Integers, value: Floats | float) -> None:
        """Add entries."""
        self.row.append(row)
        self.column.append(column)
        self.value.append(np.broadcast_to(np.asarray(value, dtype=np.float64), len(row)))

    def compressed(self) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
        """starts[row], column[entry], value[entry]."""
        row = np.concatenate(self.row)
        order = np.argsort(row, kind="stable")
        starts = np.zeros(self.count, dtype=np.int32)
        starts[1:] = np.cumsum(np.bincount(row, minlength=self.count))[:-1]
        return starts, np.concatenate(self.column)[order].astype(np.int32), np.concatenate(self.value)[order]


@dataclass(frozen=True)
class Hourly:
    """Where the columns are."""

    instance: Instance
    hour: Integers
    workload: Integers
    supply: Integers
    """hour, workload and supply of each run column."""
    failing: Integers
    """Workloads that may be left undone."""

    @classmethod
    def of(cls, instance: Instance, every_column: bool) -> Hourly:
        able = (instance.effectiveness > 0)[None] & instance.offered
        if not every_column:
            able = useful(instance)
        hour, workload, supply = np.nonzero(able[instance.period_of_hour])
        return cls(instance, hour, workload, supply, np.flatnonzero(np.isfinite(instance.unserved_penalty)))

    @property
    def held(self) -> int:
        """Number of (pool, period) pairs: of order columns, and of capacity columns after them."""
        return self.instance.pools * self.instance.periods

    @property
    def first_run(self) -> int:
        return 2 * self.held

    @property
    def first_unserved(self) -> int:
        return self.first_run + len(self.hour)

    @property
    def count(self) -> int:
        """Number of columns."""
        return self.first_unserved + self.instance.hours * len(self.failing)

    @property
    def run(self) -> Integers:
        """Numbers of the run columns."""
        return np.arange(self.first_run, self.first_unserved)

    def capacity(self, pool: int) -> Integers:
        """Column of the pool's capacity in the period of each hour."""
        return self.held + pool * self.instance.periods + self.instance.period_of_hour


def costs(columns: Hourly) -> Floats:
    """Of every column, in money units."""
    instance = columns.instance
    period = instance.period_of_hour
    middle = instance.discount_middle
    running = (
        middle[period[columns.hour]] * (instance.running_cost[period[columns.hour], columns.workload, columns.supply])
    )
    undone = middle[period][:, None] * instance.unserved_penalty[columns.failing][None]
    holding = instance.holding_cost * middle
    parts = (instance.order_cost.ravel(), holding.ravel(), running * GPUS, undone.ravel() * GPUS)
    return np.concatenate(parts) / MONEY


def add_hour_rows(rows: Rows, columns: Hourly) -> None:
    """Service, use of pools, rental limits and spot shares, in every hour."""
    instance, hours = columns.instance, columns.instance.hours
    effect = instance.effectiveness[columns.workload, columns.supply]
    first = rows.family(instance.demand.ravel() / GPUS, np.inf, hours * instance.workloads)
    rows.put(first + columns.hour * instance.workloads + columns.workload, columns.run, effect)
    undone = np.arange(hours)[:, None] * instance.workloads + columns.failing[None]
    rows.put(first + undone.ravel(), np.arange(columns.first_unserved, columns.count), 1.0)
    for pool, supply in enumerate(instance.pool_supply):
        here = columns.supply == supply
        first = rows.family(-np.inf, 0.0, hours)
        rows.put(first + columns.hour[here], columns.run[here], 1.0)
        rows.put(first + np.arange(hours), columns.capacity(pool), -instance.usable_gpus[pool] / GPUS)
    for limit in instance.rental_limits:
        here = np.isin(columns.supply, limit.markets)
        first = rows.family(-np.inf, limit.max_gpus / GPUS, hours)
        rows.put(first + columns.hour[here], columns.run[here], 1.0)
        for pool, gpus in zip(limit.pools, limit.gpus_per_unit, strict=True):
            rows.put(first + np.arange(hours), columns.capacity(pool), gpus / GPUS)
    for w in np.flatnonzero(instance.spot_max_share < 1):
        here = (columns.workload == w) & instance.is_spot[columns.supply]
        first = rows.family(-np.inf, instance.spot_max_share[w] * instance.demand[:, w] / GPUS, hours)
        rows.put(first + columns.hour[here], columns.run[here], effect[here])


def add_held_rows(rows: Rows, columns: Hourly) -> None:
    """Vintages as changes of capacity, and limits on capacity and orders."""
    instance, periods = columns.instance, columns.instance.periods
    first = rows.family(0.0, 0.0, columns.held)
    for pool in range(instance.pools):
        base, now = pool * periods, np.arange(periods)
        rows.put(first + base + now, columns.held + base + now, 1.0)
        rows.put(first + base + now[1:], columns.held + base + now[:-1], -1.0)
        lead, life = int(instance.lead_periods[pool]), int(instance.life_periods[pool])
        rows.put(first + base + now[lead:], base + now[: max(periods - lead, 0)], -1.0)
        rows.put(first + base + now[lead + life :], base + now[: max(periods - lead - life, 0)], 1.0)
    for limit in instance.capacity_limits:
        first = rows.family(-np.inf, limit.limit, periods)
        for pool, weight in zip(limit.pools, limit.weights, strict=True):
            rows.put(first + np.arange(periods), columns.held + pool * periods + np.arange(periods), weight)
    for order in instance.order_limits:
        first = rows.family(-np.inf, order.most, periods)
        for pool in order.pools:
            rows.put(first + np.arange(periods), pool * periods + np.arange(periods), 1.0)


def passed(columns: Hourly, *, whole: bool) -> Any:
    """The programme in HiGHS."""
    instance, rows = columns.instance, Rows()
    add_hour_rows(rows, columns)
    add_held_rows(rows, columns)
    starts, indices, values = rows.compressed()
    lower, upper = np.zeros(columns.count), np.full(columns.count, np.inf)
    lower[: columns.held], upper[: columns.held] = instance.order_min.ravel(), instance.order_max.ravel()
    kinds = np.zeros(columns.count, dtype=np.int32)
    kinds[: columns.held] = np.repeat(instance.whole, instance.periods) if whole else 0
    bounds = np.concatenate(rows.lower), np.concatenate(rows.upper)
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    sizes = (
        columns.count,
        rows.count,
        len(values),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
    )
    highs.passModel(*sizes, 0.0, costs(columns), lower, upper, *bounds, starts, indices, values, kinds)
    return highs


def solve(highs: Any, columns: Hourly, options: dict[str, Any], whole: bool) -> tuple[Floats, float | None, bool]:
    """orders[pool, period], the gap, and whether it was finished."""
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.run()
    finished = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    values = np.asarray(highs.getSolution().col_value)[: columns.held]
    gap = (highs.getInfo().mip_gap if whole else 0.0) if finished or whole else None
    return values.reshape(columns.instance.pools, -1), gap if gap is not None and np.isfinite(gap) else None, finished


def write_orders(folder: Path | None, orders: Floats) -> None:
    """The plan of a rival: what to order when. Ours writes far more."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / "orders.csv", orders, delimiter=",")


def main() -> None:
    """Read, build, solve, write, report."""
    from planner.api import read_inputs

    parser = rival_arguments(__doc__)
    parser.add_argument("--all-columns", action="store_true", help="keep ways of serving that are never worth it")
    parser.add_argument("--solver", default="choose", help="choose, simplex, ipm or pdlp: HiGHS's own option")
    chosen = parser.parse_args()
    instance = read_inputs(chosen.folder / "forecast.csv", chosen.folder / "assumptions.yaml").prepared.instance
    whole = bool(instance.whole.any()) and not chosen.relax
    started, cpu = time.perf_counter(), time.process_time()
    columns = Hourly.of(instance, chosen.all_columns)
    highs = passed(columns, whole=whole)
    built = time.perf_counter()
    options = {"solver": chosen.solver, "mip_rel_gap": chosen.gap, "mip_abs_gap": 0.0}
    if chosen.time_limit is not None:
        options["time_limit"] = chosen.time_limit
    orders, gap, finished = solve(highs, columns, options, whole)
    solved, cpu = time.perf_counter(), time.process_time() - cpu
    write_orders(chosen.output, orders)
    known = finished or (whole and gap is not None)
    objective = highs.getInfo().objective_function_value * MONEY if known else None
    Figures(built - started, solved - built, objective, gap, columns.count, finished, cpu).show()


if __name__ == "__main__":
    main()
