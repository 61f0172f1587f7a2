"""The example from the folder of data to everything that its page says."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from worked_example import assumptions, tokens, traces

PRICES = "gcp_gpu_commitment_prices_2026-07-30.csv"
PRICES_AS_OF = "2026-07-30"
HISTORY = "gcp_gpu_price_history_monthly.csv"
REGION = "us-central1"
FILES = (traces.PHILLY.file, traces.HELIOS.file, traces.SERVEGEN.file, PRICES, HISTORY)

_WIDTH = "120"


@dataclass(frozen=True)
class Ran:
    """A command and what it said."""

    command: str
    """As typed, with DATA in place of the folder of data."""
    printed: str
    said: str
    """On standard error."""


@dataclass(frozen=True)
class Example:
    """Everything that the page is made from."""

    weeks: tuple[traces.Weeks, ...]
    left_out: tuple[str, ...]
    """Services of the trace of tokens that are too short."""
    totals: pd.DataFrame
    """input_tokens and output_tokens of the weeks used, by service."""
    demand: dict[str, NDArray[np.float64]]
    """Reference GPU-hours of every hour, by workload."""
    assumptions: str
    ran: tuple[Ran, ...]
    history: pd.DataFrame
    """GCP's prices of one region by month and instance."""
    plan: Path
    """The folder of the plan."""
    periods: int
    """Months planned."""


class CommandError(RuntimeError):
    """A command of the example failed."""


def make(data: Path, work: Path, periods: int, gpus: tuple[str, ...]) -> Example:
    """Make the example's files in `work` and plan them. gpus: of which GCP's instances are offered.

    Raises CommandError where a command of the planner does not end with 0.
    """
    philly = traces.research(data, traces.PHILLY, "philly")
    helios = traces.research(data, traces.HELIOS, "helios")
    served, left_out = traces.serving(data, traces.SERVEGEN)
    of_services = tokens.gpu_hours(served.columns)
    raw = {name: weeks.columns[name].to_numpy() for name, weeks in (("philly", philly), ("helios", helios))}
    demand = {name: traces.carried(hours[:, None])[:, 0] for name, hours in (raw | of_services).items()}
    traces.forecast(demand).to_csv(work / "forecast.csv", index=False, lineterminator="\n")

    totals = pd.DataFrame({direction: served.columns[direction].sum() for direction in traces.DIRECTIONS})
    speeds = {name: tokens.speeds(profile, *totals.loc[name]) for name, profile in tokens.PROFILES.items()}
    text = assumptions.assumptions(periods, tokens.PROFILES, speeds)
    (work / "assumptions.yaml").write_text(text, encoding="utf-8")

    wanted = [argument for gpu in gpus for argument in ("--gpu", gpu)]
    ran = (
        _run(["prices", "gcp", f"DATA/{PRICES}", "--region", REGION, *wanted, "-o", "prices.yaml"], data, work),
        _run(["check", "forecast.csv", "-a", "assumptions.yaml"], data, work),
        _run(["plan", "forecast.csv", "-a", "assumptions.yaml", "-o", "plan"], data, work),
    )
    history = pd.read_csv(data / HISTORY)
    history = history[history["region"] == REGION]
    return Example(
        (philly, helios, served), tuple(left_out), totals, demand, text, ran, history, work / "plan", periods
    )  # fmt: skip


def _run(arguments: list[str], data: Path, work: Path) -> Ran:
    given = [argument.replace("DATA/", f"{data.resolve()}/") for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "planner", *given],
        cwd=work, env=os.environ | {"COLUMNS": _WIDTH}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    command = " ".join(["planner", *arguments])
    if done.returncode:
        raise CommandError(f"{command} ended with {done.returncode}:\n{done.stderr}")
    said = done.stderr.replace(f"{data.resolve()}/", "DATA/")
    return Ran(command, done.stdout, said)
