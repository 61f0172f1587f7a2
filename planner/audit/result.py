"""What an audit says: one check per promise that a plan makes, and what was found where one is broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

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
    POWER = "power-limit"
    RACK = "rack-units"
    MAX_SERVERS = "max-servers"
    DEMAND = "demand-served"
    POOL_USE = "pool-use"
    ELIGIBILITY = "eligibility"
    SPOT_SHARE = "spot-share"
    MAX_GPUS = "max-gpus"
    SPOT_MAX_GPUS = "spot-max-gpus"
    USE_TABLE = "use-table"
    RENTALS_TABLE = "rentals-table"
    UNSERVED_TABLE = "unserved-table"
    PURCHASES_COST = "purchases-cost"
    COMMITMENTS_COST = "commitments-cost"
    COST_SERVERS = "cost-servers"
    COST_INSTALLATION = "cost-installation"
    COST_RESALE = "cost-resale"
    COST_MAINTENANCE = "cost-maintenance"
    COST_ELECTRICITY = "cost-electricity"
    COST_HOSTING = "cost-hosting"
    COST_STAFF = "cost-staff"
    COST_ON_DEMAND = "cost-on-demand"
    COST_SPOT = "cost-spot"
    COST_RESERVED_UPFRONT = "cost-reserved-upfront"
    COST_RESERVED_HOURLY = "cost-reserved-hourly"
    COST_EGRESS = "cost-egress"
    COST_STORAGE = "cost-storage"
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
    CheckName.CAPACITY: "capacity is what the orders and commitments give, by lead time, lifetime and term",
    CheckName.POWER: "power of the servers in service stays within each site's limit",
    CheckName.RACK: "the servers in service fit into each site's rack units",
    CheckName.MAX_SERVERS: "no more servers of a model in service than allowed",
    CheckName.DEMAND: "work done and work left undone add up to demand in every hour",
    CheckName.POOL_USE: "no pool runs more GPUs than it has, in any hour",
    CheckName.ELIGIBILITY: "nothing runs where it may not or cannot",
    CheckName.SPOT_SHARE: "no workload has more of its work on spot than allowed, in any hour",
    CheckName.MAX_GPUS: "on-demand and reserved GPUs of each offer stay within its limit, in every hour",
    CheckName.SPOT_MAX_GPUS: "spot GPUs of each offer stay within its limit, in every hour",
    CheckName.USE_TABLE: "use of the pools is the sum of the hours",
    CheckName.RENTALS_TABLE: "rentals are the sum of the hours, at the price of their period",
    CheckName.UNSERVED_TABLE: "unserved work is the sum of the hours",
    CheckName.PURCHASES_COST: "every order costs its count times price and installation",
    CheckName.COMMITMENTS_COST: "every commitment costs its count times upfront and hourly fees of its term",
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


def _check(name: CheckName, findings: list[Finding]) -> Check:
    if not findings:
        return Check(name.value, True, name.meaning)
    more = len(findings) - SHOWN
    texts = [str(finding) for finding in findings[:SHOWN]] + ([f"and {more} more"] if more > 0 else [])
    return Check(name.value, False, "; ".join(texts))
