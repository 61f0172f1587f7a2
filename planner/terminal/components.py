"""Names of cost components as people say them, in the order of formats.md."""

from __future__ import annotations

_COMPONENTS = (
    *("servers", "installation", "setup", "resale", "maintenance", "electricity", "hosting", "staff"),
    *("on_demand", "spot", "reserved_upfront", "reserved_hourly", "spend_commitment", "api", "support"),
    *("egress", "storage", "carbon", "unserved"),
)


def component_rank(component: str) -> int:
    """Place of a component in a list of costs; those that are not known here come last."""
    return _COMPONENTS.index(component) if component in _COMPONENTS else len(_COMPONENTS)


def component_words(component: str) -> str:
    """`on demand` for `on_demand`."""
    return component.replace("_", " ")
