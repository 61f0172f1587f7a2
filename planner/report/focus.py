"""A plan as FOCUS 1.2 cost rows: what is bought and what is used, apart, with the amortised cost on the use.

FOCUS: FinOps Open Cost and Usage Specification, focus.finops.org. Columns of ours begin with `x_`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import pandas as pd

from planner.report.commitments import Commitment, commitments_of
from planner.report.focus_charge import Category, Charge, Status, column_name
from planner.report.periods import Span, Spans
from planner.report.source import PlanDocument
from planner.terminal.components import component_words
from planner.terminal.text import clean

COVERED = frozenset({"servers", "installation", "reserved_upfront", "reserved_hourly", "on_demand", "spot"})
"""Cost components that purchases, commitments and rentals give row by row; all others are rows by period."""
_NOT_BILLED = frozenset({"unserved", "carbon"})
"""Components that nobody sends a bill for: penalties and internal prices."""
OWN = "own hardware"


def focus_rows(document: PlanDocument) -> pd.DataFrame:
    """Every charge of the plan as a row, in order of time; times are UTC, texts without control characters.

    Over all rows inside the horizon Σ EffectiveCost is the plan's undiscounted cost (terms prorated at its end). Per
    commitment, over its full term, Σ EffectiveCost of its use is Σ BilledCost of its purchases.
    """
    made = _Rows(document)
    charges = sorted(
        (*made.servers(), *made.commitments(), *made.rentals(), *made.other()),
        key=lambda charge: (charge.charge_period_start, charge.charge_category != Category.PURCHASE),
    )
    names = [field.name for field in fields(Charge)]
    data = {column_name(name): [getattr(charge, name) for charge in charges] for name in names}
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
        self._run, self._name = document.head.run, document.head.name
        uses = document.table("use")
        self._uses: dict[tuple[str, str], list[tuple[str, float]]] = {}
        for period, pool, workload, hours in zip(
            uses["period"], uses["pool"], uses["workload"], uses["gpu_hours"], strict=True
        ):
            self._uses.setdefault((pool, period), []).append((workload, float(hours)))
        capacity = document.table("capacity")
        self._held = {
            (pool, period): float(gpus)
            for period, pool, gpus in zip(capacity["period"], capacity["pool"], capacity["gpus"], strict=True)
        }

    def _charge(self, span: Span, category: Category, what: str, provider: str, component: str) -> Charge:
        """A charge of nothing, to be filled in."""
        return Charge(
            billing_account_id=f"plan/{self._run}",
            billing_account_name=self._name or self._run,
            billing_currency=self._document.head.currency,
            billing_period_start=span.begin,
            billing_period_end=span.end,
            charge_period_start=span.begin,
            charge_period_end=span.end,
            charge_category=category,
            charge_description=what,
            charge_frequency="Usage-Based" if category is Category.USAGE else "One-Time",
            billed_cost=0.0,
            effective_cost=0.0,
            list_cost=0.0,
            contracted_cost=0.0,
            pricing_quantity=None,
            pricing_unit=None,
            provider_name=provider,
            publisher_name=provider,
            invoice_issuer_name=provider,
            service_category="Compute",
            service_name="GPU capacity",
            x_component=component,
            x_period=span.label,
            x_in_horizon=span.in_horizon,
        )

    def servers(self) -> Iterator[Charge]:
        """Orders, and their cost on the hours in service: a pool's in proportion to the GPU-hours that it holds."""
        orders = self._document.table("purchases")
        paid: dict[str, float] = {}
        for row in orders.to_dict("records"):
            pool, cost = f"{row['site']}/{row['server']}", float(row["cost"])
            paid[pool] = paid.get(pool, 0.0) + cost
            span = self._spans.of(str(row["period"]))
            what = f"Order of {row['count']:g} × {row['server']} for {row['site']}"
            charge = self._charge(span, Category.PURCHASE, what, str(row["site"]), "servers")
            priced = replace(
                charge, pricing_quantity=float(row["count"]), pricing_unit="Servers", resource_type="Server"
            )
            yield replace(_at_list(priced, cost), billed_cost=cost, sku_id=str(row["server"]), x_supply=pool)
        for pool, cost in paid.items():
            hours = {
                period: gpus * self._spans.of(period).hours
                for (held, period), gpus in self._held.items()
                if held == pool
            }
            for period, held_hours in hours.items():
                span = self._spans.of(period)
                base = self._charge(span, Category.USAGE, f"Owned servers {pool}", pool.partition("/")[0], "servers")
                owned = replace(base, service_name=OWN, resource_id=pool, resource_type="Server", x_supply=pool)
                share = cost * held_hours / sum(hours.values())
                yield from self._use_of(owned, share, self._uses.get((pool, period), []), held_hours)

    def _use_of(self, base: Charge, cost: float, uses: list[tuple[str, float]], held: float) -> Iterator[Charge]:
        """The cost of held GPU-hours on those who use them, and the rest as unused."""
        left_hours, left_cost = held, cost
        for workload, hours in uses:
            part = cost * hours / held
            left_hours, left_cost = left_hours - hours, left_cost - part
            yield _used(base, Status.USED, hours, part, workload)
        if left_hours > 1e-9 * held:
            yield _used(base, Status.UNUSED, left_hours, left_cost, None)

    def commitments(self) -> Iterator[Charge]:
        """Purchases of commitments, one-time and recurring, and their amortised cost on the hours of their term."""
        for bought in commitments_of(self._document, self._spans):
            yield from self._purchases(bought)
            for span, cost in zip(bought.spans, bought.amortised, strict=True):
                base = self._committed(bought, span, Category.USAGE, f"Use of {bought.pool}")
                held = bought.gpus * span.hours
                if not span.in_horizon:
                    after = replace(base, charge_description=f"{bought.pool} after the horizon: its use is not planned")
                    yield from self._use_of(after, cost, [], held)
                    continue
                pool = self._held.get((bought.pool, span.label), bought.gpus)
                uses = [(name, h * bought.gpus / pool) for name, h in self._uses.get((bought.pool, span.label), [])]
                yield from self._use_of(base, cost, uses, held)

    def _purchases(self, bought: Commitment) -> Iterator[Charge]:
        first = bought.spans[0]
        gpu_hours = [bought.gpus * span.hours for span in bought.spans]
        if bought.upfront:
            base = self._committed(bought, first, Category.PURCHASE, f"Upfront fee of {bought.pool}")
            quantity = sum(gpu_hours)
            paid = replace(base, pricing_quantity=quantity, commitment_discount_quantity=quantity)
            yield replace(_at_list(paid, bought.upfront), billed_cost=bought.upfront)
        for span, fee, quantity in zip(bought.spans, bought.hourly, gpu_hours, strict=True):
            if fee:
                base = self._committed(bought, span, Category.PURCHASE, f"Hourly fees of {bought.pool}")
                due = replace(base, charge_frequency="Recurring", commitment_discount_quantity=quantity)
                yield replace(_at_list(replace(due, pricing_quantity=quantity), fee), billed_cost=fee)

    def _committed(self, bought: Commitment, span: Span, category: Category, what: str) -> Charge:
        """A charge of a commitment."""
        return replace(
            self._charge(span, category, what, bought.provider, "reserved"),
            pricing_category="Committed",
            pricing_unit="GPU-Hours",
            commitment_discount_category="Usage",
            commitment_discount_id=bought.identity,
            commitment_discount_name=bought.pool,
            commitment_discount_type="Reservation",
            commitment_discount_unit="GPU-Hours",
            region_id=bought.region,
            region_name=bought.region,
            sku_id=bought.offer,
            sku_price_id=bought.pool,
            x_supply=bought.pool,
        )

    def rentals(self) -> Iterator[Charge]:
        """Hours rented, by workload."""
        offers = self._document.offers
        for row in self._document.table("rentals").to_dict("records"):
            offer, option, cost = str(row["offer"]), str(row["option"]), float(row["cost"])
            provider, region = offers.get(offer, ("", None))
            span = self._spans.of(str(row["period"]))
            base = self._charge(span, Category.USAGE, f"{offer} {component_words(option)}", provider or offer, option)
            priced = replace(
                base,
                pricing_category="Dynamic" if option == "spot" else "Standard",
                pricing_quantity=float(row["gpu_hours"]),
                pricing_unit="GPU-Hours",
                consumed_quantity=float(row["gpu_hours"]),
                consumed_unit="GPU-Hours",
                region_id=region,
                region_name=region,
                sku_id=offer,
                sku_price_id=f"{offer}/{option}",
                x_supply=f"{offer}/{option}",
                x_workload=str(row["workload"]),
            )
            yield replace(_at_list(priced, cost), billed_cost=cost, effective_cost=cost)

    def other(self) -> Iterator[Charge]:
        """Every other cost component, by period; what is earned is a credit, what nobody bills an adjustment."""
        lines = self._document.table("costs")
        for period, component, amount in zip(lines["period"], lines["component"], lines["amount"], strict=True):
            if component in COVERED:
                continue
            cost = float(amount)
            category = Category.CREDIT if cost < 0 else Category.USAGE
            category = Category.ADJUSTMENT if component in _NOT_BILLED else category
            base = self._charge(self._spans.of(period), category, component_words(component), OWN, component)
            priced = replace(base, pricing_quantity=1.0, pricing_unit="Periods", service_category="Other")
            named = replace(priced, service_name=component_words(component))
            yield replace(_at_list(named, cost), billed_cost=cost, effective_cost=cost)


def _at_list(charge: Charge, cost: float) -> Charge:
    """The plan knows one price: list and contracted cost are the same."""
    return replace(charge, list_cost=cost, contracted_cost=cost)


def _used(base: Charge, status: Status, hours: float, cost: float, workload: str | None) -> Charge:
    """Held GPU-hours with their part of the amortised cost: nothing is billed for them."""
    committed = base.commitment_discount_id is not None
    consumed = hours if status is Status.USED else None
    return replace(
        base,
        effective_cost=cost,
        list_cost=cost,
        contracted_cost=cost,
        pricing_quantity=hours,
        pricing_unit="GPU-Hours",
        consumed_quantity=consumed,
        consumed_unit="GPU-Hours" if consumed is not None else None,
        commitment_discount_quantity=hours if committed else None,
        commitment_discount_status=status if committed else None,
        x_capacity_status=status,
        x_workload=workload,
    )
