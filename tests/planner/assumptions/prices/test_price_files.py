from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from price_lists import (
    AWS,
    GCP,
    GPUHUNT,
    SKYPILOT,
    aws_reserved,
    aws_row,
    azure_item,
    gcp_row,
    gpuhunt_row,
    skypilot_row,
    write_aws,
    write_azure,
)

from planner.assumptions.load import load
from planner.assumptions.prices import collector, tables
from planner.assumptions.prices.collector import Wanted
from planner.assumptions.prices.dates import date_in
from planner.assumptions.prices.importer import import_prices
from planner.assumptions.prices.kinds import Kind
from planner.problems import InputError, Problem


@pytest.fixture
def lists(write) -> dict[str, str]:
    """A list of every kind."""
    return {
        "skypilot": write("aws-sky.csv", [skypilot_row()], SKYPILOT),
        "gpuhunt": write("aws-hunt.csv", [gpuhunt_row()], GPUHUNT),
        "azure": write_azure("azure.json", [azure_item()]),
        "aws": write_aws("index.csv", [aws_row(), *aws_reserved("1yr", "No Upfront", None, "30")]),
        "gcp": write("gcp.csv", [gcp_row()], GCP),
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_a_list_of_another_kind_is_refused_and_the_right_command_named(lists, problems, kind):
    for other, file in lists.items():
        if other == kind:
            assert import_prices(kind, [file], Wanted()).offers == 1
            continue
        (problem,) = problems(kind, file)
        assert f"planner prices {other} {file}" in problem.fix


def test_missing_columns_are_all_named_with_the_nearest(write, problems):
    header = ["instance", "gpu", "gpu_cnt", "region", "hour", "hour_spot", "month_1y", "month3y"]
    write("gcp.csv", [gcp_row()], header)
    assert [(one.place, one.expected, one.fix) for one in problems("gcp", "gcp.csv")] == [
        ("header", "a column gpu_count", "did you mean 'gpu_cnt'?"),
        ("header", "a column month_3y", "did you mean 'month3y'?"),
    ]


def test_a_column_that_is_there_twice_is_an_error(write, problems):
    write("gcp.csv", [[1] * 10], [*GCP, "hour"])
    (problem,) = problems("gcp", "gcp.csv")
    assert problem.value == "the column hour twice"


def test_the_problems_of_all_files_come_together(write, problems):
    write("some.csv", [[1, 2]], ["a", "b"])
    Path("empty.csv").write_text(" \n")
    Path("binary.csv").write_bytes(b"\x89PNG\xff\xfe")
    Path("folder.csv").mkdir()
    write("good.csv", [gcp_row()], GCP)
    found = problems("gcp", "some.csv", "empty.csv", "binary.csv", "folder.csv", "none.csv", "good.csv", "nul\0.csv")
    assert [one.file for one in found] == [
        "some.csv", "empty.csv", "binary.csv", "folder.csv", "none.csv", "nul\0.csv",
    ]  # fmt: skip
    assert found[0].value == "a, b"


@pytest.mark.parametrize(
    ("below", "place"),
    [('"a quote that never ends', "row 3"), ("x" * 200_000, "row 3"), ("\udcff", "after row")],
)
def test_a_file_that_breaks_off_below_its_header_is_an_error(write, problems, below, place):
    write("gcp.csv", [gcp_row()], GCP)
    with Path("gcp.csv").open("ab") as file:
        file.write(below.encode("utf-8", "surrogateescape"))
    (problem,) = problems("gcp", "gcp.csv")
    assert problem.place.startswith(place) or below == "\udcff"


def test_a_list_without_rows_is_an_error(write, problems):
    write("gcp.csv", [], GCP)
    (problem,) = problems("gcp", "gcp.csv")
    assert problem.value == "0 rows, none of which can be imported"


def test_more_rows_or_offers_than_there_can_be_are_refused(write, problems, monkeypatch):
    write("gcp.csv", [gcp_row(region=f"r{number}") for number in range(5)], GCP)
    monkeypatch.setattr(collector, "MOST_OFFERS", 4)
    (problem,) = problems("gcp", "gcp.csv")
    assert problem.expected == "at most 4 offers"
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    (problem,) = problems("gcp", "gcp.csv")
    assert (problem.place, problem.expected) == ("row 5", "a list of at most 3 rows")


def test_compressed_lists_are_read_and_broken_ones_refused(lists, cloud, problems):
    packed = gzip.compress(Path("gcp.csv").read_bytes())
    Path("gcp2.csv.gz").write_bytes(packed)
    assert cloud("gcp", "gcp2.csv.gz") == cloud("gcp", "gcp.csv")
    for damaged in (packed[:-12], packed[:40] + b"\0\0\0" + packed[43:], b"no gzip"):
        Path("gcp2.csv.gz").write_bytes(damaged)
        assert len(problems("gcp", "gcp2.csv.gz")) == 1


def test_windows_line_ends_and_a_byte_order_mark_are_no_obstacle(lists, cloud):
    text = Path("gcp.csv").read_text()
    Path("win.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").replace("\r\r", "\r").encode())
    assert cloud("gcp", "win.csv") == cloud("gcp", "gcp.csv")


def test_a_file_without_a_date_has_the_day_of_its_last_change(lists):
    os.utime("gcp.csv", (1_790_000_000, 1_790_000_000))
    done = import_prices(Kind.GCP, ["gcp.csv"], Wanted())
    assert "as_of: 2026-09-21" in done.overlay
    assert "gcp.csv: prices as of 2026-09-21 (from the day the file was last changed)" in done.report


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("vms_2026-07-30.csv", "2026-07-30"),
        ("20260730.csv", "2026-07-30"),
        ("a-2026_07_30_v2.csv", "2026-07-30"),
        ("prices-2026-07.csv", "2026-07"),
        ("2026-09-10T17:45:21Z", "2026-09-10"),
        ("2026-02-31.csv", ""),
        ("2026-02-31_2026-03-01.csv", "2026-03-01"),
        ("1202607301.csv", ""),
        ("aws.csv", ""),
        ("2026-07-30-12.csv", "2026-07-30"),
    ],
)
def test_dates_in_names(text, date):
    assert date_in(text) == date


def attempt[T](call: Callable[[], T]) -> tuple[T | None, tuple[Problem, ...]]:
    try:
        return call(), ()
    except InputError as error:
        return None, error.problems


def test_mutated_lists_give_an_overlay_that_loads_or_a_list_of_problems(lists):
    """A small fuzzer: bytes and cells of every kind changed at random. No other exception, and nothing that is odd."""
    dice = random.Random(4)
    snippets = [
        b'"', b",", b"\n", b"\0", b"\xff", b"{", b"]", b"null", b"-1", b"0", b"1e400", b"nan", b"=1+1", b"\x1b[31m",
        b"!!python/object", b"&a", b": ", b"- ", "é".encode(), b"\\ud800", b"9" * 400, b"'",
    ]  # fmt: skip
    outcomes = {"read": 0, "refused": 0}
    for turn in range(600):
        kind = dice.choice(list(lists))
        content = bytearray(Path(lists[kind]).read_bytes())
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(content))
            content[place : place + dice.randint(0, 6)] = dice.choice(snippets)
        file = Path(f"aws-{turn}.{'json' if kind == 'azure' else 'csv'}")
        file.write_bytes(bytes(content))
        overlay, problems = attempt(lambda: import_prices(Kind(kind), [str(file)], Wanted()).overlay)  # noqa: B023
        outcomes["refused" if overlay is None else "read"] += 1
        assert (overlay is None) == bool(problems)
        if overlay is None:
            continue
        Path("o.yaml").write_text(overlay)
        loaded, problems = attempt(lambda: load("o.yaml", None))
        # A mutated currency is another than the catalogue's; nothing else may be wrong with an overlay.
        assert {problem.place for problem in problems} <= {"currency"}
        assert loaded is None or set(yaml.safe_load(overlay)["cloud"]) == set(loaded.assumptions.cloud)
    assert min(outcomes.values()) > 50, outcomes


def test_every_column_that_is_required_is_in_the_lists_that_the_tests_write():
    from planner.assumptions.prices.kinds import REQUIRED

    headers = {Kind.SKYPILOT: SKYPILOT, Kind.GPUHUNT: GPUHUNT, Kind.AWS: AWS, Kind.GCP: GCP}
    for kind, header in headers.items():
        assert set(REQUIRED[kind]) <= set(header)
