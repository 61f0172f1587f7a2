"""The result of planning: what to do, what it costs, how good it is, and its files."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.assumptions.loaded import Default
from planner.csv_text import without_formulas
from planner.dispatch import Dispatch
from planner.periods import Calendar
from planner.problems import InputError, Problem
from planner.report.names import report_names
from planner.report_columns import BASELINE_COLUMNS, DETAIL_COLUMNS, DURATION_COLUMNS, LOAD_COLUMNS, SCREENING_COLUMNS

if TYPE_CHECKING:
    from planner.audit import Audit
    from planner.report.pictures import Pictures

SCHEMA = "hybrid-plan/1"
STATUSES = ("optimal", "within_gap", "infeasible", "time_limit", "unbounded", "error")

TABLES = (
    "purchases",
    "commitments",
    "spend_commitments",
    "capacity",
    "rentals",
    "api_use",
    "sales",
    "use",
    "unserved",
    "costs",
    "workload_costs",
    "obligations_after_end",
    "marginals",
    "baselines",
    "options",
    "cost_details",
    "baseline_costs",
    "load",
    "load_duration",
    "screening",
)
"""The tables of plan.json, each also a CSV file beside it."""


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True)
class Schedule:
    """The tables that say what is done and what it costs; the audit reads them. Columns as in formats.md."""

    purchases: pd.DataFrame
    """period, site, server, count, gpus, in_service, cost."""
    commitments: pd.DataFrame
    """period, offer, option, count, gpus, until, cost."""
    capacity: pd.DataFrame
    """period, pool, units, gpus."""
    rentals: pd.DataFrame
    """period, offer, option, workload, gpu_hours, cost."""
    use: pd.DataFrame
    """period, pool, workload, gpu_hours, share_of_capacity."""
    unserved: pd.DataFrame
    """period, workload, gpu_hours."""
    costs: pd.DataFrame
    """period, component, amount, discounted."""
    total_cost: float
    """Sum of the discounted cost lines."""
    spend_commitments: pd.DataFrame = field(
        default_factory=lambda: _empty("period", "name", "amount_per_hour", "until", "cost"), kw_only=True
    )
    """period, name, amount_per_hour, until, cost."""
    api_use: pd.DataFrame = field(
        default_factory=lambda: _empty("period", "api", "workload", "input_tokens", "output_tokens", "cost"),
        kw_only=True,
    )
    """period, api, workload, input_tokens, output_tokens, cost."""
    sales: pd.DataFrame = field(
        default_factory=lambda: _empty("period", "site", "server", "count", "acquired", "amount"), kw_only=True
    )
    """period, site, server, count, acquired, amount: servers sold before the end of their life and of the horizon."""


@dataclass(frozen=True)
class Plan(Schedule):
    """A purchase schedule with its costs and the proof of how good it is."""

    run: str
    """Name of the run: the same inputs give the same name."""
    name: str
    status: str
    bound: float
    """No plan costs less."""
    gap: float
    """(total_cost − bound) / max(|total_cost|, 1)."""
    path: str
    """How the hours were dealt with: `no orders`, `written out` or `cuts` (docs/formulation.md)."""
    rounds: int
    """Turns of the loop that closed the gap."""
    currency: str
    calendar: Calendar
    workload_costs: pd.DataFrame
    """workload, amount, per_month, per_gpu_hour, per_million_tokens; idle capacity that is paid
    for, and what the fleet brings when it is sold, are rows of their own."""
    obligations_after_end: pd.DataFrame
    """what, until, amount."""
    marginals: pd.DataFrame
    """period, what, at, amount, unit: what one more costs."""
    baselines: pd.DataFrame
    """name, total_cost, saving, gap, reason."""
    options: pd.DataFrame
    """name, kind, owner, place, chosen, cost_per_gpu_hour, gpu_hours, utilisation, enters_below, price, price_key,
    text."""
    warnings: tuple[str, ...]
    reasons: tuple[str, ...]
    audit: Audit
    inputs: dict[str, Any]
    """Everything needed to make the same plan again."""
    defaults: tuple[Default, ...]
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Input files kept beside plan.json, by name."""
    dispatch: Dispatch | None = field(default=None, repr=False)
    """Hourly operation, one period at a time."""
    cost_details: pd.DataFrame = field(default_factory=lambda: _typed(DETAIL_COLUMNS))
    """component, supply, quantity, unit, unit_price, amount, discounted; over the horizon."""
    baseline_costs: pd.DataFrame = field(default_factory=lambda: _typed(BASELINE_COLUMNS))
    """name, period, amount, discounted."""
    load: pd.DataFrame = field(default_factory=lambda: _typed(LOAD_COLUMNS))
    """period, average_gpus, peak_gpus."""
    load_duration: pd.DataFrame = field(default_factory=lambda: _typed(DURATION_COLUMNS))
    """period, share_from, share_to, supply, gpus; for the first, the busiest and the last period."""
    screening: pd.DataFrame = field(default_factory=lambda: _typed(SCREENING_COLUMNS))
    """workload, name, kind, fixed_per_gpu_year, per_gpu_hour."""

    def to_dict(self) -> dict[str, Any]:
        """The content of plan.json: plain JSON values, NaN as null."""
        head = {
            "schema": SCHEMA,
            "run": self.run,
            "name": self.name,
            "status": self.status,
            "total_cost": self.total_cost,
            "bound": _number(self.bound),
            "gap": _number(self.gap),
            "proof": {"path": self.path, "rounds": self.rounds},
            "currency": self.currency,
            "horizon": {
                "period": self.calendar.unit.value,
                "start": self.calendar.start.isoformat(),
                "periods": self.calendar.count,
            },
        }
        tables = {table: _records(getattr(self, table)) for table in TABLES}
        checks = [{"name": check.name, "passed": check.passed, "detail": check.detail} for check in self.audit.checks]
        return (
            head
            | tables
            | {
                "reasons": [{"text": reason} for reason in self.reasons],
                "warnings": list(self.warnings),
                "audit": {"passed": self.audit.passed, "checks": checks},
                "inputs": self.inputs,
            }
        )

    def save(self, folder: Path | str, force: bool = False, *, hourly: bool = False) -> Path:
        """Write plan.json, its tables as CSV and the inputs into a folder: all of it, or nothing.

        Raises InputError when the folder has something in it, unless `force`; what the plan does not write stays there.
        `hourly` adds dispatch.parquet.
        """
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or (not force and any(folder.iterdir()))):
            found = "files in it" if folder.is_dir() else "a file"
            expected, fix = "a folder that is new or empty", "--force overwrites, -o names another"
            raise InputError([Problem(str(folder), "", found, expected, fix)])
        parent = folder if folder.exists() else folder.parent
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".plan-", dir=parent) as name:
            written = Path(name) / "plan"
            written.mkdir()
            self._write(written, hourly=hourly)
            if folder.exists():
                _replace_files(written, folder)
            else:
                os.replace(written, folder)
        return folder

    def _write(self, folder: Path, *, hourly: bool) -> None:
        text = json.dumps(self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "plan.json").write_text(text + "\n", encoding="utf-8")
        for table in TABLES:
            without_formulas(getattr(self, table)).to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")
        for name, content in self.files.items():
            path = folder / "inputs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        if hourly and self.dispatch is not None:
            from planner.hourly_file import write_hourly

            write_hourly(folder / "dispatch.parquet", self.dispatch, self.calendar)

    @property
    def chart(self) -> Pictures:
        """Pictures of the plan, as altair charts: `plan.chart.capacity()`, `.screening()`, `.cumulative_cost()`, …"""
        from planner.report.pictures import Pictures
        from planner.report.source import document_of_plan

        return Pictures(document_of_plan(self))

    def summary(self, by: Sequence[str] = ("component",)) -> pd.DataFrame:
        """Cost summed by any of `component`, `period` and `year`, or by `workload` alone.

        columns: those of `by`, amount (undiscounted), and discounted, which workloads have not. Raises ValueError for
        other names.
        """
        from planner.report.summary import summary

        return summary(self.costs, self.workload_costs, by)

    def _repr_html_(self) -> str:
        """What a notebook shows: the recommendation, the decisions and the costs, without scripts."""
        from planner.report.notebook import notebook_html
        from planner.report.source import document_of_plan

        return notebook_html(document_of_plan(self))

    def __str__(self) -> str:
        """One line: what it costs and how good it is."""
        return f"Plan {self.run}: {self.total_cost:,.2f} {self.currency}, {self.status}, gap {self.gap:.2g}"

    def __repr__(self) -> str:
        """The same line: a plan is too long to be shown whole."""
        return f"<{self}>"


def _replace_files(written: Path, folder: Path) -> None:
    """Rename finished files into a folder. plan.json goes first and comes last: with it, the folder is complete.

    A dispatch and a report of the plan that was there before are not of this one: they go.
    """
    for stale in ("plan.json", "dispatch.parquet", *report_names()):
        (folder / stale).unlink(missing_ok=True)
    files = sorted(path.relative_to(written) for path in written.rglob("*") if path.is_file())
    for path in sorted(files, key=lambda path: path == Path("plan.json")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(written / path, folder / path)


def _typed(columns: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns)).astype(dict(columns))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {str(name): [_plain(value) for value in table[name].tolist()] for name in table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
