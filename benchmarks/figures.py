"""What each rival reports, and how it is called: so that one table can hold them all.

Nothing heavy is imported here: the process that compares must stay small, or its children would inherit its peak.
"""

from __future__ import annotations

import argparse
import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Figures:
    """What one way of planning says of itself."""

    build_seconds: float
    solve_seconds: float
    objective: float | None
    """Cost of the plan; None where there is none."""
    gap: float | None
    columns: int
    """Variables of the programme."""
    finished: bool
    """False when the time limit ended it."""
    cpu_seconds: float
    """Processor time of building and solving: unlike seconds, it does not count what others run meanwhile."""
    note: str = ""
    read_seconds: float = 0.0
    """Reading and checking the files, where it was timed."""

    def show(self) -> None:
        """Print as the last line of standard output."""
        print(json.dumps(asdict(self)), flush=True)


@dataclass(frozen=True)
class Measured:
    """One process: its own figures, if it came to report them, and what the system says of it."""

    figures: Figures | None
    seconds: float
    cpu_seconds: float
    """Processor time of the whole process."""
    peak_mb: float
    message: str


def rival_arguments(description: str | None) -> argparse.ArgumentParser:
    """The arguments that every rival takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", type=Path, help="forecast.csv and assumptions.yaml, as instances.py writes them")
    parser.add_argument("--output", type=Path, help="write the orders here")
    parser.add_argument("--time-limit", type=float, help="seconds for the solver")
    parser.add_argument("--relax", action="store_true", help="fractions of servers and instances")
    parser.add_argument("--gap", type=float, default=1e-4, help="relative gap")
    return parser


def python(script: str, *arguments: object, interpreter: str = sys.executable) -> list[str]:
    """The command that runs a script of this folder."""
    return [interpreter, str(HERE / script), *map(str, arguments)]


@functools.cache
def _environment() -> dict[str, str]:
    """Compiled Python is kept for all that is measured, as for installed packages, outside the source tree."""
    kept = tempfile.mkdtemp(prefix="compiled-")
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return own | {"PYTHONPYCACHEPREFIX": kept}


def run(command: list[str], seconds: float) -> Measured:
    """Run a command in a process of its own, ended after so many seconds. Its peak memory is the system's figure."""
    started, pipe = time.perf_counter(), subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=_environment()) as process:
        texts = ["", ""]
        readers = [
            threading.Thread(target=_read, args=(stream, texts, place))
            for place, stream in enumerate((process.stdout, process.stderr))
        ]
        timer = threading.Timer(seconds, os.kill, (process.pid, signal.SIGKILL))
        for thread in (*readers, timer):
            thread.start()
        _, code, usage = os.wait4(process.pid, 0)
        timer.cancel()
        spent = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(code)
        for reader in readers:
            reader.join()
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(_figures(texts[0]), spent, cpu, usage.ru_maxrss / 1024, texts[1].strip()[-400:])


def _read(stream: object, texts: list[str], place: int) -> None:
    texts[place] = stream.read()  # type: ignore[attr-defined]


def _figures(text: str) -> Figures | None:
    lines = text.strip().splitlines()
    return Figures(**json.loads(lines[-1])) if lines and lines[-1].startswith("{") else None


def table(header: list[str], rows: list[list[str]], *, markdown: bool) -> str:
    """A table as text: aligned columns, the first to the left, or Markdown."""
    if markdown:
        lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in [header, *rows]
    )


def progress(text: str) -> None:
    """Say on standard error what is being done."""
    print(text, file=sys.stderr, flush=True)
