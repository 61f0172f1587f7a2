"""A search that begins with what another left finds the same, and what it is handed is never taken on trust."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hybrid_lp.certify import Pricer, Settings, certify, certify_again
from hybrid_lp.instance import Instance
from random_instances import random_instance
from rich_instances import FEATURES, rich_instance

SETTINGS = Settings(gap=1e-4, written_out_columns=0)
"""By cuts, however small the instance."""


def dearer(instance: Instance, seed: int) -> Instance:
    """The same with other prices of what runs, by up to a third."""
    rng = np.random.default_rng(seed)
    factor = rng.uniform(0.7, 1.3, instance.running_cost.shape[2])
    return replace(instance, running_cost=instance.running_cost * factor)


def costlier(instance: Instance, seed: int) -> Instance:
    """The same with other costs of orders."""
    factor = np.random.default_rng(seed).uniform(0.7, 1.3, instance.pools)[:, None]
    change = {k: factor[k] * values for k, values in instance.sale_change.items()}
    return replace(instance, order_cost=instance.order_cost * factor, sale_change=change)


def busier(instance: Instance, seed: int) -> Instance:
    return replace(instance, demand=instance.demand * np.random.default_rng(seed).uniform(0.8, 1.3))


def agree(one: float, other: float, gap: float = 2e-4) -> bool:
    return one == other or abs(one - other) <= gap * max(abs(one), 1.0)


@pytest.mark.parametrize("change", [dearer, costlier, busier], ids=["prices", "orders", "demand"])
@pytest.mark.parametrize("seed", range(12))
def test_with_a_memory_the_answer_is_the_same(seed, change):
    instance = random_instance(seed)
    _, _, memory = certify_again(instance, SETTINGS, None)
    other = change(instance, seed)
    cold, _ = certify(other, SETTINGS)
    warm, _, _ = certify_again(other, SETTINGS, memory)
    assert warm.status is cold.status or np.isfinite(cold.cost)
    assert agree(warm.cost, cold.cost)
    assert warm.bound <= cold.cost * (1 + 1e-9) + 1e-9
    assert cold.bound <= warm.cost * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("feature", sorted(FEATURES))
@pytest.mark.parametrize("seed", range(3))
def test_with_every_feature(seed, feature):
    instance = rich_instance(seed, (feature,))
    _, _, memory = certify_again(instance, SETTINGS, None)
    other = dearer(costlier(instance, seed), seed)
    cold, _ = certify(other, SETTINGS)
    warm, _, _ = certify_again(other, SETTINGS, memory)
    assert agree(warm.cost, cold.cost)


def test_the_same_memory_gives_the_same_plan_and_survives_being_sent():
    instance = random_instance(3)
    _, _, memory = certify_again(instance, SETTINGS, None)
    other = dearer(instance, 3)
    once, _, _ = certify_again(other, SETTINGS, memory)
    again, _, _ = certify_again(other, SETTINGS, pickle.loads(pickle.dumps(memory)))
    assert (once.cost, once.bound) == (again.cost, again.bound)
    assert np.array_equal(once.orders, again.orders)


def test_cuts_are_reused_only_where_the_hours_are_the_same():
    instance = random_instance(3)
    _, _, memory = certify_again(instance, SETTINGS, None)
    assert memory.cuts_of(costlier(instance, 1)) == memory.cuts != ()
    assert memory.cuts_of(dearer(instance, 1)) == ()
    assert memory.cuts_of(busier(instance, 1)) == ()
    assert memory.hours_of(dearer(instance, 1)) is memory.hours
    assert memory.hours_of(busier(instance, 1)) is None


def test_a_memory_of_another_shape_is_no_use_and_no_harm():
    _, _, memory = certify_again(random_instance(1), SETTINGS, None)
    other = random_instance(2)
    assert memory.holdings_of(other) == () or memory.instance.pools == other.pools
    warm, _, _ = certify_again(other, SETTINGS, memory)
    cold, _ = certify(other, SETTINGS)
    assert agree(warm.cost, cold.cost)


@pytest.mark.parametrize("seed", range(6))
def test_a_given_plan_is_priced_as_it_was_certified(seed):
    instance = random_instance(seed)
    certified, _ = certify(instance, SETTINGS)
    priced = Pricer(instance, SETTINGS)(certified.holdings)
    assert priced.cost == pytest.approx(certified.cost, rel=1e-9)


def test_a_plan_that_breaks_a_limit_has_no_cost():
    instance = random_instance(4)
    certified, _ = certify(instance, SETTINGS)
    tight = replace(instance, order_max=np.zeros_like(instance.order_max), order_min=np.zeros_like(instance.order_min))
    assert certified.orders.any(), "the case must order something"
    assert Pricer(tight, SETTINGS)(certified.holdings).cost == np.inf
