"""What is paid for over a term: reservations, those held at the start, money promised to a provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.assumptions.schema import CommitmentsAtEnd
from planner.audit.clock import Span
from planner.audit.components import Component
from planner.audit.records import Commitment, Pledge, Tables
from planner.audit.setting import Setting
from planner.dispatch import Supply, SupplyKind


@dataclass(frozen=True)
class Term:
    """One commitment of a kind, with its money for all its units."""

    pool: Supply
    units: float
    """Instances; of a spend commitment the money per hour."""
    span: Span
    provider: str
    component: Component
    """Of what is paid by the hour."""
    upfront: float
    """Paid at the start of its first period."""
    hourly: float
    """Paid in every hour, used or not."""

    def charged(self, setting: Setting) -> Span:
        """The periods that the plan is charged for: those inside the horizon, or all of them."""
        if setting.assumptions.finance.commitments_at_end is CommitmentsAtEnd.FULL:
            return self.span
        return Span(self.span.first, min(self.span.last, setting.time.count - 1))

    def share_charged(self, setting: Setting) -> float:
        """Share of the term that the plan is charged for."""
        charged = self.charged(setting)
        return (charged.last - charged.first + 1) / (self.span.last - self.span.first + 1)


def terms(tables: Tables, setting: Setting) -> tuple[Term, ...]:
    """Everything that is paid for over at least one period, and that has begun before the horizon ends."""
    bought = [_reservation(row, setting) for row in tables.commitments]
    pledged = [_pledge(row, setting) for row in tables.pledges]
    found = (*bought, *pledged, *_held(setting))
    return tuple(term for term in found if term.span.first <= min(term.span.last, setting.time.count - 1))


def term_of_option(setting: Setting, offer: str, option: str, period: int) -> Span:
    """When a reservation bought in a period is in service: at once, for its term."""
    term = setting.time.rounded_down(setting.assumptions.cloud[offer].reserved[option].term)
    return Span(period, period + term - 1)


def term_of_pledge(setting: Setting, name: str, period: int) -> Span:
    """When money promised in a period is paid: at once, for the term."""
    term = setting.time.rounded_down(setting.assumptions.spend_commitments[name].term)
    return Span(period, period + term - 1)


def _reservation(row: Commitment, setting: Setting) -> Term:
    fees = setting.prices.term(row.offer, row.option, row.period)
    return Term(
        Supply(SupplyKind.RESERVED, row.offer, row.option),
        row.count,
        term_of_option(setting, row.offer, row.option, row.period),
        setting.assumptions.cloud[row.offer].provider,
        Component.RESERVED_HOURLY,
        row.count * fees.upfront,
        row.count * fees.hourly,
    )


def _pledge(row: Pledge, setting: Setting) -> Term:
    """The money itself has no discount: the rates at which it is drawn have."""
    offers = setting.assumptions.spend_commitments[row.name].rates
    return Term(
        Supply(SupplyKind.SPEND_COMMITMENT, row.name, "money"),
        row.per_hour,
        term_of_pledge(setting, row.name, row.period),
        setting.assumptions.cloud[next(iter(offers))].provider,
        Component.SPEND_COMMITMENT,
        0.0,
        row.per_hour,
    )


def _held(setting: Setting) -> Iterator[Term]:
    """Reservations held at the start: what was paid upfront is sunk, their fee is today's."""
    for entry in setting.assumptions.held_commitments:
        offer = setting.assumptions.cloud[entry.offer]
        yield Term(
            Supply(SupplyKind.RESERVED, entry.offer, entry.option),
            entry.count,
            setting.time.dated(entry.started, offer.reserved[entry.option].term),
            offer.provider,
            Component.RESERVED_HOURLY,
            0.0,
            entry.count * setting.prices.term(entry.offer, entry.option, 0).hourly,
        )
