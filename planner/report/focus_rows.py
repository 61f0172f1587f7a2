"""What all FOCUS rows of a plan share: an empty charge, and held hours divided among those who use them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from planner.report.focus_charge import GPU_HOURS, Category, Charge, Pricing, Status
from planner.report.periods import Span
from planner.report.source import PlanDocument


@dataclass(frozen=True)
class Use:
    """What one workload uses of something held."""

    workload: str
    quantity: float
    """GPU-hours; of a spend commitment money."""
    gpu_hours: float
    sku: str = ""
    """The offer that was rented with it, where that is not the commitment's own."""

    def part(self, share: float) -> Use:
        """A share of it."""
        return replace(self, quantity=self.quantity * share, gpu_hours=self.gpu_hours * share)


def charge(document: PlanDocument, span: Span, category: Category, what: str, provider: str, component: str) -> Charge:
    """A charge of nothing, to be filled in."""
    run, name = document.head.run, document.head.name
    return Charge(
        billing_account_id=f"plan/{run}",
        billing_account_name=name or run,
        billing_currency=document.head.currency,
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
        pricing_category=Pricing.STANDARD,
        sku_id=component,
        x_component=component,
        x_period=span.label,
        x_in_horizon=span.in_horizon,
    )


def divided(base: Charge, cost: float, uses: Sequence[Use], held: float, unit: str) -> Iterator[Charge]:
    """The cost of what is held on its users, the rest as unused. held: in `unit`, as the uses' quantities."""
    wanted = sum(use.quantity for use in uses)
    fits = min(held / wanted, 1.0) if wanted > 0 else 1.0  # below 1 where something else that is held is not known
    left, left_cost = held, cost
    for use in (use.part(fits) for use in uses):
        part = cost * use.quantity / held if held else 0.0
        left, left_cost = left - use.quantity, left_cost - part
        yield _used(base, use, part, unit)
    if left > 1e-9 * held:
        yield _unused(base, left, left_cost, unit)


def _used(base: Charge, use: Use, cost: float, unit: str) -> Charge:
    """Held GPU-hours with their part of the amortised cost: nothing is billed for them."""
    committed = base.commitment_discount_id is not None
    return replace(
        base,
        effective_cost=cost,
        list_cost=cost,
        contracted_cost=cost,
        pricing_quantity=use.quantity,
        pricing_unit=unit,
        consumed_quantity=use.gpu_hours,
        consumed_unit=GPU_HOURS,
        commitment_discount_quantity=use.quantity if committed else None,
        commitment_discount_status=Status.USED if committed else None,
        sku_id=use.sku or base.sku_id,
        x_capacity_status=Status.USED,
        x_workload=use.workload,
    )


def _unused(base: Charge, quantity: float, cost: float, unit: str) -> Charge:
    """What nobody uses. Of commitments nothing is consumed; what is owned stands there all the same."""
    committed = base.commitment_discount_id is not None
    return replace(
        base,
        effective_cost=cost,
        list_cost=cost,
        contracted_cost=cost,
        pricing_quantity=quantity,
        pricing_unit=unit,
        consumed_quantity=None if committed else quantity,
        consumed_unit=None if committed else unit,
        commitment_discount_quantity=quantity if committed else None,
        commitment_discount_status=Status.UNUSED if committed else None,
        x_capacity_status=Status.UNUSED,
    )
