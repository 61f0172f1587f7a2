"""Commitments over their full terms: what is paid when, and what of it falls on each period of use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import fsum

from planner.assumptions.durations import Duration
from planner.report.periods import Span, Spans
from planner.report.source import PlanDocument
from planner.report.terms import Terms


class Committed(StrEnum):
    """What is committed to; CommitmentDiscountCategory of FOCUS."""

    USAGE = "Usage"
    SPEND = "Spend"


@dataclass(frozen=True)
class Commitment:
    """One purchase of a reservation or of a spend commitment, or one that was held before the plan."""

    identity: str
    """`pool/period`, with a number where one was bought twice."""
    committed: Committed
    sku: str
    """The offer; of a spend commitment its name."""
    pool: str
    """`offer/option`, or the name of the spend commitment."""
    provider: str
    region: str | None
    per_hour: float
    """GPUs, or money an hour in the plan's currency."""
    upfront: float
    """Paid once, at the beginning. Currency, undiscounted; 0 of those held before: it is sunk."""
    spans: tuple[Span, ...]
    """The periods of the term; of those held before, from the plan's begin on."""
    hourly: tuple[float, ...]
    """Fees of each period of the term."""

    @property
    def amortised(self) -> tuple[float, ...]:
        """What falls on each period: an equal part of the upfront fee, as the plan prorates it, and its own fees."""
        return tuple(self.upfront / len(self.spans) + fee for fee in self.hourly)


def commitments_of(document: PlanDocument, terms: Terms, spans: Spans) -> list[Commitment]:
    """Every commitment that is paid for in the plan, each with an identity of its own."""
    every = (*_reserved(document, terms, spans), *_promised(document, terms, spans), *_held(document, terms, spans))
    seen: Counter[str] = Counter()
    result = []
    for bought in every:
        seen[bought.identity] += 1
        number = seen[bought.identity]
        result.append(bought if number == 1 else replace(bought, identity=f"{bought.identity}/{number}"))
    return result


def _reserved(document: PlanDocument, terms: Terms, spans: Spans) -> Iterator[Commitment]:
    """Reservations that the plan buys; how their cost divides into upfront and hourly fees is as in the assumptions."""
    for row in document.table("commitments").to_dict("records"):
        offer, name, period = str(row["offer"]), str(row["option"]), str(row["period"])
        term = spans.between(period, str(row["until"]))
        hours = fsum(span.hours for span in term)
        option, cost = terms.option(offer, name, period), float(row["cost"])
        whole = option.upfront + option.hourly * hours
        upfront = cost * option.upfront / whole if whole else 0.0
        fees = tuple((cost - upfront) * span.hours / hours for span in term)
        yield _reservation(terms, offer, name, period, float(row["gpus"]), upfront, term, fees)


def _reservation(
    terms: Terms, offer: str, option: str, since: str, gpus: float, upfront: float, term: Sequence[Span],
    fees: Sequence[float],
) -> Commitment:  # fmt: skip
    pool, seller = f"{offer}/{option}", terms.offer(offer)
    return Commitment(
        identity=f"{pool}/{since}",
        committed=Committed.USAGE,
        sku=offer,
        pool=pool,
        provider=seller.provider or offer,
        region=seller.region or None,
        per_hour=gpus,
        upfront=upfront,
        spans=tuple(term),
        hourly=tuple(fees),
    )


def _promised(document: PlanDocument, terms: Terms, spans: Spans) -> Iterator[Commitment]:
    """Spend commitments: money per hour, due in every hour of the term."""
    for row in document.table("spend_commitments").to_dict("records"):
        name, period, per_hour = str(row["name"]), str(row["period"]), float(row["amount_per_hour"])
        term = spans.between(period, str(row["until"]))
        rates = terms.spend_commitments[name].rates if name in terms.spend_commitments else {}
        sellers = dict.fromkeys(terms.offer(offer).provider for offer in rates)
        hours, cost = fsum(span.hours for span in term), float(row["cost"])
        yield Commitment(
            identity=f"{name}/{period}",
            committed=Committed.SPEND,
            sku=name,
            pool=name,
            provider=", ".join(seller for seller in sellers if seller) or name,
            region=None,
            per_hour=per_hour,
            upfront=0.0,
            spans=term,
            hourly=tuple(cost * span.hours / hours for span in term),
        )


def _held(document: PlanDocument, terms: Terms, spans: Spans) -> Iterator[Commitment]:
    """Commitments held before the plan: the hourly fees still to come, at the price of the first period."""
    calendar = document.calendar
    for entry in terms.held_commitments:
        option = terms.option(entry.offer, entry.option, calendar.labels[0])
        try:
            since, lasting = datetime.fromisoformat(entry.started), Duration.parse(option.term)
        except ValueError:
            continue  # not as the format has it: nothing is known of the term
        term = tuple(spans.at(number) for number in calendar.service(since, lasting))
        if term and term[0].in_horizon:
            gpus = entry.count * terms.offer(entry.offer).gpus
            fee = entry.count * option.hourly * terms.kept(entry.offer)
            fees = [fee * span.hours for span in term]
            yield _reservation(terms, entry.offer, entry.option, f"held since {entry.started}", gpus, 0.0, term, fees)
