"""What is decided once: units ordered, and units that leave before their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hybrid_lp.instance import Floats


@dataclass(frozen=True)
class Holdings:
    """Orders and early sales of one plan."""

    orders: Floats
    """orders[pool, period]  units ordered, those sold early included."""
    sold: Mapping[tuple[int, int, int], float] = field(default_factory=dict)
    """(pool, order period, leave period) → units that leave at the start of that period."""
    sold_held: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """(index of `Instance.held`, leave period) → units that leave at the start of that period."""
