"""A plan as FOCUS 1.2 cost rows: what is bought and what is used, apart, with the amortised cost on the use.

FOCUS: FinOps Open Cost and Usage Specification, focus.finops.org. Columns of ours begin with `x_`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, replace

import pandas as pd

from planner.report.commitments import commitments_of
from planner.report.focus_charge import (
    CLOUDS,
    GPU_HOURS,
    OWN,
    Category,
    Charge,
    Pricing,
    at_list,
    column_name,
    with_unit_prices,
)
from planner.report.focus_commitments import CommitmentRows, drawn
from planner.report.focus_rows import Use, charge, divided
from planner.report.periods import Spans
from planner.report.source import PlanDocument
from planner.report.terms import terms_of
from planner.terminal.components import component_words
from planner.terminal.text import clean

COVERED = frozenset(
    {"servers", "installation", "reserved_upfront", "reserved_hourly", "on_demand", "spot", "spend_commitment", "api"}
)
"""Cost components that purchases, commitments, rentals and APIs give row by row; all others are rows by period."""
_NOT_BILLED = frozenset({"unserved", "carbon"})
"""Components that nobody sends a bill for: penalties and internal prices."""
_OF_CLOUDS = frozenset({"egress", "support"})
_RESALE = "resale"


def focus_rows(document: PlanDocument) -> pd.DataFrame:
    """Every charge of the plan as a row, in order of time; times are UTC, texts without control characters.

    Over all rows inside the horizon Σ EffectiveCost is the plan's undiscounted cost (terms prorated at its end). Per
    commitment, over its full term, Σ EffectiveCost of its use is Σ BilledCost of its purchases.
    """
    made = _Rows(document)
    charges = sorted(
        (*made.servers(), *made.commitments(), *made.rentals(), *made.apis(), *made.sales(), *made.other()),
        key=lambda charge: (charge.charge_period_start, charge.charge_category != Category.PURCHASE),
    )
    priced = [with_unit_prices(charge) for charge in charges]
    names = [field.name for field in fields(Charge)]
    data = {column_name(name): [getattr(charge, name) for charge in priced] for name in names}
    table = pd.DataFrame(data)
    for field in fields(Charge):
        column = column_name(field.name)
        if field.type in ("str", "str | None"):
            texts = [None if value is None else clean(value) for value in data[column]]
            table[column] = pd.Series(texts, dtype="str")
        elif field.type == "pd.Timestamp":
            table[column] = pd.to_datetime(table[column], utc=True)
        elif field.type in ("float", "float | None"):
            table[column] = table[column].astype("float64")
    return table


class _Rows:
    """Makes the charges of one plan."""

    def __init__(self, document: PlanDocument) -> None:
        self._document = document
        self._spans = Spans(document)
        self._terms = terms_of(document)
        self._uses: dict[tuple[str, str], list[Use]] = drawn(document, self._terms)
        for row in document.table("use").to_dict("records"):
            use = Use(str(row["workload"]), float(row["gpu_hours"]), float(row["gpu_hours"]))
            self._uses.setdefault((str(row["pool"]), str(row["period"])), []).append(use)

    def servers(self) -> Iterator[Charge]:
        """Orders, and their cost on the hours in service: a pool's in proportion to the GPU-hours that it holds.

        Servers that were there before the plan are in the pool, too: a pool of nothing else costs nothing more.
        """
        paid: defaultdict[str, float] = defaultdict(float)
        for row in self._document.table("purchases").to_dict("records"):
            site, server, cost = str(row["site"]), str(row["server"]), float(row["cost"])
            pool = f"{site}/{server}"
            paid[pool] += cost
            what = f"Order of {row['count']:g} × {server} for {site}"
            base = charge(self._document, self._spans.of(str(row["period"])), Category.PURCHASE, what, site, "servers")
            count = replace(base, pricing_quantity=float(row["count"]), pricing_unit="Servers", sku_id=server)
            owned = replace(count, resource_id=pool, resource_type="Server", x_supply=pool)
            yield replace(at_list(owned, cost), billed_cost=cost)
        for pool, hours in self._held().items():
            site, _, server = pool.partition("/")
            for period, held in hours.items():
                span = self._spans.of(period)
                base = charge(self._document, span, Category.USAGE, f"Owned servers {pool}", site, "servers")
                owned = replace(base, service_name=OWN, resource_id=pool, resource_type="Server", x_supply=pool)
                share = paid[pool] * held / sum(hours.values())
                yield from divided(
                    replace(owned, sku_id=server), share, self._uses.get((pool, period), []), held, GPU_HOURS
                )

    def _held(self) -> dict[str, dict[str, float]]:
        """Pool of servers → period → GPU-hours held."""
        options = self._document.table("options")
        servers = set(options["name"][options["kind"] == "server"].tolist())
        purchases = self._document.table("purchases")
        servers |= {f"{site}/{server}" for site, server in zip(purchases["site"], purchases["server"], strict=True)}
        held: dict[str, dict[str, float]] = {}
        for row in self._document.table("capacity").to_dict("records"):
            pool, period = str(row["pool"]), str(row["period"])
            if pool in servers and float(row["gpus"]) > 0:
                held.setdefault(pool, {})[period] = float(row["gpus"]) * self._spans.of(period).hours
        return held

    def commitments(self) -> Iterator[Charge]:
        """Purchases of commitments and the use of them, over their full terms."""
        bought = commitments_of(self._document, self._terms, self._spans)
        return CommitmentRows(self._document, bought, self._uses).rows()

    def rentals(self) -> Iterator[Charge]:
        """Hours rented, by workload; what is drawn from a spend commitment is a use of that."""
        promises = {pool for pool, _ in drawn(self._document, self._terms)}
        for row in self._document.table("rentals").to_dict("records"):
            offer, option, cost = str(row["offer"]), str(row["option"]), float(row["cost"])
            if option in promises:
                continue
            seller, span, hours = self._terms.offer(offer), self._spans.of(str(row["period"])), float(row["gpu_hours"])
            what, provider = f"{offer} {component_words(option)}", seller.provider or offer
            base = replace(
                charge(self._document, span, Category.USAGE, what, provider, option),
                pricing_category=Pricing.DYNAMIC if option == "spot" else Pricing.STANDARD,
                pricing_quantity=hours,
                pricing_unit=GPU_HOURS,
                consumed_quantity=hours,
                consumed_unit=GPU_HOURS,
                region_id=seller.region or None,
                region_name=seller.region or None,
                sku_id=offer,
                sku_price_id=f"{offer}/{option}",
                x_supply=f"{offer}/{option}",
                x_workload=str(row["workload"]),
            )
            yield replace(at_list(base, cost), billed_cost=cost, effective_cost=cost)

    def apis(self) -> Iterator[Charge]:
        """Tokens sent to and generated by APIs, by workload."""
        for row in self._document.table("api_use").to_dict("records"):
            api, cost = str(row["api"]), float(row["cost"])
            tokens = float(row["input_tokens"]) + float(row["output_tokens"])
            span = self._spans.of(str(row["period"]))
            base = replace(
                charge(self._document, span, Category.USAGE, f"Tokens of {api}, input and output", api, "api"),
                service_category="AI and Machine Learning",
                service_name="Model API",
                pricing_quantity=tokens,
                pricing_unit="Tokens",
                consumed_quantity=tokens,
                consumed_unit="Tokens",
                sku_id=api,
                x_supply=api,
                x_workload=str(row["workload"]),
            )
            yield replace(at_list(base, cost), billed_cost=cost, effective_cost=cost)

    def sales(self) -> Iterator[Charge]:
        """Servers sold early, as credits."""
        for row in self._document.table("sales").to_dict("records"):
            pool, earned = f"{row['site']}/{row['server']}", -float(row["amount"])
            what = f"Sale of {row['count']:g} × {row['server']} of {row['site']} ({row['acquired']})"
            span = self._spans.of(str(row["period"]))
            base = charge(self._document, span, Category.CREDIT, what, str(row["site"]), _RESALE)
            sold = replace(base, pricing_quantity=float(row["count"]), pricing_unit="Servers", x_supply=pool)
            named = replace(sold, sku_id=str(row["server"]), resource_id=pool, resource_type="Server")
            yield replace(at_list(named, earned), billed_cost=earned, effective_cost=earned)

    def other(self) -> Iterator[Charge]:
        """Every other cost component, by period; what is earned is a credit, what nobody bills an adjustment."""
        sold = self._document.table("sales").groupby("period")["amount"].sum()
        lines = self._document.table("costs")
        for period, component, amount in zip(lines["period"], lines["component"], lines["amount"], strict=True):
            early = float(sold.get(period, 0.0)) if component == _RESALE else 0.0
            cost = float(amount) + early
            if component in COVERED or (early and abs(cost) <= 1e-9 * early):
                continue
            category = Category.CREDIT if cost < 0 else Category.USAGE
            category = Category.ADJUSTMENT if component in _NOT_BILLED else category
            provider = CLOUDS if component in _OF_CLOUDS else OWN
            span, what = self._spans.of(period), component_words(component)
            base = charge(self._document, span, category, what, provider, component)
            unit = replace(base, pricing_quantity=1.0, pricing_unit="Periods", service_category="Other")
            used = category is Category.USAGE
            named = replace(
                unit,
                service_name=what,
                consumed_quantity=1.0 if used else None,
                consumed_unit="Periods" if used else None,
            )
            yield replace(at_list(named, cost), billed_cost=cost, effective_cost=cost)
