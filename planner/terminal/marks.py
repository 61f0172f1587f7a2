"""Which figures of a report are not the user's own, and the footnote that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.terminal.text import MARK

if TYPE_CHECKING:
    from planner.assumptions.loaded import Default

_SERVER_KEYS: Mapping[str, tuple[str, ...]] = {
    "servers": ("price",),
    "installation": ("install_cost",),
    "resale": ("resale",),
    "maintenance": ("maintenance_per_year",),
    "electricity": ("power_kw", "idle_power_kw"),
    "hosting": ("power_kw",),
}
_SITE_KEYS: Mapping[str, tuple[str, ...]] = {
    "electricity": ("electricity_price", "pue"),
    "hosting": ("hosting_per_kw_month",),
    "staff": ("staff",),
    "storage": ("storage_per_gb_month",),
}
_OFFER_KEYS: Mapping[str, tuple[str, ...]] = {
    "on_demand": ("on_demand",),
    "spot": ("spot",),
    "reserved_upfront": ("reserved",),
    "reserved_hourly": ("reserved",),
    "egress": ("egress_per_gb",),
    "storage": ("storage_per_gb_month",),
}


@dataclass(frozen=True)
class Used:
    """Names of what a plan uses: only their figures stand behind its costs."""

    servers: frozenset[str]
    sites: frozenset[str]
    offers: frozenset[str]


@dataclass(frozen=True)
class Marks:
    """The figures that were defaulted. A default of 0, or of nothing, is a matter of warnings and not marked."""

    defaults: tuple[Default, ...]

    @classmethod
    def of(cls, defaults: Sequence[Default]) -> Marks:
        """Marks for a plan's defaults."""
        return cls(tuple(defaults))

    def value(self, key: str) -> Any:
        """The defaulted value of a key, or None."""
        return next((default.value for default in self.defaults if default.key == key), None)

    def key(self, key: str) -> str:
        """`*` where that key, an entry that contains it, or something inside it was defaulted to more than nothing."""
        return MARK if any(_concerns(default, key) for default in self.defaults) else ""

    def any_of(self, keys: Iterable[str]) -> str:
        """`*` where any of the keys was defaulted."""
        return MARK if any(self.key(key) for key in keys) else ""

    def price(self, kind: str, owner: str, place: str) -> str:
        """`*` where the price of a supply was defaulted. `kind` as in SupplyKind."""
        match kind:
            case "server":
                return self.key(f"servers.{owner}.price")
            case "reserved":
                return self.any_of(f"cloud.{owner}.reserved.{place}.{part}" for part in ("upfront", "hourly"))
            case "spot":
                return self.key(f"cloud.{owner}.spot.price")
        return self.key(f"cloud.{owner}.{kind}")

    def component(self, component: str, used: Used) -> str:
        """`*` where a figure behind a cost component was defaulted for something that the plan uses."""
        groups = (
            ("servers", used.servers, _SERVER_KEYS),
            ("sites", used.sites, _SITE_KEYS),
            ("cloud", used.offers, _OFFER_KEYS),
        )
        return self.any_of(
            f"{section}.{name}.{key}"
            for section, names, keys in groups
            for name in sorted(names)
            for key in keys.get(component, ())
        )

    def count(self, origin: str) -> int:
        """How many figures have that origin (`catalogue` or `default`)."""
        return sum(default.origin == origin for default in self.defaults)


def _concerns(default: Default, key: str) -> bool:
    if not default.value:  # 0, no, none, an empty list: nothing that a report could show
        return False
    return default.key == key or default.key.startswith(f"{key}.") or key.startswith(f"{default.key}.")
