"""A plan read back from its file, in the shape that the terminal's report reads: the same words in every form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.assumptions.loaded import Default
from planner.report.source import AuditResult, PlanDocument
from planner.terminal.view import View, view

if TYPE_CHECKING:
    import pandas as pd

    from planner.periods import Calendar


@dataclass(frozen=True)
class _Shown:
    """A `planner.terminal.view.PlanLike`."""

    run: str
    name: str
    status: str
    currency: str
    total_cost: float
    gap: float
    calendar: Calendar
    purchases: pd.DataFrame
    commitments: pd.DataFrame
    spend_commitments: pd.DataFrame
    sales: pd.DataFrame
    capacity: pd.DataFrame
    rentals: pd.DataFrame
    api_use: pd.DataFrame
    use: pd.DataFrame
    unserved: pd.DataFrame
    costs: pd.DataFrame
    workload_costs: pd.DataFrame
    baselines: pd.DataFrame
    options: pd.DataFrame
    obligations_after_end: pd.DataFrame
    warnings: tuple[str, ...]
    reasons: tuple[str, ...]
    audit: AuditResult
    inputs: Mapping[str, Any]
    defaults: tuple[Default, ...]


_TABLES = (
    *(
        "purchases",
        "commitments",
        "spend_commitments",
        "sales",
        "capacity",
        "rentals",
        "api_use",
        "use",
        "unserved",
        "costs",
    ),
    *("workload_costs", "baselines", "options", "obligations_after_end"),
)


def view_of(document: PlanDocument) -> View:
    """The rows of the document."""
    head = document.head
    return view(
        _Shown(
            run=head.run,
            name=head.name,
            status=head.status,
            currency=head.currency,
            total_cost=head.total_cost,
            gap=head.gap,
            calendar=document.calendar,
            **{name: document.table(name) for name in _TABLES},
            warnings=head.warnings,
            reasons=tuple(reason.text for reason in head.reasons),
            audit=head.audit,
            inputs={"assumptions": head.inputs.assumptions},
            defaults=tuple(Default(entry.key, entry.value, entry.unit, entry.origin) for entry in head.inputs.defaults),
        )
    )
