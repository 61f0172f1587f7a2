"""FOCUS rows of commitments: what is paid for them, and its amortised cost on the hours of their terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from planner.report.commitments import Commitment, Committed
from planner.report.focus_charge import GPU_HOURS, Category, Charge, Pricing, at_list
from planner.report.focus_rows import Use, charge, divided
from planner.report.periods import Span
from planner.report.source import PlanDocument
from planner.report.terms import Terms

_TYPES: Mapping[Committed, str] = {Committed.USAGE: "Reservation", Committed.SPEND: "Spend commitment"}
_COMPONENTS: Mapping[Committed, str] = {Committed.USAGE: "reserved", Committed.SPEND: "spend_commitment"}


@dataclass(frozen=True)
class CommitmentRows:
    """Makes the rows of all commitments of a plan."""

    document: PlanDocument
    commitments: Sequence[Commitment]
    uses: Mapping[tuple[str, str], Sequence[Use]]
    """(pool, period) → who uses it; several commitments to one pool share it in proportion."""

    def rows(self) -> Iterator[Charge]:
        """Purchases, one-time and recurring; then use, and what stays unused, of every period of the term."""
        active: defaultdict[tuple[str, str], float] = defaultdict(float)
        for bought in self.commitments:
            for span in bought.spans:
                active[bought.pool, span.label] += bought.per_hour
        for bought in self.commitments:
            yield from self._purchases(bought)
            for span, cost in zip(bought.spans, bought.amortised, strict=True):
                base = self._charge(bought, span, Category.USAGE, f"Use of {bought.pool}")
                base = replace(base, pricing_category=Pricing.COMMITTED)
                key, uses = (bought.pool, span.label), list[Use]()
                if not span.in_horizon:
                    what = f"{bought.pool} after the horizon: its use is not planned"
                    base = replace(base, charge_description=what)
                elif active[key]:
                    uses = [use.part(bought.per_hour / active[key]) for use in self.uses.get(key, ())]
                yield from divided(base, cost, uses, bought.per_hour * span.hours, self._unit(bought))

    def _purchases(self, bought: Commitment) -> Iterator[Charge]:
        quantities = [bought.per_hour * span.hours for span in bought.spans]
        if bought.upfront:
            base = self._charge(bought, bought.spans[0], Category.PURCHASE, f"Upfront fee of {bought.pool}")
            yield self._paid(base, bought.upfront, sum(quantities))
        for span, fee, quantity in zip(bought.spans, bought.hourly, quantities, strict=True):
            if fee:
                base = self._charge(bought, span, Category.PURCHASE, f"Hourly fees of {bought.pool}")
                yield self._paid(replace(base, charge_frequency="Recurring"), fee, quantity)

    def _paid(self, base: Charge, cost: float, quantity: float) -> Charge:
        paid = replace(base, billed_cost=cost, pricing_quantity=quantity, commitment_discount_quantity=quantity)
        return at_list(paid, cost)

    def _unit(self, bought: Commitment) -> str:
        return GPU_HOURS if bought.committed is Committed.USAGE else self.document.head.currency

    def _charge(self, bought: Commitment, span: Span, category: Category, what: str) -> Charge:
        unit = self._unit(bought)
        return replace(
            charge(self.document, span, category, what, bought.provider, _COMPONENTS[bought.committed]),
            pricing_unit=unit,
            commitment_discount_category=bought.committed,
            commitment_discount_id=bought.identity,
            commitment_discount_name=bought.pool,
            commitment_discount_type=_TYPES[bought.committed],
            commitment_discount_unit=unit,
            region_id=bought.region,
            region_name=bought.region,
            sku_id=bought.sku,
            sku_price_id=bought.pool,
            x_supply=bought.pool,
        )


def drawn(document: PlanDocument, terms: Terms) -> dict[tuple[str, str], list[Use]]:
    """(spend commitment, period) → what is drawn from it, in money; those are the rentals that cost nothing more."""
    promises = set(document.table("spend_commitments")["name"].tolist())
    uses: dict[tuple[str, str], list[Use]] = {}
    for row in document.table("rentals").to_dict("records"):
        name, offer, hours = str(row["option"]), str(row["offer"]), float(row["gpu_hours"])
        if name in promises:
            money = hours * terms.drawn_per_gpu_hour(name, offer)
            uses.setdefault((name, str(row["period"])), []).append(Use(str(row["workload"]), money, hours, offer))
    return uses
