"""What the hours tell the programme: linear functions of capacity that bound operating cost and shortage from below."""

from __future__ import annotations

from dataclasses import dataclass

from hybrid_lp.instance import Floats, Integers


@dataclass(frozen=True)
class OperatingCuts:
    """One for each period: operating_p ≥ intercept_p + Σ_k slope_pk capacity_kp (L-shaped: Van Slyke & Wets 1969).

    The dual prices of the hours at one capacity, summed over the period: exact there, a bound everywhere else.
    """

    intercept: Floats
    """intercept[period]  currency, undiscounted."""
    slope: Floats
    """slope[period, pool]  currency per unit in service: what one more saves, ≤ 0 unless it takes up a quota."""


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
