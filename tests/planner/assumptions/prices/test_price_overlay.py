from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from price_lists import GCP, SKYPILOT, aws_row, bare, exactly, gcp_row, skypilot_row, write_aws, write_csv
from price_lists import aws_reserved as reserved

import planner
from planner.assumptions.load import load
from planner.assumptions.prices.collector import Wanted
from planner.assumptions.prices.importer import import_prices
from planner.assumptions.prices.kinds import Kind
from planner.assumptions.prices.overlay import named, number, text
from planner.assumptions.prices.quotes import Prices, Shape


def shape(instance: str, region: str = "r1", gpus: int = 8, gpu: str = "H100", memory: int | None = None) -> Shape:
    return Shape("p", instance, region, gpu, gpus, None if memory is None else Decimal(memory))


def names(*shapes: Shape, **known: dict[str, str]) -> list[str]:
    entries = {name.replace("_", "-"): entry for name, entry in known.items()}
    return list(named({one: Prices() for one in shapes}, "USD", entries, "USD"))


def test_names_carry_what_tells_offers_apart_and_no_more():
    assert names(shape("a")) == ["p-a"]
    assert names(shape("a"), shape("a", "r2"), shape("b")) == ["p-a-r1", "p-a-r2", "p-b"]
    assert names(shape("a", gpus=1), shape("a", gpus=2)) == ["p-a-1x-h100", "p-a-2x-h100"]
    assert names(shape("a", memory=80), shape("a", memory=96)) == ["p-a-8x-h100-80gb", "p-a-8x-h100-96gb"]
    assert names(shape("A b/c"), shape("a_b c")) == ["p-a-b-c", "p-a-b-c-2"]
    assert names(shape("$"), shape("é" * 500), shape("x" * 500)) == ["p", "p-2", "p-" + "x" * 98]


def test_names_do_not_depend_on_the_order_of_the_rows():
    one, two = shape("A b/c"), shape("a_b c")
    forward = named({one: Prices(), two: Prices()}, "USD", {}, "USD")
    assert forward == named({two: Prices(), one: Prices()}, "USD", {}, "USD")


def test_a_name_of_the_catalogue_is_only_for_its_own_region_and_currency():
    assert names(shape("a"), p_a={"region": "r1"}) == ["p-a"]
    assert names(shape("a"), p_a={"region": "r2"}) == ["p-a-r1"]
    assert names(shape("a"), p_a={}) == ["p-a-r1"]
    assert list(named({shape("a"): Prices()}, "EUR", {"p-a": {"region": "r1"}}, "USD")) == ["p-a-r1"]


@pytest.mark.parametrize(
    "words",
    ["on", "1e6", "2027-01-01", "null", "~", "", " a", "a: b", "- x", "{a}", "#x", "=1+1", "!!python/object:os.system",
     "&a", "*a", "a\nb", "\x00\x1b[31m\x7f\x85\u2028\u202e", "é", "😀", '"', "'", "\\", "%x", "@x", "<<"],
)  # fmt: skip
def test_text_is_read_back_as_the_same_text(words):
    for flow in (False, True):
        line = f"[{text(words, flow=flow)}]" if flow else f"key: {text(words, flow=flow)}"
        assert line.isascii()
        assert "\n" not in line
        assert yaml.safe_load(line) == ([words] if flow else {"key": words})


def test_hostile_names_stay_data(write):
    nasty = 'x\n  evil: {provider: "y"}\n# \x1b[31m!!python/object/apply:os.system ["x"] &a *a'
    gpu = "G'P\"U: {1} \u202e"
    rows = [
        skypilot_row(InstanceType=nasty, Region=nasty, AcceleratorName=gpu),
        skypilot_row(InstanceType="=cmd|' /C calc'!A0", Region="1e6"),
    ]
    name = "aws \n- {x}: #.csv"
    write(name, rows, SKYPILOT)
    done = import_prices(Kind.SKYPILOT, [name], Wanted())
    assert done.overlay.isascii()
    Path("o.yaml").write_text(done.overlay)
    cloud = load("o.yaml", None).assumptions.cloud
    assert sorted((offer.region, offer.gpu, offer.provider) for offer in cloud.values()) == sorted(
        [("1e6", "H100", "aws"), (nasty.strip(), gpu.strip(), "aws")]
    )
    assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-") for key in cloud)
    assert load("o.yaml", None).sources[f"cloud.{next(iter(cloud))}.on_demand"].source == name


def test_numbers_are_written_in_full():
    assert number(Decimal("55.0400000000")) == "55.04"
    assert number(Decimal("1E+3")) == "1000"
    assert number(Decimal("0.00000123")) == "0.00000123"
    assert float(number(Decimal(1) / 3)) == 1 / 3


def test_every_price_has_its_source_and_date_and_they_reach_the_planner(write):
    write("gcp_2026-07-30.csv", [gcp_row()], GCP)
    done = import_prices(Kind.GCP, ["gcp_2026-07-30.csv"], Wanted())
    Path("o.yaml").write_text(done.overlay)
    loaded = load("o.yaml", ["chat"])
    (name,) = loaded.assumptions.cloud
    for key in ("on_demand", "spot.price", "reserved.1y.hourly", "reserved.3y.hourly"):
        source = loaded.sources[f"cloud.{name}.{key}"]
        assert (source.source, source.as_of) == ("gcp_2026-07-30.csv", "2026-07-30")


def test_a_discount_is_taken_off_every_price_exactly_and_said_in_the_source():
    write_aws("index.csv", [aws_row(), *reserved("1yr", "Partial Upfront", "1000", "10")])
    done = import_prices(Kind.AWS, ["index.csv"], Wanted(discount=Decimal("0.12")))
    (entry,) = bare(yaml.safe_load(done.overlay)["cloud"]).values()
    assert entry["on_demand"] == exactly("48.4352")
    assert entry["reserved"]["1y-partial-upfront"] == {"term": "12 months", "upfront": 880, "hourly": 8.8}
    assert done.overlay.count('source: "index.csv, less 12 %"') == 3


def test_filters_keep_regions_by_pattern_and_gpus_by_name(write, cloud, imported, problems):
    rows = [
        gcp_row(region="us-east1"),
        gcp_row(region="us-west1"),
        gcp_row(region="europe-west4"),
        gcp_row(instance="g2-standard-4", gpu="l4", gpu_count="1.0", hour="0.7", region="us-east1"),
    ]
    write("gcp.csv", rows, GCP)
    found = cloud("gcp", "gcp.csv", regions=("us-*", "europe-west4"), gpus=("h100",))
    assert {entry["region"] for entry in found.values()} == {"us-east1", "us-west1", "europe-west4"}
    report = imported("gcp", "gcp.csv", regions=("europe-*",)).report
    assert "  - 3 in a region that was not asked for (--region): row 2, row 3, row 5" in report
    wrong = problems("gcp", "gcp.csv", regions=("us-east2", "us-*"), gpus=("H200",))
    assert [(one.file, one.value, one.fix) for one in wrong] == [
        ("--region", "'us-east2'", "did you mean 'us-east1'?"),
        ("--gpu", "'H200'", "did you mean 'H100'?"),
    ]


def test_of_two_lists_the_newer_counts_whatever_their_order_and_price(write, cloud):
    write("gcp_2026-01-31.csv", [gcp_row(hour="80")], GCP)
    write("gcp_2026-07-30.csv", [gcp_row(hour="90")], GCP)
    for files in (("gcp_2026-01-31.csv", "gcp_2026-07-30.csv"), ("gcp_2026-07-30.csv", "gcp_2026-01-31.csv")):
        (entry,) = cloud("gcp", *files).values()
        assert entry["on_demand"] == 90


def test_an_offer_of_the_catalogue_keeps_its_egress_but_no_price_that_the_list_says_is_none(write):
    write("aws.csv", [skypilot_row(SpotPrice="")], SKYPILOT)
    done = import_prices(Kind.SKYPILOT, ["aws.csv"], Wanted())
    Path("o.yaml").write_text(done.overlay)
    offer = load("o.yaml", None).assumptions.cloud["aws-p5.48xlarge"]
    assert offer.spot is None  # the list says that it is not sold
    assert offer.egress_per_gb == 0.09
    assert offer.reserved  # of which the list says nothing
    assert any("aws-p5.48xlarge" in line and "as in the catalogue" in line for line in done.report)
    write("aws.csv", [skypilot_row(SpotPrice="", Region="eu-west-1")], SKYPILOT)
    Path("o.yaml").write_text(import_prices(Kind.SKYPILOT, ["aws.csv"], Wanted()).overlay)
    (name, offer), *_ = load("o.yaml", None).assumptions.cloud.items()
    assert (name, offer.reserved, offer.egress_per_gb) == ("aws-p5.48xlarge-eu-west-1", {}, 0)


def test_two_overlays_together_give_spot_of_one_and_reservations_of_the_other(write):
    write("aws.csv", [skypilot_row()], SKYPILOT)
    write_aws("index.csv", [aws_row(), *reserved("1yr", "No Upfront", None, "33")])
    Path("below.yaml").write_text(import_prices(Kind.AWS, ["index.csv"], Wanted()).overlay)
    above = import_prices(Kind.SKYPILOT, ["aws.csv"], Wanted()).overlay
    Path("above.yaml").write_text(f"extends: below.yaml\n{above}")
    offer = load("above.yaml", None).assumptions.cloud["aws-p5.48xlarge"]
    assert offer.spot is not None
    assert offer.spot.price == 23.12
    assert list(offer.reserved) == ["1y-no-upfront"]


def test_a_plan_with_an_overlay_alone_and_below_a_file_of_ones_own(write):
    write("gcp_2026-07-30.csv", [gcp_row()], GCP)
    overlay = import_prices(Kind.GCP, ["gcp_2026-07-30.csv"], Wanted()).overlay
    Path("prices.yaml").write_text(overlay)
    Path("own.yaml").write_text("version: 1\nextends: prices.yaml\nservers: {}\nsites: {}\n")
    months = pd.date_range("2027-01-01", periods=2, freq="MS").astype(str)
    forecast = pd.DataFrame({"timestamp": months, "workload": "chat", "gpu_hours": [744.0 * 8, 672.0 * 8]})
    made = planner.plan(forecast, "own.yaml")
    assert made.audit.passed
    # 8 GPUs in every hour of 59 days: the 3-year commitment, prorated, at 38.864381 an hour.
    assert set(made.commitments["option"]) == {"3y"}
    paid = made.costs.loc[made.costs["component"] == "reserved_hourly", "amount"].sum()
    assert paid == pytest.approx(38.864381 * 24 * 59)
    assert planner.plan(forecast, "prices.yaml").audit.passed


@dataclass(frozen=True)
class Sold:
    """A known offer, as a property test draws it."""

    instance: str
    region: str
    gpus: int
    price: Decimal
    spot: Decimal | None


PRICES = st.decimals(min_value="0.01", max_value="999", places=4)
SOLD = st.builds(
    Sold,
    st.sampled_from(["a.1", "a.2", "b"]),
    st.sampled_from(["us-east-1", "eu-west-1"]),
    st.sampled_from([1, 2, 8]),
    PRICES,
    st.none() | PRICES,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SOLD, min_size=1, max_size=8, unique_by=lambda sold: (sold.instance, sold.region, sold.gpus)))
def test_what_a_tool_writes_for_known_offers_comes_back_exactly(tmp_path, sold):
    rows = [
        skypilot_row(
            InstanceType=one.instance,
            Region=one.region,
            AcceleratorCount=f"{one.gpus}.0",
            Price=str(one.price),
            SpotPrice="" if one.spot is None else f"{one.spot:.6f}",
        )
        for one in sold
    ]
    write_csv(str(tmp_path / "aws.csv"), rows, SKYPILOT)
    done = import_prices(Kind.SKYPILOT, [str(tmp_path / "aws.csv")], Wanted())
    (tmp_path / "o.yaml").write_text(done.overlay)
    offers = load(str(tmp_path / "o.yaml"), None).assumptions.cloud
    found = sorted(
        (offer.gpus, offer.region, offer.on_demand, offer.spot.price if offer.spot else None)
        for offer in offers.values()
    )
    # A spot price no lower than on-demand is no real one.
    real = [one.spot if one.spot is not None and one.spot < one.price else None for one in sold]
    wanted = sorted(
        (one.gpus, one.region, float(one.price), None if spot is None else float(spot))
        for one, spot in zip(sold, real, strict=True)
    )
    assert [row[:3] for row in found] == [row[:3] for row in wanted]
    assert found == wanted
