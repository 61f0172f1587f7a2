"""One solved point as plain data: what it costs, and what it decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.sweep.plans import Orders

if TYPE_CHECKING:
    from hybrid_lp.certify import Certified
    from hybrid_lp.instance import Instance
    from hybrid_lp.merge import Membership

    from planner.prepare import Prepared


class Outcome(StrEnum):
    """What became of a point."""

    OPTIMAL = "optimal"
    WITHIN_GAP = "within_gap"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    TIME_LIMIT = "time_limit"
    ERROR = "error"
    WRONG_INPUT = "wrong_input"
    """The changed assumptions contradict each other, or the format."""


@dataclass(frozen=True)
class Row:
    """One point."""

    number: int
    outcome: Outcome
    total_cost: float | None = None
    """Discounted; None where there is no plan."""
    bound: float | None = None
    servers: float = 0.0
    """Ordered over the horizon."""
    commitments: float = 0.0
    """Instances reserved over the horizon."""
    cloud_share: float = 0.0
    """Of all work done, that in clouds and at APIs."""
    orders: Orders = field(default_factory=Orders)
    reason: str = ""
    """Why there is no plan."""

    @property
    def is_plan(self) -> bool:
        """Is there a plan?"""
        return self.total_cost is not None

    def content(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Row:
        """From JSON."""
        return cls(**{**content, "outcome": Outcome(content["outcome"]), "orders": Orders.read(content["orders"])})


def row_of(number: int, prepared: Prepared, merged: Instance, membership: Membership, certified: Certified) -> Row:
    """The row of a solved point; `certified` is of its merged instance."""
    from planner.dispatch import SupplyKind

    outcome = Outcome(certified.status.value)
    if not certified.operations:
        return Row(number, outcome, reason=certified.message or "no plan keeps all limits")
    orders = Orders.of(prepared, certified.holdings)
    kinds = {pool.label: pool.kind for pool in prepared.pools}
    counted = {
        kind: sum(units for label, _, units in orders.ordered if kinds[label] is kind)
        for kind in (SupplyKind.SERVER, SupplyKind.RESERVED)
    }
    return Row(
        number,
        outcome,
        total_cost=float(certified.cost),
        bound=float(certified.bound) if np.isfinite(certified.bound) else None,
        servers=round(counted[SupplyKind.SERVER], 6),
        commitments=round(counted[SupplyKind.RESERVED], 6),
        cloud_share=cloud_share(prepared, merged, membership, certified),
        orders=orders,
    )


def cloud_share(prepared: Prepared, merged: Instance, membership: Membership, certified: Certified) -> float:
    """Share of the work done in clouds and at APIs.

    What serves alike is one supply of the merged programme: own servers are never one with anything in a cloud.
    """
    from planner.dispatch import SupplyKind

    work = (certified.run_gpu_hours * merged.effectiveness).sum(axis=0)
    own = np.zeros(len(work), dtype=np.bool_)
    own[membership.supply_of] = [supply.kind is SupplyKind.SERVER for supply in prepared.supplies]
    total = float(work.sum())
    return round(float(work[~own].sum()) / total, 9) if total > 0 else 0.0
