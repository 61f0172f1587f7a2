from __future__ import annotations

from decimal import Decimal

import pytest
from price_lists import SKYPILOT, gpu_info, skypilot_row

from planner.assumptions.prices.skypilot import memory_gb


def test_the_offers_of_a_catalogue_come_back_exactly(write, cloud):
    write(
        "aws/vms.csv",
        [
            skypilot_row(),
            skypilot_row(
                InstanceType="g6.xlarge", AcceleratorName="L4", AcceleratorCount="1.0", Price="0.8048",
                SpotPrice="0.3012", GpuInfo=gpu_info("L4", 1, 22888),
            ),
        ],
        SKYPILOT,
    )  # fmt: skip
    assert cloud("skypilot", "aws/vms.csv") == {
        "aws-g6.xlarge": {
            "provider": "aws", "region": "us-east-1", "gpu": "L4", "gpus": 1, "on_demand": 0.8048,
            "spot": {"price": 0.3012},
        },
        "aws-p5.48xlarge": {
            "provider": "aws", "region": "us-east-1", "gpu": "H100", "gpus": 8, "on_demand": 55.04,
            "spot": {"price": 23.12},
        },
    }  # fmt: skip


def test_columns_are_found_by_name_in_any_order_and_gpu_info_under_both_spellings(write, cloud):
    header = ["Region", "GPUInfo", "Price", "AcceleratorCount", "InstanceType", "AcceleratorName"]
    row = skypilot_row(AcceleratorName="M60", GPUInfo=gpu_info("M60", 8, 8192))
    write("lambda/vms.csv", [row], header)
    assert cloud("skypilot", "lambda/vms.csv")["lambda-p5.48xlarge"] == {
        "provider": "lambda", "region": "us-east-1", "gpu": "M60", "gpus": 8, "gpu_memory_gb": 8, "on_demand": 55.04,
    }  # fmt: skip


def test_zones_repeat_an_offer_and_the_cheapest_that_is_really_sold_counts(write, cloud, imported):
    rows = [
        skypilot_row(AvailabilityZone="a", SpotPrice="30"),
        skypilot_row(AvailabilityZone="b", SpotPrice="55.04"),
        skypilot_row(AvailabilityZone="c", SpotPrice=""),
        skypilot_row(AvailabilityZone="d", SpotPrice="21.5"),
        skypilot_row(AvailabilityZone="e", SpotPrice="n/a"),
    ]
    write("aws.csv", rows, SKYPILOT)
    assert cloud("skypilot", "aws.csv")["aws-p5.48xlarge"]["spot"] == {"price": 21.5}
    report = imported("skypilot", "aws.csv").report
    assert "read 5 rows: 5 used, 0 skipped" in report
    assert "  - 1 no SpotPrice: not sold as spot: row 4" in report
    assert "  - 1 spot no cheaper than on-demand: not really sold: row 3" in report
    assert "  - 1 SpotPrice is no number: row 6 (n/a)" in report
    assert "rows of one offer differ in price for 1 option (zones): the cheapest was taken" in report


def test_an_offer_that_no_zone_sells_as_spot_has_none(write, cloud):
    write("aws.csv", [skypilot_row(SpotPrice="55.04"), skypilot_row(SpotPrice="")], SKYPILOT)
    assert "spot" not in cloud("skypilot", "aws.csv")["aws-p5.48xlarge"]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (
            {"InstanceType": "", "AcceleratorName": "A100"},
            "without an InstanceType: the price is of the accelerator alone: row 3 (A100)",
        ),
        ({"AcceleratorName": ""}, "without an accelerator (no GPU, or priced apart from it): row 3"),
        ({"AcceleratorCount": ""}, "without a GPU: row 3"),
        ({"AcceleratorCount": "0.125"}, "part of a GPU: row 3 (0.125 GPUs)"),
        ({"AcceleratorCount": "1.5"}, "not a whole number of GPUs: row 3 (1.5 GPUs)"),
        ({"AcceleratorCount": "many"}, "number of GPUs is no number: row 3 (many)"),
        ({"AcceleratorCount": "1e9"}, "more GPUs than an instance has: row 3 (1e9)"),
        ({"Price": ""}, "Price missing: row 3"),
        ({"Price": "0.0"}, "Price 0: row 3"),
        ({"Price": "-3"}, "Price below 0: row 3 (-3)"),
        ({"Price": "nan"}, "Price is no number: row 3 (nan)"),
        ({"Price": "inf"}, "Price is no number: row 3 (inf)"),
        ({"Price": "1,200"}, "Price is no number: row 3 (1,200)"),
        ({"Price": "=55+1"}, "Price is no number: row 3 (=55+1)"),
        ({"Price": "1e99"}, "Price too large to be one: row 3 (1e99)"),
        (
            {"AcceleratorName": "tpu-v5e", "GpuInfo": ""},
            "GPU outside the catalogue's table whose memory the list does not say: row 3 (tpu-v5e)",
        ),
    ],
)
def test_a_row_that_is_no_offer_is_skipped_with_its_reason(write, imported, cells, line):
    write("aws.csv", [skypilot_row(), skypilot_row(**{"InstanceType": "x", **cells})], SKYPILOT)
    done = imported("skypilot", "aws.csv")
    assert done.offers == 1
    assert f"  - 1 {line}" in done.report


def test_nothing_but_prices_of_accelerators_is_an_error_that_says_so(write, problems):
    write("gcp.csv", [skypilot_row(InstanceType=""), skypilot_row(AcceleratorName="")], SKYPILOT)
    (problem,) = problems("skypilot", "gcp.csv")
    assert "2 rows, none of which can be imported" in problem.value
    assert "the price is of the accelerator alone (row 2 (H100))" in problem.value


@pytest.mark.parametrize(
    ("file", "provider"),
    [("catalogs/v8/azure/vms.csv", "azure"), ("vms_runpod.csv", "runpod"), ("LambdaLabs.csv", "lambda")],
)
def test_the_provider_is_in_the_name_of_the_file_or_of_its_folder(write, cloud, file, provider):
    write(file, [skypilot_row()], SKYPILOT)
    assert list(cloud("skypilot", file)) == [f"{provider}-p5.48xlarge"]


def test_a_provider_that_is_nowhere_must_be_said(write, cloud, problems):
    write("vms.csv", [skypilot_row()], SKYPILOT)
    (problem,) = problems("skypilot", "vms.csv")
    assert "--provider" in problem.fix
    assert list(cloud("skypilot", "vms.csv", provider="ours")) == ["ours-p5.48xlarge"]


def test_gpu_info_is_searched_and_never_run():
    assert memory_gb(gpu_info("H100", 8, 81920)) == 80
    assert memory_gb("{'Gpus': [{'MemoryInfo': {'SizeInMiB': 80}}]}") == 80  # RunPod means GiB
    assert memory_gb("__import__('os').system('touch x')") is None
    assert memory_gb("[" * 100_000) is None
    assert memory_gb('{"SizeInMiB": 24576.0}') == Decimal(24)
