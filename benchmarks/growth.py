"""How time and memory grow with hours, workloads and supplies, in fractions and in whole servers.

    python benchmarks/growth.py               the four tables, the largest case, and the Philly trace
    python benchmarks/growth.py --only hours large philly

Seconds are those of the solve: from the prepared instance to the certified plan. Memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from figures import HERE, Measured, progress, python, run, table

LIMIT = 1800.0
"""Seconds after which a case is ended."""
HOURS = (1, 2, 5, 10, 20)
"""Years of hours."""
WORKLOADS = (1, 2, 4, 8, 16)
SUPPLIES = (4, 8, 16, 32, 64)
SEEDS = (0, 1, 2, 3)
"""Instances of each number of hours: growth, prices and speeds are drawn, so that one alone tells little."""
HEADER = ["", "seconds", "CPU s", "rounds", "gap", "peak MB", "read s"]
TRACE = HERE.parent.parent / "shared" / "data" / "philly_2017_hourly_by_vc.csv"

Size = dict[str, int]


def supplies(count: int) -> Size:
    """A quarter of the supplies are servers, a quarter reservations, the others markets."""
    servers, reservations = max(count // 4, 1), max(count // 4, 1)
    return {"servers": servers, "reservations": reservations, "markets": count - servers - reservations}


def solved(size: Size, *, whole: bool, gap: float) -> Measured:
    """One instance of this size, solved in a process of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        options = [part for name, value in size.items() for part in (f"--{name}", value)]
        run(python("instances.py", temporary, *options, *(["--whole"] if whole else [])), LIMIT)
        return run(python("ours.py", temporary, "--only-solve", "--gap", gap, "--time-limit", LIMIT), LIMIT + 120)


def cells(name: str, measured: Measured) -> list[str]:
    """A line of a table."""
    figures = measured.figures
    if figures is None:
        last = measured.message.splitlines()[-1] if measured.message else f"> {LIMIT:g} s"
        return [name, last, "", "", "", f"{measured.peak_mb:.0f}", ""]
    more = "" if figures.finished else "> "
    gap = "" if figures.gap is None else f"{figures.gap:.1e}"
    seconds, cpu = f"{more}{figures.solve_seconds:.2f}", f"{figures.cpu_seconds:.2f}"
    rounds = figures.note.removesuffix(" rounds")
    return [name, seconds, cpu, rounds, gap, f"{measured.peak_mb:.0f}", f"{figures.read_seconds:.2f}"]


def family(title: str, sizes: Iterable[tuple[int, Size]], chosen: argparse.Namespace, *, whole: bool) -> None:
    """A table over one dimension, and the exponent of time in it."""
    rows, points = [], []
    for number, size in sizes:
        progress(f"{title}: {number}")
        measured = solved(size, whole=whole, gap=1e-4)
        rows.append(cells(str(number), measured))
        if measured.figures is not None and measured.figures.finished:
            points.append((number, measured.figures.cpu_seconds))
    print(table([title, *HEADER[1:]], rows, markdown=chosen.markdown))
    if len(points) > 1:
        print(f"CPU seconds grow with {title.split(',')[0]}^{exponent(points):.2f}\n", flush=True)


def over_seeds(title: str, sizes: Iterable[tuple[int, Size]], chosen: argparse.Namespace) -> None:
    """A table over one dimension with instances of all seeds, and the exponents of time by seed and of the means."""
    points: dict[int, list[tuple[int, float]]] = {seed: [] for seed in SEEDS}
    means, rows = [], []
    for number, size in sizes:
        found = []
        for seed in SEEDS:
            progress(f"{title}: {number}, seed {seed}")
            measured = solved(size | {"seed": seed}, whole=False, gap=1e-4)
            if measured.figures is None or not measured.figures.finished:
                sys.exit(f"{title}: {number}, seed {seed} did not end: {measured.message or measured.figures}")
            points[seed].append((number, measured.figures.cpu_seconds))
            found.append((measured.figures, measured.peak_mb))
        mean = math.exp(sum(math.log(figures.cpu_seconds) for figures, _ in found) / len(found))
        means.append((number, mean))
        rounds = [figures.note.removesuffix(" rounds") for figures, _ in found]
        seconds = [f"{figures.cpu_seconds:.2f}" for figures, _ in found]
        rows.append([str(number), *seconds, f"{mean:.2f}", ", ".join(rounds), f"{max(mb for _, mb in found):.0f}"])
    exponents = [f"{exponent(points[seed]):.2f}" for seed in SEEDS]
    rows.append(["exponent", *exponents, f"{exponent(means):.2f}", "", ""])
    header = [title, *(f"CPU s, seed {seed}" for seed in SEEDS), "mean", "rounds", "peak MB"]
    print(table(header, rows, markdown=chosen.markdown), end="\n\n", flush=True)


def exponent(points: list[tuple[int, float]]) -> float:
    """Slope of the least-squares line through (log number, log seconds)."""
    x, y = [math.log(number) for number, _ in points], [math.log(seconds) for _, seconds in points]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - mean_x) ** 2 for a in x)


def large(chosen: argparse.Namespace) -> None:
    """20 years of hours, 8 workloads, 30 supplies, to 1e-3."""
    progress("20 years, 8 workloads, 30 supplies")
    size = {"months": 240, "workloads": 8, "servers": 8, "reservations": 7, "markets": 15}
    measured = solved(size, whole=False, gap=1e-3)
    rows = [cells("20 years, 8 workloads, 30 supplies, gap 1e-3", measured)]
    print(table(HEADER, rows, markdown=chosen.markdown))
    print(f"peak {measured.peak_mb / 1024:.2f} GiB\n", flush=True)


def philly(chosen: argparse.Namespace) -> None:
    """36 months of the Philly trace growing by 30 % a year, one site of 500 kW, the default and the whole catalogue."""
    if not TRACE.exists():
        print("skipped: the Philly trace is not there (../shared/data/philly_2017_hourly_by_vc.csv)\n", flush=True)
        return
    rows = []
    for name, everything in (("Philly, default servers and offers", False), ("Philly, the whole catalogue", True)):
        progress(name)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            shutil.copy(TRACE, folder / "forecast.csv")
            (folder / "assumptions.yaml").write_text(_philly(everything), encoding="utf-8")
            measured = run(python("ours.py", folder, "--only-solve"), LIMIT)
        rows.append(cells(name, measured))
    print(table(HEADER, rows, markdown=chosen.markdown), end="\n\n", flush=True)


def _philly(everything: bool) -> str:
    """The assumptions. Everything: each server and offer of the catalogue is named, with nothing changed."""
    lines = [
        "version: 1",
        "horizon: {period: month, periods: 36, projection: {growth_per_year: 0.30}}",
        "demand: {forecast_starts: 2027-01-04}",
        "sites: {campus: {electricity_price: 0.0862, pue: 1.54, power_limit_kw: 500}}",
    ]
    if everything:
        import yaml

        for section in ("servers", "cloud"):
            text = (HERE.parent / "planner" / "catalogue" / "data" / f"{section}.yaml").read_text(encoding="utf-8")
            lines += [f"{section}:", *(f"  {name}: {{}}" for name in yaml.safe_load(text)[section])]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ["hours", "workloads", "supplies", "whole", "large", "philly"]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    progress("warming up")
    solved({"months": 1}, whole=True, gap=1e-4)
    tables = {
        "workloads": ("workloads, 36 months", [(count, {"months": 36, "workloads": count}) for count in WORKLOADS]),
        "supplies": ("supplies, 36 months", [(count, {"months": 36} | supplies(count)) for count in SUPPLIES]),
    }
    if "hours" in chosen.only:
        over_seeds("years of hours", [(years, {"months": 12 * years}) for years in HOURS], chosen)
    for name, (title, sizes) in tables.items():
        if name in chosen.only:
            family(title, sizes, chosen, whole=False)
    if "whole" in chosen.only:
        sizes = [(years, {"months": 12 * years}) for years in (1, 2, 3, 5)]
        family("years of hours, whole servers", sizes, chosen, whole=True)
        sizes = [(count, {"months": 36, "workloads": count}) for count in (1, 2, 4, 8)]
        family("workloads, 36 months, whole servers", sizes, chosen, whole=True)
    if "large" in chosen.only:
        large(chosen)
    if "philly" in chosen.only:
        philly(chosen)


if __name__ == "__main__":
    main()
