"""`planner demand` as a user calls it: what it writes and says, and what it refuses."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pandas as pd
import pytest

import planner
from planner.forecast.read import read_forecast

sys.path.insert(0, str(Path(__file__).parents[1] / "forecast" / "importers"))

from demand_files import Job, allocation, focus_csv, focus_rows, hourly, query_range, sacct, samples, utc

START, END = utc("2026-03-01T00:00:00"), utc("2026-03-03T00:00:00")
FLEET = (
    Job("chat", START, utc("2026-03-02T05:15:00"), 8),
    Job("chat", utc("2026-03-02T03:30:00"), END, 2),
    Job("train", utc("2026-03-01T01:05:00"), END, 64),
)
FILES = {
    "slurm": sacct(FLEET, "America/New_York"),
    "prometheus": query_range(samples(FLEET, START, END, 300), START, 300),
    "focus": focus_csv(focus_rows(FLEET)),
    "opencost": allocation(FLEET, START, END),
}
OPTIONS = {
    "slurm": ["--timezone", "America/New_York"],
    "prometheus": ["--workload-from", "team"],
    "focus": ["--workload-from", "Tags.team"],
    "opencost": [],
}
KINDS = sorted(FILES)
ASSUMPTIONS = {
    "version": 1,
    "horizon": {"period": "day"},
    "sites": {},
    "servers": {},
    "cloud": {"rented": {"provider": "p", "gpu": "H100", "gpus": 1, "on_demand": 2.0}},
    "workloads": {"chat": {"reference_gpu": "H100"}, "train": {"reference_gpu": "H100"}},
    "finance": {"discount_rate": 0},
}


@pytest.fixture
def files(tmp_path):
    """One file of each kind in the folder in which `run` runs."""
    for kind, text in FILES.items():
        (tmp_path / kind).write_text(text)
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_from_a_fleet_to_its_plan(run, files, kind):
    result = run("demand", kind, kind, *OPTIONS[kind], "-o", "forecast.csv")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "forecast written to forecast.csv" in result.stderr
    assert "period: 2026-03-01T00:00 to 2026-03-03T00:00 UTC, 48 hours" in result.stderr
    used = hourly(FLEET)
    forecast = read_forecast("forecast.csv")
    assert forecast.workloads == ("chat", "train")
    pd.testing.assert_frame_equal(
        pd.DataFrame(forecast.amounts["gpu_hours"], index=forecast.starts, columns=["chat", "train"]),
        used,
        check_freq=False,
        rtol=1e-14,
    )
    assert planner.plan("forecast.csv", ASSUMPTIONS).total_cost == pytest.approx(2.0 * used.to_numpy().sum())


def test_without_a_file_the_forecast_goes_to_stdout_and_the_report_to_stderr(run, files):
    result = run("demand", "slurm", "slurm", *OPTIONS["slurm"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:3] == [
        "timestamp,workload,gpu_hours",
        "2026-03-01T00:00,chat,8.0",
        "2026-03-01T00:00,train,0.0",
    ]
    assert result.stderr.splitlines()[0] == "rows read: 3, of which 3 are demand and 0 are skipped"
    assert any(line.split()[:2] == ["train", "3,002.7"] for line in result.stderr.splitlines())


def test_standard_input(run, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(FILES["slurm"].encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    from planner.cli.app import app

    with pytest.raises(SystemExit) as ended:
        app(["demand", "slurm", "-", *OPTIONS["slurm"], "-o", "f.csv"], prog_name="planner")
    assert ended.value.code == 0
    assert read_forecast("f.csv").workloads == ("chat", "train")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_a_file_of_another_kind_is_named_and_nothing_written(run, files, kind, other):
    if kind == other:
        return
    timezone = ["--timezone", "UTC"] if kind == "slurm" else []
    result = run("demand", kind, other, *timezone, "-o", "forecast.csv")
    assert result.exit_code == 2
    assert f"(planner demand {other} {other})" in result.stderr
    assert sorted(path.name for path in files.iterdir()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content",
    [
        b"\0\1\2\xff" * 1000,
        b"",
        b"{}",
        b'{"data": [',
        b"a,b\n1,2\n",
        b"a|b\n1|2\n",
        b"PK\x03\x04",
        b"<html>",
        b"\xef\xbb\xbf",
    ],
)
def test_what_is_none_of_them_is_refused_in_words(run, tmp_path, kind, content):
    (tmp_path / "x").write_bytes(content)
    timezone = ["--timezone", "UTC"] if kind == "slurm" else []
    result = run("demand", kind, "x", *timezone, "-o", "forecast.csv")
    assert result.exit_code == 2
    assert "problem" in result.stderr.splitlines()[0]
    assert "  - x: " in result.stderr
    assert not (tmp_path / "forecast.csv").exists()


def test_a_forecast_is_told_to_be_one(run, tmp_path):
    (tmp_path / "f.csv").write_text("timestamp,workload,gpu_hours\n2026-01-01,a,1\n")
    assert "a forecast, which planner plan takes as it is" in run("demand", "focus", "f.csv").stderr


def test_nothing_is_overwritten_without_force(run, files):
    (files / "forecast.csv").write_text("mine")
    result = run("demand", "slurm", "slurm", *OPTIONS["slurm"], "-o", "forecast.csv")
    assert result.exit_code == 2
    assert "a file that is there already; expected a new file (or add --force)" in result.stderr
    assert (files / "forecast.csv").read_text() == "mine"
    assert run("demand", "slurm", "slurm", *OPTIONS["slurm"], "-o", "forecast.csv", "--force").exit_code == 0
    assert read_forecast("forecast.csv").workloads == ("chat", "train")
    result = run("demand", "slurm", "slurm", *OPTIONS["slurm"], "-o", "./slurm", "--force")
    assert result.exit_code == 2
    assert "one of the files to read" in result.stderr
    assert (files / "slurm").read_text() == FILES["slurm"]


@pytest.mark.parametrize(
    ("target", "words"),
    [(".", "a folder"), ("no/where/f.csv", "which cannot be written"), ("f.parquet", "found .parquet")],
)
def test_where_nothing_can_be_written(run, files, target, words):
    result = run("demand", "slurm", "slurm", *OPTIONS["slurm"], "-o", target)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["focus", "focus", "--timezone", "UTC", "--at", "submit"], "2 problems"),
        (["slurm", "slurm", "--timezone", "UTC", "--fill-holes", "zero"], "an hour without a job is 0 anyway"),
        (["slurm", "slurm", "nowhere", "nowhere"], "3 problems"),
        (["slurm", "slurm", "--timezone", "UTC", "--from", "lately"], "--from: found 'lately'; expected a date"),
        (["slurm", "slurm", "--timezone", "UTC", "--from", "2026-03-01T00:30"], "a date or a full hour"),
        (["slurm", "slurm", "--timezone", "UTC", "--from", "2020-01-01"], "a time within what the files cover"),
        (
            ["slurm", "slurm", "--timezone", "UTC", "--from", "2026-03-02", "--until", "2026-03-01"],
            "a time after --from",
        ),
        (["focus", "focus", "--workload-from", "."], "--workload-from: found '.'; expected a name"),
        (["slurm", "."], "a file that can be read"),
        (["slurm", "a\0b"], "expected"),
    ],
)
def test_calls_that_are_wrong(run, files, arguments, words):
    result = run("demand", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["slrum", "x"], ["slurm"], ["slurm", "x", "--at", "end"]])
def test_calls_that_make_no_sense(run, arguments):
    assert run("demand", *arguments).exit_code == 2


def test_a_part_of_the_time(run, files):
    result = run("demand", "opencost", "opencost", "--from", "2026-03-02", "--until", "2026-03-02T02:00")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == [
        "2026-03-02T00:00,chat,8.0",
        "2026-03-02T00:00,train,64.0",
        "2026-03-02T01:00,chat,8.0",
        "2026-03-02T01:00,train,64.0",
    ]
    assert "left out by --from and --until: 3,1" in result.stderr


HOSTILE = [
    '=HYPERLINK("x")',
    "a,b",
    'say "hi"',
    "two\nlines",
    "\x1b[31mred\x07",
    "\u202egnp",
    "x" * 500,
    "   ",
    "<b>",
    "../..",
]


def test_names_with_anything_in_them_stay_data(run, tmp_path):
    entries = {
        name: {
            "name": name,
            "window": {"start": f"2026-03-01T{hour:02}:00:00Z", "end": f"2026-03-01T{hour + 1:02}:00:00Z"},
            "gpuHours": 1.0,
        }
        for hour, name in enumerate(HOSTILE)
    }
    (tmp_path / "x").write_text(json.dumps({"code": 200, "data": [entries]}))
    result = run("demand", "opencost", "x", "-o", "f.csv")
    assert result.exit_code == 0, result.stderr
    names = read_forecast("f.csv").workloads
    assert len(names) == len(HOSTILE)
    assert {'=HYPERLINK("x")', "a,b", 'say "hi"', "two lines", "[31mred", "unassigned", "x" * 500} <= set(names)
    assert all(name.isprintable() for name in names)
    assert "\x1b" not in result.stderr
    assert max(len(line) for line in result.stderr.splitlines()) < 200
