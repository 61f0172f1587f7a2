"""Everything on at once: 3 sites, 8 workloads, 12 servers, 40 offers, 36 months by the hour, planned and audited.

    python benchmarks/everything.py --seeds 0 1 2
    python benchmarks/everything.py --months 12 --servers 4 --offers 10

Each is a process of its own, from files to a saved plan without baselines, as in compare.py.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from everything_case import Extent, write
from figures import progress, python, run, table

LIMIT = 7200.0
HEADER = ["seed", "s", "CPU s", "peak MB", "cost", "gap", "audit"]


def row(extent: Extent, gap: float) -> list[str]:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(extent, folder)
        measured = run(python("ours.py", folder, "--gap", gap, "--output", folder / "plan"), LIMIT)
    spent = [str(extent.seed), f"{measured.seconds:.1f}", f"{measured.cpu_seconds:.1f}", f"{measured.peak_mb:,.0f}"]
    found = measured.figures
    if found is None:
        return [*spent, "", "", measured.message or f"ended after {LIMIT:g} s"]
    audit = found.note if found.finished else f"{found.note}, gap not reached"
    return [*spent, f"{found.objective:,.1f}", f"{found.gap:.1e}", audit]


def main() -> None:
    """Print a line for each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--months", type=int, default=Extent.months)
    parser.add_argument("--servers", type=int, default=Extent.servers)
    parser.add_argument("--offers", type=int, default=Extent.offers)
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    rows = []
    for seed in chosen.seeds:
        progress(f"seed {seed}")
        rows.append(row(Extent(chosen.months, chosen.servers, chosen.offers, seed), chosen.gap))
    print(table(HEADER, rows, markdown=chosen.markdown))


if __name__ == "__main__":
    main()
