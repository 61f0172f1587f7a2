"""The rows of a sweep as one frame, and its files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from planner.sweep.run import Swept

RESULT = "sweep"


def frame(swept: Swept) -> pd.DataFrame:
    """A row per point, in order: number, role, of, what was varied, outcome, total_cost, bound, gap, servers,
    commitments, cloud_share, plan (equal text for equal orders), and a column per pool with the units ordered of it.
    """
    varied = list(dict.fromkeys(name for point in swept.points for name in point.varied))
    pools = sorted({label for row in swept.rows.values() for label in row.orders.totals})
    lines = []
    for point in swept.points:
        row = swept.rows[point.number]
        totals = row.orders.totals
        gap = None if row.total_cost is None or row.bound is None else _gap(row.total_cost, row.bound)
        lines.append(
            {
                "number": point.number,
                "role": point.role.value,
                "of": point.of,
                **{f"vary {name}": point.varied.get(name) for name in varied},
                "outcome": row.outcome.value,
                "total_cost": row.total_cost,
                "bound": row.bound,
                "gap": gap,
                "servers": row.servers if row.is_plan else None,
                "commitments": row.commitments if row.is_plan else None,
                "cloud_share": row.cloud_share if row.is_plan else None,
                "plan": row.orders.digest if row.is_plan else "",
                **{f"ordered {label}": totals.get(label, 0.0) if row.is_plan else None for label in pools},
                "reason": row.reason,
            }
        )
    table = pd.DataFrame(lines)
    words = dict.fromkeys(("role", "of", "outcome", "plan", "reason"), "str")
    numbers = dict.fromkeys([name for name in table.columns if name not in (*words, "number")], "float64")
    return table.astype(words | numbers)


def write(swept: Swept, folder: Path) -> pd.DataFrame:
    """Write the frame as CSV and Parquet."""
    table = frame(swept)
    table.to_csv(folder / f"{RESULT}.csv", index=False, lineterminator="\n")
    table.to_parquet(folder / f"{RESULT}.parquet", index=False)
    return table


def _gap(cost: float, bound: float) -> float:
    return (cost - bound) / max(abs(cost), 1.0)
