"""`planner evaluate`: as users call it, on a case small enough to know the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FORECAST = "timestamp,workload,gpu_hours\n2027-01-01,chat,744\n2027-02-01,chat,672\n2027-03-01,chat,744\n"
ASSUMPTIONS = """
version: 1
finance: {discount_rate: 0, hardware_at_end: none}
workloads: {chat: {reference_gpu: H100}}
sites: {lab: {electricity_price: 0, pue: 1, power_limit_kw: 1}}
servers: {box: {gpu: H100, gpus: 1, price: 2000, power_kw: 1, lifetime: 3 months}}
cloud: {rented: {provider: us, gpu: H100, gpus: 1, on_demand: 2.0}}
"""


@pytest.fixture
def files(run, monkeypatch, tmp_path):
    """`mine.csv` buys in February what is best bought in January: 744 × 2 more for an hour rented."""
    monkeypatch.setenv("PLANNER_STORE", str(tmp_path / "runs.sqlite"))
    Path("demand.csv").write_text(FORECAST)
    Path("prices.yaml").write_text(ASSUMPTIONS)
    Path("mine.csv").write_text("period,site,server,count\n2027-02,lab,box,1\n")
    return ("-f", "demand.csv", "-a", "prices.yaml")


def test_a_schedule_beside_the_best(run, files):
    result = run("evaluate", "mine.csv", *files)
    assert result.exit_code == 0, result.stderr
    assert "Your schedule costs 3,488.00 USD, 1,488.00 USD (74.4 %) more than the best plan" in result.stdout
    assert "It orders as much of everything as the best plan, at other times or places." in result.stdout
    assert "That costs 1,488.00 USD more (on demand 1,488.00)." in result.stdout
    assert "Audit of your schedule passed" in result.stdout
    assert "Costs by period" not in result.stdout


def test_by_period(run, files):
    result = run("evaluate", "mine.csv", *files, "--by-period")
    assert "2027-01   on_demand       0.00   1,488.00     1,488.00" in result.stdout
    assert "2027-02   servers         0.00   2,000.00     2,000.00" in result.stdout


def test_json_and_folder(run, files):
    result = run("evaluate", "mine.csv", *files, "--json", "-o", "out")
    assert result.exit_code == 0, result.stderr
    content = json.loads(result.stdout)
    assert content["difference"] == pytest.approx(1488)
    assert content["feasible"] is True
    assert sum(row["difference"] for row in content["costs_by_period"]) == pytest.approx(1488)
    assert content["yours"] == json.loads(Path("out/yours/plan.json").read_text())
    assert content["best"] == json.loads(Path("out/best/plan.json").read_text())
    assert content["yours"]["run"] != content["best"]["run"]
    assert Path("out/comparison.csv").read_text().startswith("period,component,yours,best,difference\n")
    assert "yours" not in json.loads(Path("out/evaluation.json").read_text())


def test_a_plans_folder_brings_its_own_inputs(run, files):
    """Its tables may be edited; one of them alone is a schedule too."""
    assert run("plan", "demand.csv", "-a", "prices.yaml", "-o", "base").exit_code == 0
    assert "the same as the best plan" in run("evaluate", "base").stdout
    table = Path("base/purchases.csv")
    table.write_text(table.read_text().replace("2027-01,", "2027-02,", 1))
    assert "1,488.00 USD (74.4 %) more" in run("evaluate", "base").stdout
    assert "1,488.00 USD (74.4 %) more" in run("evaluate", "base/purchases.csv").stdout


def test_other_assumptions_for_a_plans_folder(run, files):
    """At twice the price of an hour: 744 × 4 more."""
    assert run("plan", "demand.csv", "-a", "prices.yaml", "-o", "base").exit_code == 0
    changed = run("evaluate", "base/purchases.csv", "mine.csv", "--set", "cloud.rented.on_demand=4")
    assert changed.exit_code == 1  # two servers, one more than the site has power for
    assert "power limit of site lab" in changed.stdout


def test_what_is_not_kept_is_1_and_shown(run, files):
    Path("mine.csv").write_text("period,site,server,count\n2027-01,lab,box,2\n")
    result = run("evaluate", "mine.csv", *files, "-o", "out")
    assert result.exit_code == 1
    assert "Your schedule costs 4,000.00 USD" in result.stdout
    assert "It is not possible as it stands: it does not keep power limit of site lab." in result.stdout
    assert "power limit of site lab   2027-03       2         1   kW" in result.stdout
    assert "the schedule does not keep every limit" in result.stderr
    assert json.loads(Path("out/yours/plan.json").read_text())["gap"] is None


def test_mistakes_are_2_and_nothing_is_written(run, files):
    Path("mine.csv").write_text("period,site,server,count\n2027-09,lab,bax,1\n")
    result = run("evaluate", "mine.csv", *files, "-o", "out")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "mine.csv: row 2, column period: found 2027-09; expected a period of the horizon" in result.stderr
    assert "did you mean 'box'?" in result.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize("arguments", [["evaluate"], ["evaluate", "mine.csv"], ["evaluate", "none.csv", "-f", "x.csv"]])
def test_wrong_calls_are_2(run, files, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_a_folder_that_is_not_empty_is_refused(run, files):
    Path("out").mkdir()
    Path("out/notes.txt").write_text("mine")
    assert run("evaluate", "mine.csv", *files, "-o", "out").exit_code == 2
    assert run("evaluate", "mine.csv", *files, "-o", "out", "--force").exit_code == 0
    assert Path("out/notes.txt").read_text() == "mine"
