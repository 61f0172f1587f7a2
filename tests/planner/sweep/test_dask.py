"""The same tasks on a Dask cluster: a scheduler and workers in processes of their own, one of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from sweep_cases import threads

import planner
from planner.problems import InputError
from planner.runs.kept import KeptRun
from planner.sweep import engines
from planner.sweep.distributions import read_distributions
from planner.sweep.frame import frame
from planner.sweep.points import Role
from planner.sweep.run import Question, sweep

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[dask]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def cluster(tmp_path):
    """(address of a scheduler, its three workers)."""
    file = tmp_path / "scheduler.json"
    scheduler = started(
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(file),
    )
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline and scheduler.poll() is None:
        time.sleep(0.05)
    options = ["--scheduler-file", str(file), "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    workers = [
        started("distributed.cli.dask_worker", *options, "--local-directory", str(tmp_path / f"w{number}"))
        for number in range(3)
    ]
    try:
        with distributed.Client(scheduler_file=str(file), timeout="60s", set_as_default=False) as client:
            client.wait_for_workers(3, timeout=60)
            yield client.scheduler.address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def question(base, tmp_path):
    file = tmp_path / "spread.yaml"
    entries = {
        "rent": {"keys": ["cloud.*.on_demand"], "uniform": {"low": 0.4, "high": 1.2}},
        "demand": {"keys": ["demand"], "normal": {"sd": 0.2}},
    }
    file.write_text(yaml.safe_dump({"assumptions": entries}))
    return Question(base, distributions=read_distributions(file), draws=40)


def test_the_frame_is_the_same_though_a_worker_is_killed(cluster, question, tmp_path):
    address, workers = cluster
    killed = threading.Event()

    def watch(done: int, of: int) -> None:
        if done > of // 5 and not killed.is_set():
            workers[0].send_signal(signal.SIGKILL)
            killed.set()

    here = frame(sweep(question, tmp_path / "here", threads))
    there = frame(sweep(question, tmp_path / "there", lambda: engines.dask(address), watch=watch))
    assert killed.is_set()
    workers[0].wait(timeout=30)
    pd.testing.assert_frame_equal(here, there)


def test_36_months_in_tokens_are_the_same_on_dask_as_in_processes_here(cluster, tmp_path):
    """Two workers, as the third is gone: a real scheduler, and local processes for the same draws."""
    address, workers = cluster
    workers[2].kill()
    workers[2].wait()
    example = Path(__file__).parents[3] / "inputs" / "inference-service"
    plan = planner.plan(example / "forecast.csv", example / "assumptions.yaml", baselines=False, why=False)
    assert len(plan.calendar.labels) == 36
    file = tmp_path / "spread.yaml"
    entries = {
        "rent": {"keys": ["cloud.*.on_demand"], "lognormal": {"sigma": 0.15}},
        "servers": {"keys": ["servers.*.price"], "triangular": {"low": 0.8, "mode": 1.0, "high": 1.3}},
        "demand": {"keys": ["demand"], "normal": {"sd": 0.1}},
    }
    file.write_text(yaml.safe_dump({"assumptions": entries}))
    asked = Question(KeptRun.of(plan), distributions=read_distributions(file), draws=8)
    here = sweep(asked, tmp_path / "here", lambda: engines.local(2))
    there = sweep(asked, tmp_path / "there", lambda: engines.dask(address))
    pd.testing.assert_frame_equal(frame(here), frame(there))
    assert here.trials == there.trials
    assert len({row.total_cost for _, row in there.of(Role.DRAW) if row.is_plan}) == 8


def test_an_address_where_nothing_is(question, tmp_path):
    with (
        pytest.raises(InputError, match="address of a Dask scheduler"),
        engines.dask("127.0.0.1:1"),
    ):
        pass
