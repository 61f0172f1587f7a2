"""What the hours tell the programme: linear functions of capacity that bound operating cost and shortage from below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid_lp.instance import Floats, Integers


@dataclass(frozen=True)
class OperatingCuts:
    """One for each period: operating_p + Σ_b λ_bp used_bp ≥ intercept_p + Σ_k slope_pk capacity_kp.

    The dual prices of the hours at one capacity, summed over the period: exact there, a bound everywhere else
    (L-shaped: Van Slyke & Wets 1969). With a price λ on what hours take of a budget, the hours are those of costs
    raised by it: a bound on cost and use together, whatever the price.
    """

    intercept: Floats
    """intercept[period]  currency, undiscounted."""
    slope: Floats
    """slope[period, pool]  currency per unit in service: what one more saves, ≤ 0 unless it takes up a quota."""
    budget_price: Floats
    """budget_price[coupling budget, period]  currency of that period per unit of the budget, λ."""

    def least(self, capacity: Floats, used: Floats) -> Floats:
        """least[period]: operating cost is no less, with capacity[pool, period] and used[coupling budget, period]."""
        least: Floats = self.intercept + np.einsum("pk,kp->p", self.slope, capacity)
        return least - (self.budget_price * used).sum(axis=0)


@dataclass(frozen=True)
class ShortageCuts:
    """Hours that must be served: 0 ≥ intercept + Σ_k slope_k capacity_kp, for the period of each cut.

    The dual prices of the least shortfall of one hour: capacity that violates a cut cannot serve that hour.
    """

    period: Integers
    """period[cut]."""
    intercept: Floats
    """intercept[cut]  reference GPUs."""
    slope: Floats
    """slope[cut, pool]  reference GPUs per unit in service."""
