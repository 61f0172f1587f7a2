"""The commands with the real readers, solver and audit, on inputs small enough to know the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FORECAST = "timestamp,workload,gpu_hours\n2027-01-01,chat,744\n2027-02-01,chat,672\n2027-03-01,chat,744\n"
ASSUMPTIONS = """
version: 1
finance: {discount_rate: 0}
workloads: {chat: {reference_gpu: H100}}
servers: {}
cloud: {rented: {provider: us, gpu: H100, gpus: 1, on_demand: 2.0}}
"""


@pytest.fixture
def files(run):
    Path("demand.csv").write_text(FORECAST)
    Path("prices.yaml").write_text(ASSUMPTIONS)
    return ("demand.csv", "-a", "prices.yaml")


def test_one_gpu_around_the_clock_costs_its_hours(run, files):
    result = run("plan", *files, "--json", "-o", "out", "--hourly")
    assert result.exit_code == 0, result.stderr
    content = json.loads(result.stdout)
    assert content["total_cost"] == pytest.approx(2.0 * 2160)
    assert content == json.loads(Path("out/plan.json").read_text())
    assert Path("out/dispatch.parquet").is_file()


def test_its_report(run, files):
    result = run("plan", *files)
    assert result.exit_code == 0, result.stderr
    assert "Total cost 4,320.00 USD, not discounted" in result.stdout
    assert "Optimal: proven that no plan is cheaper" in result.stdout
    assert "Nothing to buy and nothing to commit to" in result.stdout
    assert "rented on-demand       2,160      × 2.00   = 4,320.00" in result.stdout


def test_check_counts_what_was_read(run, files):
    result = run("check", *files)
    assert result.exit_code == 0
    assert "no problems found: 1 workload, 2,160 hours, 3 periods (2027-01 … 2027-03), 2,160 reference" in result.stdout


def test_all_problems_of_both_files_at_once(run, files):
    Path("demand.csv").write_text(FORECAST.replace("672", "-1"))
    Path("prices.yaml").write_text(ASSUMPTIONS.replace("on_demand", "on_demnad"))
    for command in ("check", "plan"):
        result = run(command, *files)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert "demand.csv: " in result.stderr
        assert "'on_demand'" in result.stderr
        assert not Path("plans").exists()


@pytest.mark.parametrize("missing", ["demand.csv", "prices.yaml"])
def test_a_file_that_is_not_there(run, files, missing):
    Path(missing).unlink()
    result = run("plan", *files)
    assert result.exit_code == 2
    assert missing in result.stderr


def test_what_nothing_can_serve_is_1(run, files):
    Path("prices.yaml").write_text(ASSUMPTIONS.replace("on_demand: 2.0", "on_demand: 2.0, max_gpus: 0.5"))
    result = run("plan", *files)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "chat" in result.stderr
    assert not Path("plans").exists()
