"""What the cuts of a search say that whole holdings cost at least, where sites are opened and people are whole."""

from __future__ import annotations

import numpy as np
import pytest
from hybrid_lp.certify import Path, Settings
from hybrid_lp.holdings import Fractions, Holdings, people_needed
from hybrid_lp.instance import Instance, People
from hybrid_lp.loop import Loop
from hybrid_lp.merge import merge
from hybrid_lp.search import Search
from rich_instances import rich_instance
from written_out import optimum

GAP = 1e-6
FEATURE_SETS = (
    ("openings", "people"),
    ("held", "openings", "people"),
    ("draws", "carbon", "openings", "people"),
    ("classes", "deferrable", "openings", "people"),
)
SEEDS = range(1000, 1024)


def instance_of(seed: int) -> Instance:
    return merge(rich_instance(seed, FEATURE_SETS[seed % len(FEATURE_SETS)], whole=True))[0]


def searched(instance: Instance) -> Search:
    """By cuts."""
    search = Search(instance, Settings(gap=GAP, written_out_columns=0), lambda _: None)
    certified = search.run()
    assert certified.path is Path.CUTS
    best = optimum(instance)
    assert certified.cost == pytest.approx(best, rel=2 * GAP)
    assert np.isinf(best) or certified.bound <= best * (1 + 1e-7)
    return search


def some_holdings(instance: Instance, seed: int) -> Holdings:
    """Whole orders; of money, what a part of the demand takes."""
    rng = np.random.default_rng(seed)
    orders = np.where(instance.order_max > 0, rng.integers(0, 4, instance.order_max.shape), 0.0)
    orders[[draw.pool for draw in instance.draws]] *= instance.demand.max() / 4
    return Holdings(np.minimum(orders, instance.order_max))


@pytest.mark.parametrize("seed", SEEDS)
def test_whole_holdings_never_cost_less_than_the_cuts_say(seed: int) -> None:
    """The plan itself, and others: in most of them the cuts are not far below."""
    instance = instance_of(seed)
    search = searched(instance)
    loop: Loop = search.loop
    if loop.best is not None and np.isfinite(loop.best.cost):
        least = loop.least_cost(loop.best.holdings)
        assert least <= loop.best.cost * (1 + 1e-9)
        if not instance.coupling:
            assert least == pytest.approx(loop.best.cost, rel=4 * GAP)
    for more in range(6):
        holdings = some_holdings(instance, seed + 100 * more)
        cost = search.priced(holdings).cost
        assert loop.least_cost(holdings) <= cost * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize(
    ("fractions", "needed"),
    [(Fractions.NONE, 2), (Fractions.SERVERS, 2), (Fractions.UNITS, 1.25), (Fractions.ALL, 1.25)],
)
def test_people_are_whole_where_only_servers_may_be_fractions(fractions: Fractions, needed: float) -> None:
    people = People("site", (0, 1), 2.0, np.ones(1))
    assert people_needed(people, np.array([[1.5], [1.0], [9.0]]), fractions).tolist() == [needed]
