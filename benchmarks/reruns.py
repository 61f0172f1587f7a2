"""What a rerun at other prices takes: beside the first solve, and beside whole plans.

    python benchmarks/reruns.py                 the Philly projection, and draws of a case in tokens
    python benchmarks/reruns.py --draws 60      more draws

CPU seconds of one process. `plan` is `planner.plan` with everything that it reports; `first` the first solve of the
prepared instance; `rerun` a point of a sweep, from changed assumptions to a certified plan.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import growth
from figures import HERE, table

import planner
from planner.runs.kept import KeptRun
from planner.sweep.distributions import read_distributions
from planner.sweep.job import Base, Job, solve_base
from planner.sweep.points import Point, Role

TOKENS = HERE.parent / "inputs" / "inference-service"
CHANGES = ("cloud.*.on_demand=-10%", "cloud.*.on_demand=+1%", "servers.*.price=-15%", "sites.*.electricity_price=+30%")
SPREAD = """
assumptions:
  on-demand prices: {keys: ['cloud.*.on_demand'], lognormal: {sigma: 0.15}}
  server prices: {keys: ['servers.*.price'], triangular: {low: 0.8, mode: 1, high: 1.3}}
  electricity: {keys: ['sites.*.electricity_price'], uniform: {low: 0.7, high: 1.5}}
"""


def job_of(plan: planner.Plan) -> Job:
    options = plan.inputs["options"]
    return Job(KeptRun.of(plan), options["gap"], options["relax"], options["solver"])


def philly(trace: Path) -> None:
    """Price reruns of 36 months of the Philly trace."""
    if not trace.exists():
        print("skipped: the Philly trace is not there (../shared/data/philly_2017_hourly_by_vc.csv)\n")
        return
    rows = []
    for name, everything in (("default", False), ("whole catalogue", True)):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "assumptions.yaml"
            file.write_text(growth._philly(everything), encoding="utf-8")
            begun = time.process_time()
            plan = planner.plan(trace, file)
            whole = time.process_time() - begun
        begun = time.process_time()
        _, job = solve_base(job_of(plan))
        first = time.process_time() - begun
        with Base(job) as base:
            base.prepared(Point(0, Role.BASE))
            for change in CHANGES:
                begun = time.process_time()
                row, _ = base.solved(Point(1, Role.GRID, changes=(change,)))
                again = time.process_time() - begun
                rows.append(
                    [
                        f"{name}, {change}",
                        f"{whole:.2f}",
                        f"{first:.2f}",
                        f"{again:.2f}",
                        f"{whole / again:.1f}",
                        f"{first / again:.1f}",
                        row.outcome.value,
                    ]
                )
    header = ["Philly, 36 months", "plan s", "first s", "rerun s", "plan/rerun", "first/rerun", ""]
    print(table(header, rows, markdown=False), end="\n\n", flush=True)


def tokens(draws: int) -> None:
    """Random draws of a case in tokens, each as a point of a sweep and as a whole plan."""
    files = TOKENS / "forecast.csv", TOKENS / "assumptions.yaml"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spread.yaml"
        file.write_text(SPREAD, encoding="utf-8")
        points = read_distributions(file).draws(draws, 1, 1)
    _, job = solve_base(job_of(planner.plan(*files)))
    with Base(job) as base:
        base.prepared(Point(0, Role.BASE))
        begun = time.process_time()
        found = [base.row(point) for point in points]
        swept = (time.process_time() - begun) / draws
    spent: dict[bool, float] = {}
    worst = -1.0
    for baselines in (True, False):
        begun = time.process_time()
        plans = [planner.plan(*files, changes=point.changes, baselines=baselines) for point in points]
        spent[baselines] = (time.process_time() - begun) / draws
        for row, plan in zip(found, plans, strict=True):
            assert row.total_cost is not None
            assert row.bound is not None
            worst = max(worst, row.bound / plan.total_cost - 1, plan.bound / row.total_cost - 1)
    rows = [
        ["planner.plan", f"{spent[True]:.3f}", f"{spent[True] / swept:.1f}"],
        ["planner.plan, baselines=False", f"{spent[False]:.3f}", f"{spent[False] / swept:.1f}"],
        ["a draw of a sweep", f"{swept:.3f}", "1.0"],
    ]
    print(table([f"{draws} draws of 36 months in tokens", "CPU s each", "times a draw"], rows, markdown=False))
    print(f"largest contradiction between bound and cost of the two: {worst:.1e} (≤ 0: none)\n")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=["philly", "tokens"], default=["philly", "tokens"])
    parser.add_argument("--trace", type=Path, default=growth.TRACE, help="the Philly trace, hourly by virtual cluster")
    parser.add_argument("--draws", type=int, default=20)
    chosen = parser.parse_args()
    if "philly" in chosen.only:
        philly(chosen.trace)
    if "tokens" in chosen.only:
        tokens(chosen.draws)


if __name__ == "__main__":
    main()
