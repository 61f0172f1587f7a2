"""An option at half its price: that of assumptions in which the price is halved, in its own part of the instance."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hybrid_lp.instance import Instance
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

from planner.api import read_inputs
from planner.dispatch import SupplyKind
from planner.option_prices import Pricing
from planner.prepare import Prepared

TOKENS_OF_A_GPU_HOUR = 3.6e6


class Halved(Enum):
    """A kind of option, and the figures of the assumptions that are its price."""

    SERVER = (SupplyKind.SERVER, {"servers__box__price": 20})
    RESERVED = (SupplyKind.RESERVED, {"cloud__c__reserved__day__upfront": 10, "cloud__c__reserved__day__hourly": 0.2})
    ON_DEMAND = (SupplyKind.ON_DEMAND, {"cloud__c__on_demand": 1})
    SPOT = (SupplyKind.SPOT, {"cloud__c__spot__price": 0.4})
    DRAWN = (SupplyKind.DRAWN, {"spend_commitments__s__rates": {"c": 0.75}})
    API = (SupplyKind.API, {"apis__m__output_per_million": 0.5, "apis__m__input_per_million": 0.1})

    @property
    def kind(self) -> SupplyKind:
        """Of the option."""
        return self.value[0]

    @property
    def figures(self) -> dict[str, Any]:
        """Halved."""
        return self.value[1]


def demand() -> pd.DataFrame:
    """Three days over the turn of a year, in tokens so that APIs may serve."""
    frame = forecast("2026-12-30", a=[4 * TOKENS_OF_A_GPU_HOUR] * 72).rename(columns={"gpu_hours": "output_tokens"})
    return frame.assign(input_tokens=2 * frame["output_tokens"])


def assumptions() -> Tree:
    """One option of every kind, discounts, price paths, resale, and budgets in which prices count."""
    return tree(
        "day",
        3,
        workloads=workloads("a", throughput={"H100": {"output_tokens_per_s": 1000}}, interruptible=True),
        finance={"discount_rate": 0.1, "hardware_at_end": "resale"},
        sites={"lab": site(0.1)},
        servers={"box": server(40, "5 days", resale={"1 day": 0.8, "3 days": 0.2}, maintenance_per_year=0.1)},
        providers={"p": {"discount": 0.1, "support_share": 0.05}},
        cloud={
            "c": offer(
                2,
                spot={"price": 0.8},
                reserved={"day": {"term": "1 day", "upfront": 20, "hourly": 0.4}},
            )
        },
        spend_commitments={"s": {"term": "1 day", "rates": {"c": 1.5}}},
        apis={"m": {"input_per_million": 0.2, "output_per_million": 1}},
        limits={"capex": {"total": 1000}, "cloud_spend": {"per_period": 500}},
    )


def prepared(figures: dict[str, Any]) -> Prepared:
    return read_inputs(demand(), changed(assumptions(), **figures)).prepared


Part = dict[str, np.ndarray]


def own_part(instance: Instance, j: int, *, is_pool: bool) -> Part:
    """All numbers in which the price of an option counts, by what they are."""
    part: Part = {}
    for number, budget in enumerate(instance.budgets):
        weights = budget.order_weights if is_pool else budget.run_weights
        if weights is not None:
            part[f"budget {number}"] = weights[j] if is_pool else weights[:, :, j]
    if is_pool:
        part["order"] = instance.order_cost[j]
        if j in instance.sale_change:
            part["sale"] = instance.sale_change[j]
    else:
        part["run"] = instance.running_cost[:, :, j]
        part["draw"] = np.array([draw.rate for draw in instance.draws if draw.supply == j])
    return part


def without_own_part(instance: Instance, j: int, *, is_pool: bool) -> Instance:
    """The instance with nothing in that part."""
    orders, runs, sales = instance.order_cost.copy(), instance.running_cost.copy(), dict(instance.sale_change)
    budgets = []
    for budget in instance.budgets:
        of_orders, of_runs = budget.order_weights, budget.run_weights
        if is_pool and of_orders is not None:
            of_orders = of_orders.copy()
            of_orders[j] = 0
        if not is_pool and of_runs is not None:
            of_runs = of_runs.copy()
            of_runs[:, :, j] = 0
        budgets.append(replace(budget, order_weights=of_orders, run_weights=of_runs))
    if is_pool:
        orders[j] = 0
        sales.pop(j, None)
    else:
        runs[:, :, j] = 0
    draws = tuple(replace(draw, rate=0.0) if draw.supply == j else draw for draw in instance.draws)
    return replace(
        instance, order_cost=orders, running_cost=runs, sale_change=sales, budgets=tuple(budgets), draws=draws
    )


@pytest.mark.parametrize("option", Halved, ids=lambda option: option.kind.value)
def test_half_the_price_is_that_of_halved_assumptions(option: Halved) -> None:
    now, halved = prepared({}), prepared(option.figures)
    (j,) = (j for j, supply in enumerate(now.supplies) if supply.kind is option.kind)
    is_pool = now.supplies[j].is_pool
    half = Pricing(now).priced(now.supplies[j]).at(0.5)
    before, found, expected = (own_part(each, j, is_pool=is_pool) for each in (now.instance, half, halved.instance))
    assert any(not np.allclose(before[name], expected[name]) for name in before), "the price must count somewhere"
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=1e-9, abs=1e-12), name
    kept, others = (without_own_part(each, j, is_pool=is_pool) for each in (now.instance, half))
    for each in fields(Instance):
        np.testing.assert_equal(_plain(getattr(others, each.name)), _plain(getattr(kept, each.name)), each.name)


def _plain(value: Any) -> Any:
    """Dataclasses as their fields, so that arrays inside them are compared."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return value
