"""What a file of prices holds once it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ON_DEMAND = "on_demand"
SPOT = "spot"
ONLY = ""
"""What the one price of a server, or of a site's electricity, is called in `PriceFile.by_period`."""


def upfront_of(option: str) -> str:
    """What the upfront price of a reserved option is called in `PriceFile.by_period`, and in the file."""
    return f"{option}.upfront"


def hourly_of(option: str) -> str:
    """What the hourly price of a reserved option is called in `PriceFile.by_period`, and in the file."""
    return f"{option}.hourly"


@dataclass(frozen=True)
class TimedPrices:
    """Prices in regular steps of time; each holds until the next."""

    starts: NDArray[np.datetime64]
    """starts[step], ascending, naive UTC, datetime64[us]; two or more."""
    prices: NDArray[np.float64]
    """prices[step]"""


@dataclass(frozen=True)
class PriceFile:
    """A file of prices, read and checked as far as that is possible without the horizon."""

    name: str
    """As the assumptions name it, relative to their folder."""
    text: str
    """Its contents, decompressed: kept beside the plan."""
    by_period: Mapping[str, Mapping[str, float]]
    """What has the price → label of the period → price. In files of offers `on_demand`, `spot`, `NAME.upfront` and
    `NAME.hourly`; else `ONLY`. Empty where prices are by timestamp."""
    by_time: TimedPrices | None = None
    """Where prices are by timestamp: of electricity only."""
