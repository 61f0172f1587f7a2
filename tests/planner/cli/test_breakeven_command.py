"""`planner breakeven`: the table, as text, JSON and CSV, and how a wrong call is answered."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

ASSUMPTIONS = """
version: 1
currency: EUR
sites: {lab: {electricity_price: 0.2, pue: 1}}
servers:
  box: {gpu: H100, gpus: 8, price: 72000, power_kw: 8, lifetime: 12 months}
cloud:
  rent:
    {provider: p, gpu: H100, gpus: 1, on_demand: 3.0, reserved: {1y: {term: 12 months, hourly: 1.5}}}
  cheap: {provider: p, gpu: H100, gpus: 1, on_demand: 0.15}
apis: {gpt: {input_per_million: 1, output_per_million: 10}}
finance: {discount_rate: 0}
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a.yaml"
    path.write_text(ASSUMPTIONS, encoding="utf-8")
    return str(path)


def test_the_table_has_what_is_held_and_from_when_it_pays(run, file):
    result = run("breakeven", "-a", file)
    assert result.exit_code == 0
    text = result.stdout
    assert re.search(r"lab/box +8 × H100 +1 +72,000 +72,000 +1.03 +1.03 +0.20", text)
    assert re.search(r"lab/box\n +cheap/on_demand +0.15 +- +never +never +never", text)
    assert re.search(r"rent/on_demand +3.00 +3,214 +36.7 % +3,214 +4.4", text)
    assert re.search(r"rent/1y\n.*\n +rent/on_demand +3.00 +4,380 +50 % +0 +0.0", text)
    assert "never: an hour rented costs no more than an hour run" in text
    assert "apis.gpt: compared only with a workload and its tokens" in text


def test_defaulted_figures_are_marked(run, file):
    marked = run("breakeven", "lambda").stdout
    assert re.search(r"lambda-h100-8/on_demand +3.99\*", marked)
    assert "* not given in your files" in marked
    assert "*" not in run("breakeven", "-a", file).stdout.split("\n* not given")[0]


def test_a_name_chooses_rows(run, file):
    text = run("breakeven", "-a", file, "CHEAP").stdout
    assert "cheap/on_demand" in text
    assert "rent/on_demand" not in text
    result = run("breakeven", "-a", file, "chaep")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "'chaep'" in result.stderr


def test_json_and_csv_hold_the_same_rows(run, file, tmp_path):
    result = run("breakeven", "-a", file, "--json", "-o", str(tmp_path / "table.csv"))
    content = json.loads(result.stdout)
    assert (content["schema"], content["currency"], content["hours_per_month"]) == ("hybrid-breakeven/1", "EUR", 730)
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["against"].tolist() == [row["against"] for row in content["comparisons"]]
    never = content["comparisons"][0]
    assert (never["against"], never["utilisation"]) == ("cheap/on_demand", None)
    again = run("breakeven", "-a", file, "-o", str(tmp_path / "table.csv"))
    assert again.exit_code == 2
    assert "a file that exists" in again.stderr


def test_a_table_of_another_kind_is_refused(run, file, tmp_path):
    result = run("breakeven", "-a", file, "-o", str(tmp_path / "table.xlsx"))
    assert result.exit_code == 2
    assert "the ending .xlsx" in result.stderr
    assert not (tmp_path / "table.xlsx").exists()


def test_apis_are_compared_by_a_workload_of_the_catalogue(run, file):
    text = run("breakeven", "-a", file, "--workload", "chat-70b", "--tokens", "1000:1000").stdout
    assert text.startswith("chat-70b: per GPU-hour of H100, its reference GPU")
    assert "gpt/api" in text


@pytest.mark.parametrize(
    "options",
    [
        ["--tokens", "1000"],
        ["--tokens", "0:0"],
        ["--tokens", "nan:1"],
        ["--tokens", "1:2"],
        ["--months", "0"],
        ["--months", "inf"],
        ["--hours-per-month", "800"],
        ["--flows", "weekly"],
        ["--workload", "nobody"],
        ["--forecast", "nothing.csv"],
    ],
)
def test_a_wrong_call_is_2_without_a_traceback(run, file, options):
    result = run("breakeven", "-a", file, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_nothing_to_compare_is_said(run, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("version: 1\nservers: {}\ncloud: {}\nsites: {}\n", encoding="utf-8")
    result = run("breakeven", "-a", str(file))
    assert result.exit_code == 0
    assert result.stdout.startswith("Nothing to compare")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_fits_every_width(run, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    text = run("breakeven", "H100").stdout
    assert max(len(line) for line in text.splitlines()) <= width
    assert "aws-p5.48xlarge/on_demand" in re.sub(r"\s+", "", text)


def test_a_payback_after_the_end_stands_in_brackets(run, file):
    """Against 1.2 an hour 72,000 of a box of 8 GPUs take 9,000 hours of the 8,760 that it lasts."""
    changed = Path(file).read_text(encoding="utf-8").replace("on_demand: 0.15", "on_demand: 1.2")
    Path(file).write_text(changed, encoding="utf-8")
    text = run("breakeven", "-a", file, "cheap").stdout
    assert re.search(r"cheap/on_demand +1.20 +9,000 +never +\(9,000\) +\(12.3\) +9,000 +never +\(12.3\)", text)
    assert "In brackets: that is after the end of what is held." in " ".join(text.split())
    assert "In brackets" not in run("breakeven", "-a", file, "rent/on_demand").stdout


def test_names_that_a_spreadsheet_would_calculate_are_kept_as_text(run, file, tmp_path):
    changed = Path(file).read_text(encoding="utf-8").replace("cheap:", "'=1+1':")
    Path(file).write_text(changed, encoding="utf-8")
    run("breakeven", "-a", file, "-o", str(tmp_path / "table.csv"))
    assert "'=1+1/on_demand" in pd.read_csv(tmp_path / "table.csv")["against"].tolist()
