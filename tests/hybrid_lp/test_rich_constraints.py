"""The rarer families of rows as LP files, each to be read beside what is worked out by hand here.

After a change that is meant, write the files anew with `UPDATE_LP=1 pytest tests/hybrid_lp/test_rich_constraints.py`,
and check what git shows by hand. Columns: run_LEVEL_WORKLOAD_SUPPLY; levels are, in (period, hours, demand of workload
0, mean of workload 1): (0, 2, 10, 2), (1, 2, 20, 4), (1, 1, 40, 4) with its own prices, (2, 1, 5, 3).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hand_instance import EARLY, rich_hand_instance
from hybrid_lp.constraints.budgets import add_budgets, add_hour_budgets
from hybrid_lp.constraints.cuts import add_operating_cuts
from hybrid_lp.constraints.markets import add_spot_share
from hybrid_lp.constraints.orders import add_order_bounds
from hybrid_lp.constraints.pool_use import add_pool_use
from hybrid_lp.constraints.service import add_service
from hybrid_lp.constraints.sites import add_openings, add_people
from hybrid_lp.constraints.vintages import add_held_sales, add_vintages
from hybrid_lp.cuts import OperatingCuts
from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels, distinct_hours
from hybrid_lp.objective import holding_terms, objective
from hybrid_lp.units import Units
from hybrid_lp.variables import Variables, add_holdings, add_hours, add_operating
from lp_files import assert_as_kept
from pulp import LpMinimize, LpProblem

FOLDER = Path(__file__).parent / "lp" / "rich"
UNITS = Units(money=100.0, gpus=10.0, budgets=(1000.0, 10.0, 2.0))
"""Not 1, so that a row that forgets to divide is seen."""

BY_CUTS = ("budgets", "operating_cuts")


def vintages(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """Two held servers come at 0 and go at 2, less those sold at 0 or 1; what is ordered at 0 stays, or leaves early.

    Pool 0: capacity_0 = 2 − sold_0 + order + early_1 + early_2; capacity_1 − capacity_0 = −sold_1 − early_1;
    capacity_2 − capacity_1 = −2 + sold_0 + sold_1 − early_2: what was sold before does not leave again.
    """
    add_vintages(problem, instance, columns)


def held_sales(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """No more than the two."""
    add_held_sales(problem, instance, columns)


def order_bounds(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """1 to 5 ordered at 0, those that leave early among them; the reservation keeps its bound on the column."""
    add_order_bounds(problem, instance, columns)


def openings(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """Ordered at 0 only if the site opened at 0: U = 5, the most that may be ordered. Capital counts it: it opens with
    an order, of which there is none at 1 or 2."""
    add_openings(problem, instance, columns)


def people(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """Five servers a person, in each period."""
    add_people(problem, instance, columns)


def budgets(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """Each in its unit. Capital: 500 an order and 100 an opening, of 1,600, by 1,000. Bill: 30 a reservation of the
    second period, of 200, by 10. Carbon: 0.5 a server in the first two periods, of 40, by 2. `used` is in units."""
    add_budgets(problem, instance, columns, UNITS)


def hour_budgets(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables) -> None:
    """Those in which hours count, by 10 GPUs a column: bill 3 × ω × 10/10, that is 6 in two hours and 3 in one; carbon
    0.2 × ω × 10/2, that is 2 in two hours and 1 in one."""
    add_hour_budgets(problem, instance, levels, columns, UNITS)


def pool_use(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables) -> None:
    """On supply 2, money: 2 an hour for each GPU on supply 5, against what is promised, 1 by the unit of 10 GPUs."""
    add_pool_use(problem, instance, levels, columns, UNITS.gpus)


def service(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables) -> None:
    """Workload 1 over blocks: of the second, levels 1 and 2 weigh 2/3 and 1/3, and the mean is 12/3 = 4 GPUs."""
    add_service(problem, instance, levels, columns, UNITS.gpus)


def spot_share(problem: LpProblem, instance: Instance, levels: Levels, columns: Variables) -> None:
    """Half of each block: 1, 2 and 1.5 GPUs; 0.9 of a spot hour is work, 0.6 and 0.3 in the second block."""
    add_spot_share(problem, instance, levels, columns, UNITS.gpus)


def operating_cuts(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """Of the first two periods, with prices of 5 on the bill and 20 on carbon.

    operating + 5 × 10/100 used_bill + 20 × 2/100 used_carbon; the bill is the second period's alone.
    """
    slope = np.array([[-1.0, 0, -2], [-8, 3, 0], [-9, -9, -9]])
    price = np.array([[5.0] * 3, [20.0] * 3])
    cuts = OperatingCuts(np.array([50.0, 700, 900]), slope, price)
    add_operating_cuts(problem, instance, columns, cuts, np.array([True, True, False]), UNITS, 4)


def held_objective(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """By 100: orders 500; left early 500 − 300 and 500 − 200; held sold for 50 or 30; in service 0.9 × 5, 0.8 × 6, 0.7
    × 7; the opening and people discounted already."""
    problem.setObjective(objective(holding_terms(instance, columns, UNITS.money)))


FAMILIES: dict[str, Callable[[LpProblem, Instance, Levels, Variables], None]] = {
    "vintages": vintages,
    "held_sales": held_sales,
    "order_bounds": order_bounds,
    "openings": openings,
    "people": people,
    "budgets": budgets,
    "hour_budgets": hour_budgets,
    "pool_use": pool_use,
    "service": service,
    "spot_share": spot_share,
    "operating_cuts": operating_cuts,
    "held_objective": held_objective,
}


def programme(family: str) -> LpProblem:
    """The family alone, with its columns and their bounds, to be written."""
    instance = rich_hand_instance()
    levels = distinct_hours(instance)
    problem = LpProblem(family, LpMinimize)
    columns = add_holdings(problem, instance, EARLY)
    if family in BY_CUTS:
        columns = add_operating(problem, instance, columns)
    else:
        able = np.broadcast_to(instance.effectiveness > 0, (4, 2, 6))
        columns = add_hours(problem, instance, levels, able, columns)
    FAMILIES[family](problem, instance, levels, columns)
    return problem


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rows_are_those_worked_out(family: str, tmp_path: Path) -> None:
    assert_as_kept(programme(family), FOLDER / f"{family}.lp", tmp_path)


def test_every_expected_file_is_of_a_family() -> None:
    assert {path.stem for path in FOLDER.glob("*.lp")} == set(FAMILIES)


def test_the_levels_are_those_said() -> None:
    levels = distinct_hours(rich_hand_instance())
    rows = zip(levels.period.tolist(), levels.weight_hours.tolist(), levels.demand.tolist(), strict=True)
    assert list(rows) == [(0, 2, [10, 2]), (1, 2, [20, 4]), (1, 1, [40, 4]), (2, 1, [5, 3])]
