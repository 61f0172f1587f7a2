"""Commitments over their full terms: what is paid when, and what of it falls on each period of use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum

from planner.report.periods import Span, Spans
from planner.report.source import PlanDocument


@dataclass(frozen=True)
class Commitment:
    """One purchase of a reservation."""

    identity: str
    """`offer/option/period`, with a number where one was bought twice."""
    offer: str
    pool: str
    """`offer/option`."""
    provider: str
    region: str | None
    count: float
    gpus: float
    upfront: float
    """Paid once, at the beginning. Currency, undiscounted."""
    spans: tuple[Span, ...]
    """The periods of the term."""
    hourly: tuple[float, ...]
    """Fees of each period of the term."""

    @property
    def amortised(self) -> tuple[float, ...]:
        """What falls on each period: an equal part of the upfront fee, as the plan prorates it, and its own fees."""
        return tuple(self.upfront / len(self.spans) + fee for fee in self.hourly)


def commitments_of(document: PlanDocument, spans: Spans) -> Iterator[Commitment]:
    """Every commitment of the plan; how its cost divides into upfront and hourly fees is as in the assumptions."""
    seen: Counter[str] = Counter()
    for row in document.table("commitments").to_dict("records"):
        offer, option, period = str(row["offer"]), str(row["option"]), str(row["period"])
        identity = f"{offer}/{option}/{period}"
        seen[identity] += 1
        term = spans.between(period, str(row["until"]))
        hours = fsum(span.hours for span in term)
        upfront, hourly = document.reserved_prices(offer, option)
        whole = upfront + hourly * hours
        paid_first = float(row["cost"]) * upfront / whole if whole else 0.0
        flowing = float(row["cost"]) - paid_first
        provider, region = document.offers.get(offer, ("", None))
        yield Commitment(
            identity if seen[identity] == 1 else f"{identity}/{seen[identity]}",
            offer,
            f"{offer}/{option}",
            provider or offer,
            region,
            float(row["count"]),
            float(row["gpus"]),
            paid_first,
            term,
            tuple(flowing * span.hours / hours for span in term),
        )
