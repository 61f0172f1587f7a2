"""`planner plan` on the smallest example, file to report, beside importing the libraries that it stands on.

    python benchmarks/startup.py

Both in processes of their own, in turns, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from figures import HERE, run, table

TARGET = 2.5
IMPORTS = "import pandas, pulp, highspy"


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    example = HERE.parent / "inputs" / "research-team"
    wall: dict[str, list[float]] = {"planner plan": [], IMPORTS: []}
    processor: dict[str, list[float]] = {"planner plan": [], IMPORTS: []}
    with tempfile.TemporaryDirectory() as temporary:
        # The first turn compiles Python and fills the file cache, and is not counted.
        for turn in range(chosen.runs + 1):
            for name, command in _commands(example, Path(temporary) / str(turn)).items():
                measured = run(command, 120)
                if name == "planner plan" and not (Path(temporary) / str(turn) / "plan.json").exists():
                    sys.exit(f"no plan: {measured.message}")
                if turn:
                    wall[name].append(measured.seconds)
                    processor[name].append(measured.cpu_seconds)
    medians = {name: (statistics.median(wall[name]), statistics.median(processor[name])) for name in wall}
    rows = [[name, f"{seconds:.3f}", f"{cpu:.3f}"] for name, (seconds, cpu) in medians.items()]
    ours, imports = medians["planner plan"], medians[IMPORTS]
    rows.append([f"ratio (target ≤ {TARGET:g})", f"{ours[0] / imports[0]:.2f}", f"{ours[1] / imports[1]:.2f}"])
    print(table([f"median of {chosen.runs}", "seconds", "CPU seconds"], rows, markdown=chosen.markdown))


def _commands(example: Path, target: Path) -> dict[str, list[str]]:
    files = [str(example / "forecast.csv"), "-a", str(example / "assumptions.yaml"), "-o", str(target)]
    return {
        "planner plan": [sys.executable, "-m", "planner", "plan", *files],
        IMPORTS: [sys.executable, "-c", IMPORTS],
    }


if __name__ == "__main__":
    main()
