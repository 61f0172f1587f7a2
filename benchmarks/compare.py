"""Ours against the programme with every hour written out, as one table. Every row is a process of its own.

python benchmarks/compare.py                  1, 2 and 5 years of hours, fractions of servers
python benchmarks/compare.py --years 10       ten years
python benchmarks/compare.py --whole          36 months in whole servers and reservations
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from figures import Figures, Measured, progress, python, run, table

MARGIN = 600.0
"""Seconds granted beyond the solver's limit, for reading, building and writing, before a process is ended."""
HEADER = ["", "solve ×", "solve CPU ×", "process ×", "process CPU ×", "peak ÷"]
HEADER += ["build s", "solve s", "process s", "process CPU s", "peak MB", "cost", "gap", ""]


@dataclass(frozen=True)
class Row:
    """One way of planning, measured. The first of a case is what the others are compared with."""

    name: str
    measured: Measured
    builds: bool = False
    """Does building count as solving in the first ratio?"""

    @property
    def solve_seconds(self) -> float | None:
        """Seconds of the solve, with the build where that is part of the claim."""
        figures = self.measured.figures
        return None if figures is None else figures.solve_seconds + (figures.build_seconds if self.builds else 0.0)

    @property
    def finished(self) -> bool:
        return self.measured.figures is not None and self.measured.figures.finished


def ours(folder: Path, name: str, *options: object, repeats: int) -> Row:
    """Whole processes, and solves alone: the medians of both."""
    progress(f"{folder.name}: {name}")
    wholes = [run(python("ours.py", folder, *options), MARGIN) for _ in range(repeats)]
    solves = [run(python("ours.py", folder, "--only-solve", *options), MARGIN) for _ in range(repeats)]
    solved = [solve.figures.solve_seconds for solve in solves if solve.figures is not None]
    first, alone = wholes[0].figures, solves[0].figures
    if first is None or alone is None or len(solved) < repeats:
        sys.exit(f"ours failed: {wholes[0].message or solves[0].message}")
    spent = statistics.median(solve.figures.cpu_seconds for solve in solves if solve.figures is not None)
    figures = replace(
        first, solve_seconds=statistics.median(solved), cpu_seconds=spent, note=f"{alone.note}, {first.note}"
    )
    whole = statistics.median(whole.seconds for whole in wholes)
    cpu = statistics.median(whole.cpu_seconds for whole in wholes)
    peak = max(whole.peak_mb for whole in wholes)
    return Row(name, Measured(figures, whole, cpu, peak, ""))


def command(folder: Path, options: list[object]) -> Row:
    """`planner plan` as a user calls it, with its baselines and its report."""
    progress(f"{folder.name}: planner plan")
    with tempfile.TemporaryDirectory() as target:
        files = [str(folder / "forecast.csv"), "-a", str(folder / "assumptions.yaml"), "-o", target, "--force"]
        measured = run([sys.executable, "-m", "planner", "plan", *files, *map(str, options)], MARGIN)
    return Row("planner plan, baselines too", measured)


def rival(
    folder: Path, name: str, script: str, limit: float, *options: object, builds: bool = False, by: str = sys.executable
) -> Row:
    """One run of a rival, by a Python interpreter."""
    progress(f"{folder.name}: {name}")
    with tempfile.TemporaryDirectory() as target:
        call = python(script, folder, "--output", target, "--time-limit", limit, *options, interpreter=by)
        measured = run(call, limit + MARGIN)
    progress(f"  {measured.seconds:.1f} s, {measured.cpu_seconds:.1f} CPU s, {measured.figures or measured.message}")
    return Row(name, measured, builds)


def line(row: Row, base: Row, limit: float) -> list[str]:
    """The cells of a row. An unfinished solve is "> N s", and so are its ratios."""
    measured, figures = row.measured, row.measured.figures
    more = "" if row.finished or row.name.startswith("planner plan") else "> "
    solve, reference = row.solve_seconds, base.solve_seconds
    cells = [row.name, "" if solve is None or reference is None else f"{more}{solve / reference:.0f}"]
    known = figures is not None and base.measured.figures is not None
    cells.append(f"{more}{figures.cpu_seconds / base.measured.figures.cpu_seconds:.0f}" if known else "")
    cells += [
        f"{more}{measured.seconds / base.measured.seconds:.1f}",
        f"{more}{measured.cpu_seconds / base.measured.cpu_seconds:.1f}",
        f"{more}{measured.peak_mb / base.measured.peak_mb:.1f}",
    ]
    if figures is None:
        cells += ["", f"> {limit:g}" if more else ""]
    else:
        cells += [f"{figures.build_seconds:.2f}", f"{more}{figures.solve_seconds:.2f}"]
    cells += [f"{more}{measured.seconds:.2f}", f"{measured.cpu_seconds:.2f}", f"{measured.peak_mb:.0f}"]
    return [*cells, *_answer(figures), _note(measured) if more else "" if figures is None else figures.note]


def _answer(figures: Figures | None) -> list[str]:
    if figures is None:
        return ["", ""]
    cost, gap = figures.objective, figures.gap
    return ["" if cost is None else f"{cost:,.1f}", "" if gap is None else f"{gap:.1e}"]


def _note(measured: Measured) -> str:
    if measured.figures is not None:
        return measured.figures.note or "unfinished"
    return measured.message.splitlines()[-1] if measured.message else "ended by the time limit"


def case(folder: Path, chosen: argparse.Namespace, months: int, whole: bool) -> list[list[str]]:
    """The rows of one instance."""
    size = ["--months", months, *(["--whole"] if whole else [])]
    made = run(python("instances.py", folder, *size), MARGIN)
    if not (folder / "assumptions.yaml").exists():
        sys.exit(made.message)
    limit = chosen.time_limit
    base = ours(folder, f"ours, {months} months", "--gap", chosen.gap, repeats=chosen.repeats)
    rows = [base]
    if not whole:
        rows.append(ours(folder, "ours, gap 1e-6", "--gap", 1e-6, repeats=1))
    rows.append(command(folder, ["--gap", chosen.gap]))
    rows.append(rival(folder, "(b) highspy arrays", "hourly_highspy.py", limit, "--gap", chosen.gap))
    if not whole:
        rows.append(rival(folder, "(a) PuLP", "hourly_pulp.py", limit, builds=True))
    if not whole and months <= 12 * chosen.pypsa_years and not chosen.no_pypsa:
        rows.append(rival(folder, "(c) PyPSA", "hourly_pypsa.py", limit, builds=True, by=chosen.pypsa_python))
    return [line(row, base, limit) for row in rows]


def _warm_up(folder: Path, chosen: argparse.Namespace) -> None:
    """Compile what will be measured, on one month."""
    progress("warming up")
    run(python("instances.py", folder, "--months", 1), MARGIN)
    command(folder, [])
    for script in ("ours.py", "hourly_highspy.py", "hourly_pulp.py"):
        run(python(script, folder), MARGIN)
    if not chosen.no_pypsa:
        found = run(python("hourly_pypsa.py", folder, interpreter=chosen.pypsa_python), MARGIN)
        chosen.no_pypsa = "No module named 'pypsa'" in found.message
        if chosen.no_pypsa:
            progress("PyPSA is not installed: left out (pip install pypsa, or --pypsa-python)")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, nargs="+", default=[1, 2, 5], help="years of hours (default: 1 2 5)")
    parser.add_argument("--whole", action="store_true", help="whole servers over 36 months, instead of --years")
    parser.add_argument("--gap", type=float, default=1e-4, help="relative gap of ours, and of whole numbers")
    parser.add_argument("--time-limit", type=float, default=600, help="seconds for a rival's solver (default: 600)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of ours, of which the median counts")
    parser.add_argument("--pypsa-years", type=int, default=5, help="PyPSA is left out beyond these years (default: 5)")
    parser.add_argument("--no-pypsa", action="store_true", help="leave PyPSA out")
    parser.add_argument("--pypsa-python", default=sys.executable, help="an interpreter that has PyPSA")
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    cases = [(36, True)] if chosen.whole else [(12 * years, False) for years in chosen.years]
    progress(f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as temporary:
        _warm_up(Path(temporary) / "warm", chosen)
        for months, whole in cases:
            folder = Path(temporary) / f"{months} months{', whole servers' if whole else ''}"
            rows = case(folder, chosen, months, whole)
            print(table(HEADER, rows, markdown=chosen.markdown), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
