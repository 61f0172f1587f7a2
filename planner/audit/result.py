"""What an audit says: one check per promise that a plan makes, and what was found where one is broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

RELATIVE = 1e-6
"""Figures that differ by less than this share of the expected one are equal."""

SHOWN = 3
"""Findings of one check that its detail spells out; the rest is counted."""


class CheckName(StrEnum):
    """The checks, by their stable names."""

    TABLES = "tables-well-formed"
    DISPATCH = "dispatch-well-formed"
    ORDERS = "orders-possible"
    CAPACITY = "capacity"
    SALES = "sales"
    POWER = "power-limit"
    RACK = "rack-units"
    MAX_SERVERS = "max-servers"
    DEMAND = "demand-served"
    POOL_USE = "pool-use"
    SPEND_DRAWN = "spend-drawn"
    ELIGIBILITY = "eligibility"
    SPOT_SHARE = "spot-share"
    MAX_GPUS = "max-gpus"
    SPOT_MAX_GPUS = "spot-max-gpus"
    QUOTAS = "quotas"
    CAPEX = "capex"
    CLOUD_SPEND = "cloud-spend"
    CARBON_LIMIT = "carbon-limit"
    USE_TABLE = "use-table"
    RENTALS_TABLE = "rentals-table"
    API_USE = "api-use"
    UNSERVED_TABLE = "unserved-table"
    PURCHASES_COST = "purchases-cost"
    COMMITMENTS_COST = "commitments-cost"
    SPEND_COMMITMENTS = "spend-commitments"
    COST_SERVERS = "cost-servers"
    COST_INSTALLATION = "cost-installation"
    COST_SETUP = "cost-setup"
    COST_RESALE = "cost-resale"
    COST_MAINTENANCE = "cost-maintenance"
    COST_ELECTRICITY = "cost-electricity"
    COST_HOSTING = "cost-hosting"
    COST_STAFF = "cost-staff"
    COST_ON_DEMAND = "cost-on-demand"
    COST_SPOT = "cost-spot"
    COST_RESERVED_UPFRONT = "cost-reserved-upfront"
    COST_RESERVED_HOURLY = "cost-reserved-hourly"
    COST_SPEND_COMMITMENT = "cost-spend-commitment"
    COST_API = "cost-api"
    COST_SUPPORT = "cost-support"
    COST_EGRESS = "cost-egress"
    COST_STORAGE = "cost-storage"
    COST_CARBON = "cost-carbon"
    COST_UNSERVED = "cost-unserved"
    TOTAL = "total"

    @property
    def meaning(self) -> str:
        """What holds when the check is passed."""
        component = self.value.removeprefix("cost-")
        if component != self.value:
            return f"{component.replace('-', ' ')}: amount and discounted are as recomputed in every period"
        return _MEANINGS[self]


_MEANINGS: dict[CheckName, str] = {
    CheckName.TABLES: "columns, names, periods and numbers of all tables are what they should be",
    CheckName.DISPATCH: "the hourly dispatch covers every hour, workload and supply with numbers that make sense",
    CheckName.ORDERS: "every order and commitment could be placed, and what was decided already is kept",
    CheckName.CAPACITY: "capacity is what orders, commitments, fleet and sales give, by lead time, lifetime and term",
    CheckName.SALES: "no more servers are sold than there are, none before it may be, each for what it is worth",
    CheckName.POWER: "power of the servers in service stays within each site's limit",
    CheckName.RACK: "the servers in service fit into each site's rack units",
    CheckName.MAX_SERVERS: "no more servers of a model in service than allowed",
    CheckName.DEMAND: "work done and work left undone add up to demand in every hour, or block of work that may wait",
    CheckName.POOL_USE: "no pool runs more GPUs than it has, in any hour",
    CheckName.SPEND_DRAWN: "no more is drawn from a spend commitment than is promised, in any hour",
    CheckName.ELIGIBILITY: "nothing runs where it may not or cannot",
    CheckName.SPOT_SHARE: "no workload has more of its work on spot than allowed, in any hour or block",
    CheckName.MAX_GPUS: "on-demand, drawn and reserved GPUs of each offer stay within its limit, in every hour",
    CheckName.SPOT_MAX_GPUS: "spot GPUs of each offer stay within its limit, in every hour",
    CheckName.QUOTAS: "GPUs of the offers of each quota stay within it, in every hour",
    CheckName.CAPEX: "price, installation and set-up of the orders stay within the limits, of each year and in total",
    CheckName.CLOUD_SPEND: "what is paid to providers and APIs stays within the limit, in every period",
    CheckName.CARBON_LIMIT: "what sites and offers emit stays within the limit of each year",
    CheckName.USE_TABLE: "use of the pools is the sum of the hours",
    CheckName.RENTALS_TABLE: "rentals are the sum of the hours, at the price of their period",
    CheckName.API_USE: "tokens bought are the workload's, in proportion to the work of the hours, at the API's prices",
    CheckName.UNSERVED_TABLE: "unserved work is the sum of the hours",
    CheckName.PURCHASES_COST: "every order costs its count times price and installation",
    CheckName.COMMITMENTS_COST: "every commitment costs its count times upfront and hourly fees of its term",
    CheckName.SPEND_COMMITMENTS: "every spend commitment ends with its term and costs its money in every hour of it",
    CheckName.TOTAL: "the discounted cost lines add up to the total cost, and so do the recomputed ones",
}


@dataclass(frozen=True)
class Finding:
    """One broken promise: which check, where (period, hour, entry), what was found, and what was expected."""

    check: CheckName
    place: str
    found: str
    expected: str
    times: int = 1
    """How many cases it stands for (hours, mostly); the text tells the worst."""

    def __str__(self) -> str:
        often = f" ({self.times} cases, the worst of them told)" if self.times > 1 else ""
        return f"{self.place}: found {self.found}, expected {self.expected}{often}"


@dataclass(frozen=True)
class Check:
    """One promise of a plan, and whether it is kept."""

    name: str
    passed: bool
    detail: str
    """What was verified; on failure period, entry, found and expected of the first findings."""


@dataclass(frozen=True)
class Audit:
    """The outcome of all checks; `passed` only if each one is."""

    passed: bool
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Audit:
        """Sort findings by check; a check without any is passed."""
        by_name: dict[CheckName, list[Finding]] = {name: [] for name in CheckName}
        for finding in findings:
            by_name[finding.check].append(finding)
        checks = tuple(_check(name, found) for name, found in by_name.items())
        return cls(all(check.passed for check in checks), checks)


def number(value: float) -> str:
    """A figure in a finding: ten digits, so that differences just beyond the tolerance can be seen."""
    return f"{value:.10g}"


def differs(found: float, expected: float, absolute: float) -> bool:
    """Are two figures different beyond RELATIVE of the expected one plus `absolute`? NaN differs from everything."""
    return not abs(found - expected) <= RELATIVE * abs(expected) + absolute


def worst(excess: NDArray[np.float64]) -> Iterable[tuple[int, int]]:
    """The entry that is farthest beyond its bound and how many are beyond theirs; nothing if none is."""
    times = int(np.count_nonzero(excess > 0))
    return [(int(excess.argmax()), times)] if times else []


def _check(name: CheckName, findings: list[Finding]) -> Check:
    if not findings:
        return Check(name.value, True, name.meaning)
    more = len(findings) - SHOWN
    texts = [str(finding) for finding in findings[:SHOWN]] + ([f"and {more} more"] if more > 0 else [])
    return Check(name.value, False, "; ".join(texts))
