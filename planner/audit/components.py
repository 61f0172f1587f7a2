"""The cost components, and the moment at which each is paid."""

from __future__ import annotations

from enum import StrEnum

from planner.audit.result import CheckName


class Component(StrEnum):
    """The cost components of formats.md."""

    SERVERS = "servers"
    INSTALLATION = "installation"
    SETUP = "setup"
    RESALE = "resale"
    MAINTENANCE = "maintenance"
    ELECTRICITY = "electricity"
    HOSTING = "hosting"
    STAFF = "staff"
    ON_DEMAND = "on_demand"
    SPOT = "spot"
    RESERVED_UPFRONT = "reserved_upfront"
    RESERVED_HOURLY = "reserved_hourly"
    SPEND_COMMITMENT = "spend_commitment"
    API = "api"
    SUPPORT = "support"
    EGRESS = "egress"
    STORAGE = "storage"
    CARBON = "carbon"
    UNSERVED = "unserved"

    @property
    def check(self) -> CheckName:
        """The check of this component."""
        return CheckName(f"cost-{self.value.replace('_', '-')}")

    @property
    def at_start(self) -> bool:
        """Paid at the start of its period, rather than during it? (Resale has its own moments, support those of what
        it is added to.)"""
        return self in (Component.SERVERS, Component.INSTALLATION, Component.SETUP, Component.RESERVED_UPFRONT)
