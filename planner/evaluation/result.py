"""What an evaluation says: the user's plan, the best one, and what differs between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.csv_text import without_formulas
from planner.result import Plan
from planner.runs.compare import Comparison, compare
from planner.runs.kept import KeptRun
from planner.runs.rendering import as_json

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "hybrid-evaluation/1"


@dataclass(frozen=True)
class Overstep:
    """A limit, or a decision, that the schedule does not keep."""

    limit: str
    period: str
    """Its label; empty where the limit is one of several periods together."""
    found: float
    allowed: float
    """At most, or at least where less was found."""
    unit: str


@dataclass(frozen=True)
class Shortfall:
    """Work that must be served, but is left undone by the schedule in one period."""

    period: str
    workload: str
    gpu_hours: float
    """Reference GPU-hours."""
    hours: int
    """Hours of the period in which something is left undone."""
    first: str
    """The first of them, `2027-03-04 09:00`."""
    worst_gpus: float
    """Reference GPUs that are lacking in the worst hour."""


@dataclass(frozen=True)
class Evaluation:
    """A schedule of the user's own beside the best one."""

    yours: Plan
    """The schedule with its best operation: a plan like any other. Its bound is the best plan's; where it does not
    keep the limits its status is `infeasible`, and it has no bound."""
    best: Plan | None
    """None where no plan is possible, or none was found in the time that there was."""
    no_best: tuple[str, ...] = ()
    """Why there is no best plan."""
    oversteps: tuple[Overstep, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()

    @property
    def feasible(self) -> bool:
        """Does the schedule keep every limit, and serve all that must be served?"""
        return not self.oversteps and not self.shortfalls

    @property
    def comparable(self) -> bool:
        """Do both plans serve the same work, but for what may be left undone at a price?"""
        return self.best is not None and not self.shortfalls

    @property
    def difference(self) -> float | None:
        """Discounted cost of the schedule less that of the best plan; None without one."""
        return None if self.best is None else self.yours.total_cost - self.best.total_cost

    @cached_property
    def comparison(self) -> Comparison | None:
        """From the best plan to the schedule, line by line; the lines of costs add up to the difference."""
        return None if self.best is None else compare(KeptRun.of(self.best), KeptRun.of(self.yours))

    @cached_property
    def costs_by_period(self) -> pd.DataFrame:
        """columns period, component, yours, best, difference: discounted; the differences add up to the whole one."""
        import pandas as pd

        keys = ["period", "component"]
        yours = self.yours.costs.groupby(keys, sort=False)["discounted"].sum().rename("yours")
        empty = self.yours.costs.iloc[:0] if self.best is None else self.best.costs
        best = empty.groupby(keys, sort=False)["discounted"].sum().rename("best")
        table = pd.concat([yours, best], axis=1).fillna(0.0).reset_index()
        table = table.astype({"period": "str", "component": "str", "yours": "float64", "best": "float64"})
        table["difference"] = table["yours"] - table["best"]
        return table.sort_values("period", kind="stable", ignore_index=True)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words."""
        from planner.evaluation.sentences import sentences

        return tuple(sentences(self))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: the whole of both plans, and their comparison."""
        lines = None if self.comparison is None else as_json([self.comparison])["comparisons"][0]
        return {
            "schema": SCHEMA,
            "sentences": list(self.sentences),
            "feasible": self.feasible,
            "comparable": self.comparable,
            "difference": self.difference,
            "oversteps": [vars(overstep) for overstep in self.oversteps],
            "shortfalls": [vars(shortfall) for shortfall in self.shortfalls],
            "comparison": lines,
            "costs_by_period": self.costs_by_period.to_dict("records"),
            "yours": self.yours.to_dict(),
            "best": None if self.best is None else self.best.to_dict(),
            "no_best": list(self.no_best),
        }

    def save(self, folder: Path | str, force: bool = False) -> Path:
        """Write both plans into `yours` and `best`, comparison.csv (costs by period) and evaluation.json.

        Raises InputError when one of the plans' folders has something in it, unless `force`.
        """
        folder = Path(folder)
        self.yours.save(folder / "yours", force)
        if self.best is not None:
            self.best.save(folder / "best", force)
        table = without_formulas(self.costs_by_period)
        table.to_csv(folder / "comparison.csv", index=False, lineterminator="\n")
        head = {key: value for key, value in self.to_dict().items() if key not in ("yours", "best")}
        text = json.dumps(head, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
        return folder

    def __str__(self) -> str:
        """The sentences, one below the other."""
        return "\n".join(self.sentences)


def totals(plan: Plan, table: str, keys: tuple[str, ...], quantity: str) -> dict[tuple[str, ...], float]:
    """Sums of a table's quantity by names."""
    found: dict[tuple[str, ...], float] = {}
    for name, value in _rows(getattr(plan, table), keys, quantity):
        found[name] = found.get(name, 0.0) + value
    return found


def _rows(table: pd.DataFrame, keys: tuple[str, ...], quantity: str) -> Iterator[tuple[tuple[str, ...], float]]:
    columns = [table[key].tolist() for key in keys]
    for *names, value in zip(*columns, table[quantity].tolist(), strict=True):
        yield tuple(str(name) for name in names), float(value)
