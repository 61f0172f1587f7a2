"""Who served what, hour by hour: the record that reports and the audit read, one period at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class SupplyKind(StrEnum):
    """How capacity is come by."""

    SERVER = "server"
    RESERVED = "reserved"
    SPEND_COMMITMENT = "spend_commitment"
    """A pool of money per hour: no workload runs on it directly, so it is not part of the dispatch."""
    ON_DEMAND = "on_demand"
    SPOT = "spot"
    DRAWN = "drawn"
    """Hours of an offer that a spend commitment pays."""
    API = "api"


@dataclass(frozen=True)
class Supply:
    """One thing that can be had: a server at a site, a purchase option of a cloud offer, money promised, an API."""

    kind: SupplyKind
    owner: str
    """Name of the server, of the offer (hours drawn from a spend commitment too), of the commitment, or of the API."""
    place: str
    """Name of the site of a server; the option's name of a reservation; the kind for on-demand, spot and APIs; the
    commitment's name for hours drawn; `money` for a spend commitment."""

    @property
    def is_pool(self) -> bool:
        """Capacity held over periods, rather than rented by the hour?"""
        return self.kind in (SupplyKind.SERVER, SupplyKind.RESERVED, SupplyKind.SPEND_COMMITMENT)

    @property
    def runs_work(self) -> bool:
        """Does work run on it? Not on money that is promised: what it pays for does."""
        return self.kind is not SupplyKind.SPEND_COMMITMENT

    @property
    def label(self) -> str:
        """`lab/hgx-h100-8`, `p5/1y-all-upfront`, `p5/on_demand`, `p5/savings` (drawn), `savings/money`, `gpt/api`."""
        first, second = (self.place, self.owner) if self.kind is SupplyKind.SERVER else (self.owner, self.place)
        return f"{first}/{second}"


@dataclass(frozen=True)
class PeriodDispatch:
    """What ran in the hours of one period."""

    period: int
    gpus: NDArray[np.float64]
    """gpus[hour, workload, supply]: GPUs occupied, on average over the hour. On spot, hours rented, lost work included;
    where replicas strand GPUs of a unit (memory), the stranded ones are included."""
    unserved: NDArray[np.float64]
    """unserved[hour, workload]: reference GPUs' worth of demand left undone."""


class Dispatch(Protocol):
    """Hourly operation of a plan, made one period at a time so that memory stays small."""

    @property
    def workloads(self) -> tuple[str, ...]:
        """Names, the axis `workload`."""

    @property
    def supplies(self) -> tuple[Supply, ...]:
        """The axis `supply`."""

    def __iter__(self) -> Iterator[PeriodDispatch]:
        """The periods of the horizon, in order."""
