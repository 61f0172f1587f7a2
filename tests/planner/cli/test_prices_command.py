from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from planner.assumptions.load import load
from planner.assumptions.prices.kinds import Kind
from planner.cli.prices import ListKind

TABLE = (
    "instance,gpu,gpu_count,region,hour,hour_spot,month_1y,month_3y\n"
    "a3-highgpu-8g,h100-80gb,8.0,us-central1,88.49,50.6,44810.08,28371\n"
    "a3-highgpu-8g,h100-80gb,8.0,europe-west4,112.5,44.1,56991.9,36078.2\n"
    "g4-standard-6,rtx6000,0.125,us-central1,1,0.5,,\n"
)


@pytest.fixture(autouse=True)
def _table(run) -> None:
    Path("gcp_2026-07-30.csv").write_text(TABLE)


def test_the_overlay_is_alone_on_stdout_and_the_report_on_stderr(run):
    result = run("prices", "gcp", "gcp_2026-07-30.csv", "--region", "us-*")
    assert result.exit_code == 0
    (entry,) = yaml.safe_load(result.stdout)["cloud"].values()
    assert entry["on_demand"]["value"] == 88.49
    assert result.stderr.splitlines()[:3] == [
        "gcp_2026-07-30.csv: prices as of 2026-07-30 (from the file's name)",
        "read 3 rows: 1 used, 2 skipped",
        "wrote 1 offer with 4 prices in USD",
    ]


def test_o_writes_a_file_that_loads_and_never_over_another(run):
    assert run("prices", "gcp", "gcp_2026-07-30.csv", "-o", "o.yaml").exit_code == 0
    assert len(load("o.yaml", None).assumptions.cloud) == 2
    before = Path("o.yaml").read_bytes()
    again = run("prices", "gcp", "gcp_2026-07-30.csv", "-o", "o.yaml", "--discount", "50%")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "or add --force" in again.stderr
    assert Path("o.yaml").read_bytes() == before
    forced = run("prices", "gcp", "gcp_2026-07-30.csv", "-o", "o.yaml", "--discount", "50%", "--force")
    assert forced.exit_code == 0
    assert forced.stderr.splitlines()[-1] == "assumptions written to o.yaml"
    assert "value: 44.245," in Path("o.yaml").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["gcp", "none.csv"],
        ["aws", "gcp_2026-07-30.csv"],
        ["gcp", "gcp_2026-07-30.csv", "--region", "mars-*"],
        ["gcp", "gcp_2026-07-30.csv", "--gpu", "H1000"],
        ["gcp", "gcp_2026-07-30.csv", "--discount", "1"],
        ["gcp", "gcp_2026-07-30.csv", "--discount", "-0.1"],
        ["gcp", "gcp_2026-07-30.csv", "--discount", "nan"],
        ["gcp", "gcp_2026-07-30.csv", "--discount", "much"],
        ["oracle", "gcp_2026-07-30.csv"],
        ["gcp"],
    ],
)
def test_what_is_wrong_gives_2_and_writes_nothing(run, arguments):
    result = run("prices", *arguments, "-o", "o.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert [path.name for path in Path().iterdir()] == ["gcp_2026-07-30.csv"]


@pytest.mark.parametrize("target", ["gcp_2026-07-30.csv", ".", "none/o.yaml", "nul\0.yaml"])
def test_places_that_cannot_be_written_are_refused_even_with_force(run, target):
    result = run("prices", "gcp", "gcp_2026-07-30.csv", "-o", target, "--force")
    assert (result.exit_code, result.stdout) == (2, "")
    assert Path("gcp_2026-07-30.csv").read_text() == TABLE


def test_control_characters_of_a_list_do_not_reach_the_terminal(run):
    Path("gcp_x.csv").write_text(TABLE + "a,\x1b[31mred\x07,1,us,1,,,\n")
    result = run("prices", "gcp", "gcp_x.csv")
    assert result.exit_code == 0
    assert "red" in result.stderr
    assert "\x1b" not in result.stderr + result.stdout


def test_the_command_knows_every_kind():
    assert [kind.value for kind in ListKind] == [kind.value for kind in Kind]
