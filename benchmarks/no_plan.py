"""How long it takes to say why there is no plan and what would make one, beside the plan that it makes.

    python benchmarks/no_plan.py               36 months by the hour: six limits, each too tight by itself
    python benchmarks/no_plan.py --months 12 --whole

The instance of `instances.py` with limits of several kinds, one of them too tight for any plan. Then the first thing
that would make a plan is done (`--set`), and the same instance is planned: twice `planner plan`, each in a process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from figures import Measured, progress, run, table
from instances import Size, assumptions, write

TARGET = 3.0
LIMIT = 1800.0
CAUSES: dict[str, list[str]] = {
    "power": ["sites.site.power_limit_kw=100"],
    "orders of a period": ["servers.*.max_order_per_period=3"],
    "quota": ["sites.site.power_limit_kw=150", "limits.quotas.1.max_gpus=20"],
    "capex": ["limits.capex.total=1000000"],
    "cloud spend": ["sites.site.power_limit_kw=100", "limits.cloud_spend={per_period: 4000}"],
    "carbon": ["limits.carbon_tonnes={per_year: {2028: 60}}"],
}
"""What makes each too tight."""


def limited(size: Size) -> dict[str, Any]:
    """The instance with limits that leave room for a plan, in which servers are needed from the start."""
    tree = assumptions(size)
    for number, offer in enumerate(tree["cloud"].values()):
        offer |= {"max_gpus": 80, "carbon_g_per_gpu_hour": 300.0 + 40 * number}
    for server in tree["servers"].values():
        server |= {"lead_time": "0 months", "max_order_per_period": 40}
    tree["sites"]["site"] |= {"power_limit_kw": 900, "carbon_g_per_kwh": 60.0}
    tree["limits"] = {"capex": {"total": 40_000_000}, "quotas": [{"offers": ["offer-*"], "max_gpus": 150}]}
    return tree


def planned(folder: Path, changes: list[str]) -> tuple[Measured, dict[str, Any] | None]:
    """`planner plan --json`, and what it says where there is no plan."""
    told = folder / "told.json"
    options = [part for change in changes for part in ("--set", change)]
    files = [str(folder / "forecast.csv"), "-a", str(folder / "assumptions.yaml"), "-o", str(folder / "plan")]
    command = ["sh", "-c", f'exec {sys.executable} -m planner plan "$@" > {told}', "sh", *files]
    measured = run([*command, "--force", "--no-store", "--json", *options], LIMIT)
    text = told.read_text(encoding="utf-8")
    if not text:
        sys.exit(measured.message or f"ended after {LIMIT:g} s")
    content = json.loads(text)
    return measured, content if "relaxations" in content else None


def row(folder: Path, name: str, runs: int) -> list[str]:
    """A line of the table: medians of so many runs of both, in turns."""
    tight = CAUSES[name]
    without, told = planned(folder, tight)  # not counted: it fills the file cache
    if told is None:
        return [name, "there is a plan", "", "", "", "", "", ""]
    way = [figure["set"] for figure in told["relaxations"][0] if figure["set"] is not None]
    if not way:
        return [name, f"{without.seconds:.2f}", f"{without.cpu_seconds:.2f}", "", "", "", "", "no limit would do"]
    first, second = [], []
    for _ in range(runs):
        first.append(planned(folder, tight)[0])
        measured, none = planned(folder, tight + way)
        if none is not None:
            sys.exit(f"{', '.join(way)} makes no plan: {none}")
        second.append(measured)
    seconds = [statistics.median(one.seconds for one in group) for group in (first, second)]
    cpu = [statistics.median(one.cpu_seconds for one in group) for group in (first, second)]
    figures = [seconds[0], cpu[0], seconds[1], cpu[1], seconds[0] / seconds[1], cpu[0] / cpu[1]]
    return [name, *(f"{value:.2f}" for value in figures), ", ".join(way)]


def main() -> None:
    """Print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(CAUSES), default=list(CAUSES))
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    size = Size(months=chosen.months, whole=chosen.whole)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(size, folder)
        (folder / "assumptions.yaml").write_text(yaml.safe_dump(limited(size), sort_keys=False), encoding="utf-8")
        for name in chosen.only:
            progress(name)
            rows.append(row(folder, name, chosen.runs))
    header = ["too tight", "no plan s", "CPU s", "plan s", "CPU s", f"s ÷ (≤ {TARGET:g})", "CPU ÷", "what would do"]
    print(table(header, rows, markdown=chosen.markdown))


if __name__ == "__main__":
    main()
