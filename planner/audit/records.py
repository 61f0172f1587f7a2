"""The rows of a plan's tables as plain records; `period` is always an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.audit.components import Component


@dataclass(frozen=True)
class Purchase:
    """One row of `purchases`."""

    period: int
    site: str
    server: str
    count: float
    gpus: float
    in_service: str
    cost: float

    @property
    def place(self) -> str:
        """How findings name it."""
        return f"{self.site}/{self.server}"


@dataclass(frozen=True)
class Commitment:
    """One row of `commitments`."""

    period: int
    offer: str
    option: str
    count: float
    gpus: float
    until: str
    cost: float

    @property
    def place(self) -> str:
        """How findings name it."""
        return f"{self.offer}/{self.option}"


@dataclass(frozen=True)
class Pledge:
    """One row of `spend_commitments`."""

    period: int
    name: str
    per_hour: float
    until: str
    cost: float

    @property
    def place(self) -> str:
        """How findings name it."""
        return self.name


@dataclass(frozen=True)
class Sale:
    """One row of `sales`."""

    period: int
    site: str
    server: str
    count: float
    acquired: str
    amount: float

    @property
    def place(self) -> str:
        """How findings name it."""
        return f"{self.site}/{self.server} of {self.acquired}"


@dataclass(frozen=True)
class Tables:
    """All tables; keys begin with the period's index. Rows that are absent count as 0."""

    purchases: tuple[Purchase, ...]
    commitments: tuple[Commitment, ...]
    pledges: tuple[Pledge, ...]
    sales: tuple[Sale, ...]
    capacity: Mapping[tuple[int, str], tuple[float, float]]
    """(period, pool) → units, gpus."""
    rentals: Mapping[tuple[int, str, str, str], tuple[float, float]]
    """(period, offer, option, workload) → gpu_hours, cost."""
    api_use: Mapping[tuple[int, str, str], tuple[float, float, float]]
    """(period, api, workload) → input_tokens, output_tokens, cost."""
    use: Mapping[tuple[int, str, str], tuple[float, float]]
    """(period, pool, workload) → gpu_hours, share_of_capacity."""
    unserved: Mapping[tuple[int, str], float]
    """(period, workload) → gpu_hours."""
    costs: Mapping[tuple[int, Component], tuple[float, float]]
    """(period, component) → amount, discounted; periods may lie past the horizon."""
