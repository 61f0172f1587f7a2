"""Ours, from files to a saved plan without baselines, through `planner.plan`; with --only-solve, the solve alone.

Baselines are three more plans, which the rivals do not make. `planner plan`, baselines and report included, is a row of
its own in compare.py.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from figures import Figures, rival_arguments


def whole(chosen: argparse.Namespace) -> Figures:
    """Read, certify, schedule, audit, write."""
    from planner.api import plan

    started, cpu = time.perf_counter(), time.process_time()
    files = chosen.folder / "forecast.csv", chosen.folder / "assumptions.yaml"
    made = plan(*files, gap=chosen.gap, relax=chosen.relax, time_limit=chosen.time_limit, baselines=False)
    made.save(chosen.output or Path(tempfile.mkdtemp()), force=True)
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    note = made.status if made.audit.passed else "AUDIT FAILED"
    return Figures(0.0, spent, made.total_cost, made.gap, 0, made.gap <= chosen.gap, cpu, note)


def only_solve(chosen: argparse.Namespace) -> Figures:
    """The mathematics alone: from the instance to the certified plan. There is no building before the solving."""
    from hybrid_lp.certify import Settings, certify
    from hybrid_lp.merge import merge

    from planner.api import read_inputs

    begun = time.perf_counter()
    instance = read_inputs(chosen.folder / "forecast.csv", chosen.folder / "assumptions.yaml").prepared.instance
    read = time.perf_counter() - begun
    started, cpu = time.perf_counter(), time.process_time()
    limit = chosen.time_limit
    left = None if limit is None else lambda: limit - (time.perf_counter() - started)
    merged, _ = merge(instance)
    certified, _ = certify(merged, Settings(gap=chosen.gap, relax=chosen.relax, seconds_left=left))
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    note = f"{len(certified.rounds)} rounds"
    return Figures(0.0, spent, certified.cost, certified.gap, 0, certified.gap <= chosen.gap, cpu, note, read)


def main() -> None:
    """Plan and report."""
    parser = rival_arguments(__doc__)
    parser.add_argument("--only-solve", action="store_true", help="time the solve alone")
    chosen = parser.parse_args()
    (only_solve(chosen) if chosen.only_solve else whole(chosen)).show()


if __name__ == "__main__":
    main()
