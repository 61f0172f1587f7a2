"""`planner catalogue`, with the catalogue that ships."""

from __future__ import annotations

import re

import pytest

from planner.catalogue.listing import Kind, rows


def test_everything_is_listed_with_both_prices(run):
    result = run("catalogue")
    assert result.exit_code == 0
    for title in ("Servers to buy", "Cloud offers", "Workload profiles", "Sites", "GPUs"):
        assert f"\n{title}\n" in f"\n{result.stdout}"
    for name in {row.name for row in rows()}:
        assert name in result.stdout
    assert re.search(r"on demand +55.04 +6.88 +2026-09-10 +AWS price list", result.stdout)


def test_a_part_of_a_name_filters(run):
    text = run("catalogue", "h200").stdout
    assert "hgx-h200-8" in text
    assert "H100" not in text.replace("8xH100", "").replace("DGX H100", "")


def test_an_entry_is_shown_with_units_sources_and_dates(run):
    text = run("catalogue", "aws-p5.48xlarge").stdout
    assert text.startswith("aws-p5.48xlarge (cloud offers)")
    assert re.search(r"on_demand +55.04 +USD per instance-hour +2026-09-10 +AWS price list, us-east-1", text)
    assert re.search(r"reserved.3y-no-upfront.hourly +23.777 +USD per instance-hour", text)


def test_a_gpu_is_shown_with_what_has_it(run):
    text = run("catalogue", "H100").stdout
    assert text.startswith("H100 (GPU)")
    assert "aws-p5.48xlarge" in text


def test_one_name_in_two_sections_shows_both(run):
    kinds = {row.kind for row in rows() if row.name == "default"}
    assert kinds == {Kind.WORKLOAD, Kind.SITE}
    text = run("catalogue", "default").stdout
    assert "default (workload profiles)" in text
    assert "default (sites)" in text


def test_no_match_is_2_with_the_nearest_names(run):
    result = run("catalogue", "hgx-h10-8")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "'hgx-h100-8'" in result.stderr
    result = run("catalogue", "\x1b[31mzzzzzzzz")
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_fits_every_width(run, monkeypatch, width):
    from typer.testing import CliRunner

    from planner.cli.app import app

    for arguments in (
        ["catalogue"],
        ["catalogue", "--assumptions"],
        ["catalogue", "H100"],
        ["catalogue", "aws-p5.48xlarge"],
    ):
        text = CliRunner(env={"COLUMNS": str(width)}).invoke(app, arguments).stdout
        assert 0 < max(map(len, text.splitlines())) <= width
        assert "543,864.6" in text or arguments[-1] != "aws-p5.48xlarge"


def test_assumptions_are_listed_with_their_reason_and_their_entries(run):
    text = " ".join(run("catalogue", "--assumptions").stdout.split())
    assert text.startswith("Assumptions: figures of the catalogue without a source")
    assert "Not yet checked: figures whose source was not opened" in text
    assert "cloud spot.lost_work 0.08" in text
    some = run("catalogue", "hgx-h100-8", "--assumptions").stdout
    assert re.search(r"server lead_time +3 months +assumption +hgx-h100-8\n", some)
    assert "b200" not in some
    assert run("catalogue", "nothing-like-it", "--assumptions").exit_code == 2
