from __future__ import annotations

from pathlib import Path

import pytest
from price_lists import AWS, AWS_LINES, aws_reserved, aws_row, write_aws


def test_on_demand_and_reserved_rows_are_joined_by_sku(cloud):
    rows = [
        *aws_reserved("1yr", "All Upfront", "283474", "0.0000000000"),
        *aws_reserved("1yr", "Partial Upfront", "150000", "17.1"),
        aws_row(),
        *aws_reserved("3yr", "No Upfront", None, "23.7770000000"),
        *aws_reserved("3 yr", "All Upfront", "543864.6", None, product=True),
    ]
    write_aws("index.csv", rows)
    (entry,) = cloud("aws", "index.csv").values()
    assert entry == {
        "provider": "aws", "region": "us-east-1", "gpu": "H100", "gpus": 8, "on_demand": 55.04,
        "reserved": {
            "1y-all-upfront": {"term": "12 months", "upfront": 283474, "hourly": 0},
            "1y-partial-upfront": {"term": "12 months", "upfront": 150000, "hourly": 17.1},
            "3y-all-upfront": {"term": "36 months", "upfront": 543864.6, "hourly": 0},
            "3y-no-upfront": {"term": "36 months", "upfront": 0, "hourly": 23.777},
        },
    }  # fmt: skip


def test_the_gpus_are_those_of_the_family(cloud):
    rows = [
        aws_row(SKU="a", Instance_Type="p4de.24xlarge", PricePerUnit="27.4471"),
        aws_row(SKU="b", Instance_Type="p3dn.24xlarge", PricePerUnit="31.212"),
        aws_row(SKU="c", Instance_Type="g6e.xlarge", PricePerUnit="1.861", GPU="1"),
    ]
    write_aws("index.csv", rows)
    offers = cloud("aws", "index.csv")
    found = {name: (entry["gpu"], entry["gpus"], entry.get("gpu_memory_gb")) for name, entry in offers.items()}
    assert found == {
        "aws-g6e.xlarge": ("L40S", 1, None),
        "aws-p3dn.24xlarge": ("V100", 8, 32),
        "aws-p4de.24xlarge": ("A100-80GB", 8, None),
    }


def test_the_date_is_that_of_the_publication_unless_the_name_has_one(imported):
    assert "as_of: 2026-09-10" in imported("aws", write_aws("index.csv", [aws_row()])).overlay
    done = imported("aws", write_aws("ec2_2026-10-01.csv", [aws_row()]))
    assert "as_of: 2026-10-01" in done.overlay
    assert "ec2_2026-10-01.csv: prices as of 2026-10-01 (from the file's name)" in done.report


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ({"Tenancy": "Dedicated"}, "Tenancy other than Shared: row 8 (Dedicated)"),
        ({"Operating_System": "Windows"}, "Operating System other than Linux: row 8 (Windows)"),
        (
            {"CapacityStatus": "UnusedCapacityReservation"},
            "CapacityStatus other than Used: row 8 (UnusedCapacityReservation)",
        ),
        ({"Pre_Installed_S/W": "SQL Std"}, "with software that is paid for (Pre Installed S/W): row 8 (SQL Std)"),
        ({"License_Model": "Bring your own license"}, "another License Model: row 8 (Bring your own license)"),
        ({"MarketOption": "CapacityBlock"}, "sold in another way (MarketOption): row 8 (CapacityBlock)"),
        ({"Instance_Type": "m5.large", "GPU": ""}, "without a GPU: row 8"),
        ({"Instance_Type": "p9.huge"}, "whose GPUs are not known to the planner: row 8 (p9.huge)"),
        ({"Instance_Type": ""}, "without an Instance Type: no instance: row 8"),
        ({"PricePerUnit": "0.0000000000"}, "PricePerUnit 0: row 8"),
        ({"PricePerUnit": ""}, "PricePerUnit missing: row 8"),
        ({"Unit": "GB-Mo"}, "not priced by the hour: row 8 (GB-Mo)"),
        ({"TermType": "Spot"}, "of another TermType than OnDemand and Reserved: row 8 (Spot)"),
        ({"SKU": ""}, "without a SKU: row 8"),
    ],
)
def test_a_row_that_is_no_plain_linux_instance_is_skipped(imported, cells, line):
    write_aws("index.csv", [aws_row(), aws_row(**{"SKU": "other", **cells})])
    done = imported("aws", "index.csv")
    assert done.prices == 1
    assert f"  - 1 {line}" in done.report


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            aws_reserved("1yr", "Partial Upfront", None, "17.1"),
            "1 reservation without its upfront fee, or one of 0: row 8 (Partial Upfront)",
        ),
        (
            aws_reserved("1yr", "Partial Upfront", "0", "17.1"),
            "2 reservation without its upfront fee, or one of 0: row 8 (Partial Upfront), row 9 (Partial Upfront)",
        ),
        (
            aws_reserved("1yr", "No Upfront", None, "0.0"),
            "1 reservation without its hourly price, or one of 0: row 8 (No Upfront)",
        ),
        (
            aws_reserved("1yr", "All Upfront", None, "0"),
            "1 reservation without its upfront fee, or one of 0: row 8 (All Upfront)",
        ),
        (aws_reserved("1yr", "No Upfront", None, ""), "1 PricePerUnit missing: row 8"),
        (aws_reserved("1yr", "No Upfront", None, "-1"), "1 PricePerUnit below 0: row 8 (-1)"),
        (
            aws_reserved("1yr", "No Upfront", None, "30", OfferingClass="convertible"),
            "1 reservation that is not standard: exchanges are not planned: row 8 (convertible)",
        ),
        (
            aws_reserved("10 months", "No Upfront", None, "30"),
            "1 reservation of another term or payment: row 8 (10 months No Upfront)",
        ),
        (aws_reserved("1yr", "No Upfront", None, "30", SKU="none"), "1 reservation of a SKU without a product: row 8"),
        (
            aws_reserved("1yr", "No Upfront", None, "30", Unit="Months"),
            "1 reservation priced in another unit: row 8 (Months)",
        ),
    ],
)
def test_half_a_reservation_is_none(imported, cloud, rows, line):
    write_aws("index.csv", [aws_row(), *rows])
    assert f"  - {line}" in imported("aws", "index.csv").report
    assert "reserved" not in cloud("aws", "index.csv")["aws-p5.48xlarge"]


def test_reserved_rows_of_a_windows_product_are_skipped_for_that_reason(imported):
    windows = aws_row(SKU="win", Operating_System="Windows")
    write_aws("index.csv", [aws_row(), *aws_reserved("1yr", "No Upfront", None, "40", SKU="win"), windows])
    assert (
        "  - 2 Operating System other than Linux: row 9 (Windows), row 8 (Windows)"
        in imported("aws", "index.csv").report
    )


def test_a_file_without_the_lines_above_the_header_is_read_too(write, cloud):
    write("index.csv", [aws_row()], AWS)
    assert cloud("aws", "index.csv")["aws-p5.48xlarge"]["on_demand"] == 55.04


def test_missing_columns_are_named_with_the_nearest(write, problems):
    header = ["Region" if column == "Region Code" else column for column in AWS if column != "Tenancy"]
    write("index.csv", [aws_row()], header, AWS_LINES)
    assert [(problem.place, problem.expected, problem.fix) for problem in problems("aws", "index.csv")] == [
        ("header", "a column Tenancy", ""),
        ("header", "a column Region Code", "did you mean 'Region'?"),
    ]


def test_prices_in_yuan(imported):
    write_aws("index.csv", [aws_row(Currency="CNY", Region_Code="cn-north-1")])
    assert "currency: CNY" in imported("aws", "index.csv").overlay.splitlines()
    assert Path("index.csv").exists()
