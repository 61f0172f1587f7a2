from __future__ import annotations

from price_lists import GPUHUNT, gpuhunt_row


def test_on_demand_and_spot_rows_become_one_offer(write, cloud):
    write(
        "aws.csv",
        [
            gpuhunt_row(),
            gpuhunt_row(price="23.12", spot="True"),
            gpuhunt_row(instance_name="p4de.24xlarge", gpu_name="A100", gpu_memory="80.0", price="27.4471"),
            gpuhunt_row(instance_name="p4d.24xlarge", gpu_name="A100", gpu_memory="40.0", price="21.9576"),
        ],
        GPUHUNT,
    )
    offers = cloud("gpuhunt", "aws.csv")
    assert {name: (entry["gpu"], entry["on_demand"], entry.get("spot")) for name, entry in offers.items()} == {
        "aws-p4d.24xlarge": ("A100", 21.9576, None),
        "aws-p4de.24xlarge": ("A100-80GB", 27.4471, None),
        "aws-p5.48xlarge": ("H100", 55.04, {"price": 23.12}),
    }


def test_zones_of_gcp_are_its_regions(write, cloud):
    rows = [gpuhunt_row(location=f"us-central1-{zone}", price=price) for zone, price in (("a", "89"), ("b", "88.49"))]
    write("gcp.csv", rows, GPUHUNT)
    (entry,) = cloud("gpuhunt", "gcp.csv").values()
    assert (entry["region"], entry["on_demand"]) == ("us-central1", 88.49)


def test_an_instance_with_several_numbers_of_gpus_is_several_offers(write, cloud):
    rows = [
        gpuhunt_row(instance_name="NVIDIA H100 80GB HBM3", gpu_count=str(count), price=str(2.69 * count), location="US")
        for count in (1, 2)
    ]
    write("runpod.csv", rows, GPUHUNT)
    offers = cloud("gpuhunt", "runpod.csv")
    assert {name: entry["gpus"] for name, entry in offers.items()} == {
        "runpod-nvidia-h100-80gb-hbm3-1x-h100": 1,
        "runpod-nvidia-h100-80gb-hbm3-2x-h100": 2,
    }


def test_spot_as_dear_as_on_demand_is_dropped_whatever_the_order(write, cloud, imported):
    write("aws.csv", [gpuhunt_row(spot="True"), gpuhunt_row()], GPUHUNT)
    assert "spot" not in cloud("gpuhunt", "aws.csv")["aws-p5.48xlarge"]
    wanted = "  - 1 spot no cheaper than on-demand: not really sold: p5.48xlarge in us-east-1"
    assert wanted in imported("gpuhunt", "aws.csv").report


def test_an_offer_that_is_only_spot(write, cloud):
    write("vastai.csv", [gpuhunt_row(spot="True", price="9")], GPUHUNT)
    (entry,) = cloud("gpuhunt", "vastai.csv").values()
    assert entry["spot"] == {"price": 9}
    assert "on_demand" not in entry


def test_rows_that_are_no_offer_are_counted_by_reason(write, imported):
    rows = [
        gpuhunt_row(),
        gpuhunt_row(gpu_name="", gpu_count="0"),
        gpuhunt_row(gpu_name="v5litepod-8", gpu_memory="0"),
        gpuhunt_row(gpu_name="A10", gpu_memory="24", spot="maybe"),
        gpuhunt_row(price="0"),
        gpuhunt_row(instance_name=""),
        gpuhunt_row(gpu_name="H100", gpu_memory="10"),
        gpuhunt_row(gpu_memory="lots"),
        ["too", "few"],
    ]
    write("aws.csv", rows, GPUHUNT)
    report = imported("gpuhunt", "aws.csv").report
    assert "read 9 rows: 1 used, 8 skipped" in report
    reasons = [line.strip(" -") for line in report[report.index("skipped rows:") + 1 :]]
    assert reasons[:8] == [
        "1 GPU outside the catalogue's table whose memory the list does not say: row 4 (v5litepod-8)",
        "1 gpu_memory is no number: row 9 (lots)",
        "1 not as many cells as the header has: row 10 (2 of 12)",
        "1 part of a GPU: row 8 (H100 with 10 GB)",
        "1 price 0: row 6",
        "1 spot is neither True nor False: row 5 (maybe)",
        "1 without a GPU: row 3",
        "1 without an instance_name: row 7",
    ]


def test_rows_are_counted_by_the_line_that_they_begin_in(write, imported):
    write("aws.csv", [gpuhunt_row(flags="two\nlines"), gpuhunt_row(price="0")], GPUHUNT)
    assert "  - 1 price 0: row 4" in imported("gpuhunt", "aws.csv").report
