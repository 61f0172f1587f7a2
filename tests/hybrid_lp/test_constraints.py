"""Each family of rows as an LP file for an instance of hand size, to be read beside the family's docstring.

After a change that is meant, write the files anew with `UPDATE_LP=1 pytest tests/hybrid_lp/test_constraints.py`, and
check what git shows by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hand_instance import hand_instance
from hybrid_lp.constraints.capacity_limits import add_capacity_limits
from hybrid_lp.constraints.cuts import add_operating_cuts, add_shortage_cuts
from hybrid_lp.constraints.markets import add_held_limits, add_rental_limits, add_spot_share
from hybrid_lp.constraints.orders import add_order_limits
from hybrid_lp.constraints.pool_use import add_pool_use
from hybrid_lp.constraints.service import add_service
from hybrid_lp.constraints.vintages import add_vintages
from hybrid_lp.cuts import OperatingCuts, ShortageCuts
from hybrid_lp.instance import Instance
from hybrid_lp.levels import Levels, distinct_hours
from hybrid_lp.objective import holding_terms, hours_terms, objective, operating_terms
from hybrid_lp.units import Units
from hybrid_lp.variables import Variables, add_holdings, add_hours, add_operating
from lp_files import assert_as_kept
from pulp import LpMinimize, LpProblem

FOLDER = Path(__file__).parent / "lp"
MONEY_UNIT, GPU_UNIT = 100.0, 10.0
"""Not 1, so that a row that forgets to divide is seen."""

UNITS = Units(MONEY_UNIT, GPU_UNIT, ())

Adds = Callable[[LpProblem, Instance, Levels, Variables], object]


def operating_cuts(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """Of the second period only; the first pool saves 8 a unit, the second takes up a quota."""
    cuts = OperatingCuts(np.array([50.0, 700.0]), np.array([[-1.0, 0], [-8, 3]]), np.zeros((0, 2)))
    add_operating_cuts(problem, instance, columns, cuts, np.array([False, True]), UNITS, 4)


def shortage_cuts(problem: LpProblem, instance: Instance, _: Levels, columns: Variables) -> None:
    """Two hours of the second period, and one of the first that nothing can serve: 0 ≥ 5."""
    cuts = ShortageCuts(np.array([1, 1, 0]), np.array([40.0, 6, 50]), np.array([[-2.0, -8], [-4, 0], [0, 0]]))
    add_shortage_cuts(problem, columns, cuts, UNITS, 2)


FAMILIES: dict[str, Adds] = {
    "service": lambda p, i, levels, c: add_service(p, i, levels, c, GPU_UNIT),
    "pool_use": lambda p, i, levels, c: add_pool_use(p, i, levels, c, GPU_UNIT),
    "vintages": lambda p, i, levels, c: add_vintages(p, i, c),
    "rental_limits": lambda p, i, levels, c: add_rental_limits(p, i, levels, c, GPU_UNIT),
    "held_limits": lambda p, i, levels, c: add_held_limits(p, i, c, GPU_UNIT),
    "spot_share": lambda p, i, levels, c: add_spot_share(p, i, levels, c, GPU_UNIT),
    "capacity_limits": lambda p, i, levels, c: add_capacity_limits(p, i, c),
    "order_limits": lambda p, i, levels, c: add_order_limits(p, i, c),
    "operating_cuts": operating_cuts,
    "shortage_cuts": shortage_cuts,
    "objective": lambda p, i, levels, c: p.setObjective(
        objective(holding_terms(i, c, MONEY_UNIT) + hours_terms(i, levels, c, MONEY_UNIT, GPU_UNIT))
    ),
    "objective_of_cuts": lambda p, i, levels, c: p.setObjective(
        objective(holding_terms(i, c, MONEY_UNIT) + operating_terms(i, c))
    ),
}


def programme(family: str) -> LpProblem:
    """The family alone, with all columns and their bounds, to be written."""
    instance = hand_instance()
    levels = distinct_hours(instance)
    problem = LpProblem(family, LpMinimize)
    columns = add_holdings(problem, instance)
    if family in ("operating_cuts", "shortage_cuts", "objective_of_cuts"):
        columns = add_operating(problem, instance, columns)
    else:
        able = np.broadcast_to(instance.effectiveness > 0, (2, 2, 4))
        columns = add_hours(problem, instance, levels, able, columns)
    FAMILIES[family](problem, instance, levels, columns)
    return problem


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rows_are_those_of_the_docstring(family: str, tmp_path: Path) -> None:
    assert_as_kept(programme(family), FOLDER / f"{family}.lp", tmp_path)


def test_every_expected_file_is_of_a_family() -> None:
    assert {path.stem for path in FOLDER.glob("*.lp")} == set(FAMILIES)


def test_the_levels_of_the_hand_instance() -> None:
    """What the numbers in the files' names mean: run_LEVEL_WORKLOAD_SUPPLY."""
    levels = distinct_hours(hand_instance())
    rows = list(zip(levels.period.tolist(), levels.weight_hours.tolist(), levels.demand.tolist(), strict=True))
    assert sorted(rows) == [(0, 2, [10, 0]), (1, 1, [40, 6]), (1, 2, [20, 6])]
