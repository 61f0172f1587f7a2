from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from price_lists import GCP, gcp_row

from planner.assumptions.load import load

TABLE = Path(__file__).parents[5] / "shared/data/gcp_gpu_commitment_prices_2026-07-30.csv"


def test_commitments_by_the_month_are_prices_by_the_hour(write, cloud):
    write("gcp.csv", [gcp_row()], GCP)
    (entry,) = cloud("gcp", "gcp.csv").values()
    assert entry["on_demand"] == 88.49
    assert entry["spot"] == {"price": 50.60954}
    assert entry["reserved"] == {
        "1y": {"term": "12 months", "upfront": 0, "hourly": 61.383672},
        "3y": {"term": "36 months", "upfront": 0, "hourly": 38.864381},
    }
    assert Decimal("44810.08066") / 730 == pytest.approx(Decimal("61.383672"), abs=Decimal("1e-6"))


def test_prices_that_are_missing_are_left_out_and_the_rest_is_used(write, cloud, imported):
    rows = [gcp_row(month_1y="", month_3y="0", hour_spot="88.49"), gcp_row(hour="", region="us-east1")]
    write("gcp.csv", rows, GCP)
    (entry,) = cloud("gcp", "gcp.csv").values()
    assert set(entry) == {"provider", "region", "gpu", "gpus", "on_demand"}
    report = imported("gcp", "gcp.csv").report
    assert "  - 1 hour missing: row 3" in report
    assert "  - 1 month_1y missing: row 2" in report
    assert "  - 1 month_3y 0: row 2" in report
    assert "  - 1 spot no cheaper than on-demand: not really sold: row 2" in report


def test_the_gpu_of_g4_is_the_rtx_pro_6000(write, cloud):
    write("gcp.csv", [gcp_row(instance="g4-standard-48", gpu="rtx6000", gpu_count="1")], GCP)
    (entry,) = cloud("gcp", "gcp.csv").values()
    assert (entry["gpu"], entry["gpus"]) == ("RTXPRO6000", 1)


def test_parts_of_gpus_and_gpus_of_unknown_memory_are_skipped(write, imported):
    rows = [gcp_row(), gcp_row(instance="x9-standard-48", gpu="x9000"), gcp_row(gpu_count="0.125")]
    write("gcp.csv", rows, GCP)
    report = imported("gcp", "gcp.csv").report
    assert "  - 1 part of a GPU: row 4 (0.125 GPUs)" in report
    assert "  - 1 GPU outside the catalogue's table whose memory the list does not say: row 3 (x9000)" in report


def test_the_table_lists_regions_where_nothing_is_sold_which_is_said_unless_regions_are_chosen(write, imported):
    write("gcp.csv", [gcp_row()], GCP)
    assert [line for line in imported("gcp", "gcp.csv").report if "may not be sold" in line]
    assert not [line for line in imported("gcp", "gcp.csv", regions=("us-*",)).report if "may not be sold" in line]


@pytest.mark.skipif(not TABLE.exists(), reason=f"no {TABLE.name}: the real table is not part of the project")
def test_the_real_table(imported, cloud):
    done = imported("gcp", str(TABLE))
    offers = cloud("gcp", str(TABLE))
    assert done.offers == len(offers) == 924
    assert "read 984 rows: 924 used, 60 skipped" in done.report
    assert [line for line in done.report if "60 part of a GPU" in line]
    a3 = offers["gcp-a3-highgpu-8g-us-central1"]
    assert (a3["gpu"], a3["gpus"], a3["on_demand"], a3["spot"]["price"]) == ("H100", 8, 88.49, 50.60954)
    assert a3["reserved"]["3y"]["hourly"] == pytest.approx(28370.99821 / 730, abs=1e-6)
    assert a3["reserved"]["3y"]["hourly"] / 8 == pytest.approx(4.85805, abs=1e-5)  # its own column per GPU
    a2 = offers["gcp-a2-ultragpu-1g-africa-south1"]
    assert (a2["gpu"], a2["on_demand"], "reserved" in a2) == ("A100-80GB", 6.61733, False)
    assert "as_of: 2026-07-30" in done.overlay
    Path("all.yaml").write_text(done.overlay)
    assert len(load("all.yaml", None).assumptions.cloud) == 924
