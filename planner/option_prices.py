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


def priced(prepared: Prepared, supply: Supply) -> PricedOption:
    """The option at any price. Of a server, at its site only, and only of those that are ordered."""
    instance, k = prepared.instance, prepared.supplies.index(supply)
    there = prepare_case(_without_price(supply, prepared.case)).instance
    if not supply.is_pool:
        return PricedOption(instance, there, k, None)
    return PricedOption(instance, _only_orders(instance, there, k), k, k)


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


def _without_price(supply: Supply, case: Case) -> Case:
    """The case in which the option costs nothing."""
    match supply.kind:
        case SupplyKind.SERVER:
            return replace(case, servers={**case.servers, supply.owner: np.zeros_like(case.servers[supply.owner])})
        case SupplyKind.DRAWN:
            promised = case.assumptions.spend_commitments[supply.place]
            rates = promised.model_copy(update={"rates": {**promised.rates, supply.owner: 0.0}})
            commitments = {**case.assumptions.spend_commitments, supply.place: rates}
            return _with(case, "spend_commitments", commitments)
        case SupplyKind.API:
            nothing = {"input_per_million": 0.0, "output_per_million": 0.0}
            api = case.assumptions.apis[supply.owner].model_copy(update=nothing)
            return _with(case, "apis", {**case.assumptions.apis, supply.owner: api})
    prices = case.offers[supply.owner]
    match supply.kind:
        case SupplyKind.ON_DEMAND:
            prices = replace(prices, on_demand=np.zeros(case.timeline.periods))
        case SupplyKind.SPOT:
            prices = replace(prices, spot=np.zeros(case.timeline.periods))
        case _:
            nothing_paid = np.zeros(case.timeline.periods)
            prices = replace(
                prices,
                upfront={**prices.upfront, supply.place: nothing_paid},
                hourly={**prices.hourly, supply.place: nothing_paid},
            )
    return replace(case, offers={**case.offers, supply.owner: prices})


def _with(case: Case, section: str, entries: object) -> Case:
    """The case with a section of its assumptions replaced."""
    return replace(
        case, loaded=replace(case.loaded, assumptions=case.assumptions.model_copy(update={section: entries}))
    )
