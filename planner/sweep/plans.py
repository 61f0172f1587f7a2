"""What a rerun decides, by the names of things, so that plans of different reruns can be compared and tried out."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hybrid_lp.holdings import Holdings

    from planner.prepare import Prepared


@dataclass(frozen=True)
class Orders:
    """Orders and early sales, in order of time."""

    ordered: tuple[tuple[str, int, float], ...] = ()
    """(label of the pool, period, units)."""
    sold: tuple[tuple[str, int, int, float], ...] = ()
    """(label of the pool, order period, leave period, units)."""
    sold_held: tuple[tuple[int, int, float], ...] = ()
    """(number of the held units, leave period, units)."""

    @classmethod
    def of(cls, prepared: Prepared, holdings: Holdings) -> Orders:
        """Those of a plan, units to a millionth."""
        label = [pool.label for pool in prepared.pools]
        orders = holdings.orders
        return cls(
            tuple(
                (label[k], int(p), round(float(orders[k, p]), 6)) for p, k in zip(*np.nonzero(orders.T), strict=True)
            ),
            tuple((label[k], p, leave, round(n, 6)) for (k, p, leave), n in sorted(holdings.sold.items())),
            tuple((held, leave, round(n, 6)) for (held, leave), n in sorted(holdings.sold_held.items())),
        )

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Orders:
        """From the content of a row."""
        return cls(*(tuple(tuple(entry) for entry in content[name]) for name in ("ordered", "sold", "sold_held")))

    def holdings(self, prepared: Prepared) -> Holdings | None:
        """The same orders in another rerun; None where it does not have what they order."""
        from hybrid_lp.holdings import Holdings

        pool = {supply.label: k for k, supply in enumerate(prepared.pools)}
        if any(label not in pool for label, *_ in (*self.ordered, *self.sold)):
            return None
        orders = np.zeros((len(pool), prepared.instance.periods))
        for label, p, units in self.ordered:
            orders[pool[label], p] += units
        sold = {(pool[label], p, leave): units for label, p, leave, units in self.sold}
        return Holdings(orders, sold, {(held, leave): units for held, leave, units in self.sold_held})

    @property
    def totals(self) -> dict[str, float]:
        """Units ordered over the horizon, by the label of the pool."""
        totals: defaultdict[str, float] = defaultdict(float)
        for label, _, units in self.ordered:
            totals[label] += units
        return {label: round(units, 6) for label, units in sorted(totals.items())}

    @property
    def digest(self) -> str:
        """The same orders, the same text."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:8]
