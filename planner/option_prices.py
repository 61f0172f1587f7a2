"""The price of one option: what the assumptions call it, what it is, and the instance in which it is nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hybrid_lp.entering import PricedOption
from hybrid_lp.instance import Instance

from planner.case import Case
from planner.dispatch import Supply, SupplyKind
from planner.prepare import Prepared, prepare_case


@dataclass(frozen=True)
class OptionPrice:
    """A price as the assumptions give it, before discounts; of a file of prices, that of the first period."""

    key: str
    """As in the assumptions; two keys where both are scaled together."""
    amount: float
    """Of the first key."""
    unit: str
    """Per what, after the currency."""


def option_price(supply: Supply, case: Case) -> OptionPrice:
    """What is to fall for an option to enter: its price or prices, everything else of it as it is."""
    assumptions = case.assumptions
    kept = 1 - case.provider(supply).discount
    match supply.kind:
        case SupplyKind.SERVER:
            return OptionPrice("price", float(case.servers[supply.owner][0]), "a server")
        case SupplyKind.RESERVED:
            prices = case.offers[supply.owner]
            upfront, hourly = float(prices.upfront[supply.place][0]), float(prices.hourly[supply.place][0])
            if upfront == 0:
                return OptionPrice("hourly", hourly / kept, "an instance-hour")
            key = "upfront and hourly" if hourly else "upfront"
            return OptionPrice(
                key, upfront / kept, "an instance upfront" + (", its hourly fee alike" if hourly else "")
            )
        case SupplyKind.ON_DEMAND:
            price = case.offers[supply.owner].on_demand
        case SupplyKind.SPOT:
            price = case.offers[supply.owner].spot
        case SupplyKind.DRAWN:
            rate = assumptions.spend_commitments[supply.place].rates[supply.owner]
            return OptionPrice("rate", rate, "an instance-hour drawn")
        case SupplyKind.API:
            api = assumptions.apis[supply.owner]
            if api.output_per_million == 0:
                return OptionPrice("input_per_million", api.input_per_million, "a million input tokens")
            both = api.input_per_million > 0
            key = "output_per_million and input_per_million" if both else "output_per_million"
            unit = "a million output tokens" + (", input tokens alike" if both else "")
            return OptionPrice(key, api.output_per_million, unit)
        case SupplyKind.SPEND_COMMITMENT:
            raise ValueError("money has no price of its own: what is drawn from it has")
    assert price is not None, "a market without a price"
    key = supply.kind.value if supply.kind is SupplyKind.ON_DEMAND else "spot.price"
    return OptionPrice(key, float(price[0]) / kept, "an instance-hour")


class Pricing:
    """Options of a case at any price."""

    def __init__(self, prepared: Prepared) -> None:
        """Prepares the case once more, with everything free."""
        self._prepared = prepared
        self._free = prepare_case(_without_prices(prepared.case)).instance

    def priced(self, supply: Supply) -> PricedOption:
        """One option. Of a server, at its site only, and only of those that are ordered."""
        instance, k = self._prepared.instance, self._prepared.supplies.index(supply)
        if supply.is_pool:
            return PricedOption(instance, _only_orders(instance, self._free, k), k, k)
        return PricedOption(instance, _only_runs(instance, self._free, k), k, None)


def _only_orders(instance: Instance, free: Instance, k: int) -> Instance:
    """The instance, with what orders of one pool cost taken from another."""
    order_cost = instance.order_cost.copy()
    order_cost[k] = free.order_cost[k]
    sale_change = {pool: (free if pool == k else instance).sale_change[pool] for pool in instance.sale_change}
    budgets = []
    for budget, cheaper in zip(instance.budgets, free.budgets, strict=True):
        weights = budget.order_weights
        if weights is not None and cheaper.order_weights is not None:
            weights = weights.copy()
            weights[k] = cheaper.order_weights[k]
        budgets.append(replace(budget, order_weights=weights))
    return replace(instance, order_cost=order_cost, sale_change=sale_change, budgets=tuple(budgets))


def _only_runs(instance: Instance, free: Instance, j: int) -> Instance:
    """The instance, with what an hour on one market costs, or draws, taken from another."""
    running_cost = instance.running_cost.copy()
    running_cost[:, :, j] = free.running_cost[:, :, j]
    budgets = []
    for budget, cheaper in zip(instance.budgets, free.budgets, strict=True):
        weights = budget.run_weights
        if weights is not None and cheaper.run_weights is not None:
            weights = weights.copy()
            weights[:, :, j] = cheaper.run_weights[:, :, j]
        budgets.append(replace(budget, run_weights=weights))
    draws = [there if here.supply == j else here for here, there in zip(instance.draws, free.draws, strict=True)]
    return replace(instance, running_cost=running_cost, budgets=tuple(budgets), draws=tuple(draws))


def _without_prices(case: Case) -> Case:
    """The case in which servers and everything rented cost nothing."""
    assumptions, nothing = case.assumptions, np.zeros(case.timeline.periods)
    offers = {
        name: replace(
            prices,
            on_demand=None if prices.on_demand is None else nothing,
            spot=None if prices.spot is None else nothing,
            upfront=dict.fromkeys(prices.upfront, nothing),
            hourly=dict.fromkeys(prices.hourly, nothing),
        )
        for name, prices in case.offers.items()
    }
    spend_commitments = {
        name: promised.model_copy(update={"rates": dict.fromkeys(promised.rates, 0.0)})
        for name, promised in assumptions.spend_commitments.items()
    }
    apis = {
        name: api.model_copy(update={"input_per_million": 0.0, "output_per_million": 0.0})
        for name, api in assumptions.apis.items()
    }
    free = assumptions.model_copy(update={"spend_commitments": spend_commitments, "apis": apis})
    return replace(
        case,
        servers={name: np.zeros_like(price) for name, price in case.servers.items()},
        offers=offers,
        loaded=replace(case.loaded, assumptions=free),
    )
