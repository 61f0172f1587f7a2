"""The lines of a bill."""

from __future__ import annotations

from enum import StrEnum


class Component(StrEnum):
    """What money is paid for, as formats.md names it."""

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
