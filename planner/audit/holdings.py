"""What is held in each period: servers and instances in service, money per hour that is promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.audit.lots import Lot, lots
from planner.audit.records import Tables
from planner.audit.setting import Setting
from planner.audit.terms import Term, terms
from planner.dispatch import Supply, SupplyKind

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Holdings:
    """What the orders, commitments and sales give, with what was there at the start."""

    lots: Mapping[tuple[str, str, str], Lot]
    """(server, site, `acquired`) → servers."""
    terms: tuple[Term, ...]
    units: Mapping[Supply, FloatArray]
    """Pool → units in service in each period of the horizon, for all pools of GPUs."""
    active: Mapping[str, FloatArray]
    """Spend commitment → money per hour in each period."""

    @classmethod
    def of(cls, tables: Tables, setting: Setting) -> Holdings:
        """Add up lots and terms, pool by pool."""
        count = setting.time.count
        units: dict[Supply, FloatArray] = {pool: np.zeros(count) for pool in setting.pools()}
        active = {name: np.zeros(count) for name in setting.assumptions.spend_commitments}
        owned, paid = lots(tables.purchases, tables.sales, setting), terms(tables, setting)
        for lot in owned.values():
            units[lot.pool] += lot.in_service
        for term in paid:
            money = term.pool.kind is SupplyKind.SPEND_COMMITMENT
            row = active[term.pool.owner] if money else units[term.pool]
            row[term.span.first : term.span.last + 1] += term.units
        return cls(owned, paid, units, active)
