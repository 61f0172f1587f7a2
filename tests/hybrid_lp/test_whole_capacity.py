"""Whole units that can be sold early: their capacity is declared whole, and only where it must be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_instance import EARLY, rich_hand_instance
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import Held
from hybrid_lp.variables import add_holdings
from pulp import LpMinimize, LpProblem
from pulp.constants import LpInteger


def kinds(instance, fractions=Fractions.NONE):
    problem = LpProblem("kinds", LpMinimize)
    columns = add_holdings(problem, instance, EARLY, fractions)
    return {column.cat == LpInteger for (k, _), column in columns.capacity.items() if k == 0}


def test_capacity_is_whole_with_what_is_sold_early() -> None:
    instance = rich_hand_instance()
    assert instance.whole[0]
    assert 0 in instance.sale_change
    assert kinds(instance) == {True}


@pytest.mark.parametrize("fractions", [Fractions.UNITS, Fractions.ALL])
def test_fractions_are_not(fractions) -> None:
    assert kinds(rich_hand_instance(), fractions) == {False}


def test_capacity_beside_half_a_held_server_is_not() -> None:
    """2.5 servers are held: capacity is never whole while they are there."""
    instance = rich_hand_instance()
    (held, *others) = [entry for entry in instance.held if entry.pool == 0]
    half = Held(0, 2.5, held.first, held.last, held.sale_change, held.whole)
    rest = tuple(entry for entry in instance.held if entry.pool != 0)
    assert kinds(replace(instance, held=(half, *others, *rest))) == {False}
