from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.assumptions.durations import Duration, PeriodUnit
from planner.assumptions.load import load
from planner.assumptions.loaded import Default, Source
from planner.catalogue.reader import catalogue
from planner.problems import InputError


def defaults(loaded):
    return {item.key: item for item in loaded.defaults}


def test_a_mapping(tree):
    loaded = load(tree(), ["chat"])
    assert (loaded.file, loaded.folder, loaded.catalogue_keys, loaded.sources) == (
        "assumptions",
        Path(),
        frozenset(),
        {},
    )
    assert loaded.gpus["H100"].memory_gb == 80
    assert loaded.assumptions.servers["box"].price == 290000


def test_mappings_may_hold_what_python_has(tree, server):
    own = server(
        price=np.float64(5), gpus=np.int64(2), lifetime=Duration.parse("1 year"), available_from=date(2027, 2, 1)
    )
    loaded = load(
        tree(servers=own, horizon={"period": PeriodUnit.YEAR, "start": datetime(2027, 1, 1, tzinfo=UTC)}), ["chat"]
    )
    box = loaded.assumptions.servers["box"]
    assert (box.price, box.gpus, str(box.lifetime), box.available_from) == (5, 2, "1 year", datetime(2027, 2, 1))
    assert loaded.assumptions.horizon.start == datetime(2027, 1, 1)
    json.dumps(loaded.raw)


def test_a_file(write):
    loaded = load(Path(write("version: 1\n", "in/a.yaml")), ["chat"])
    assert (loaded.file, loaded.folder) == ("in/a.yaml", Path("in"))


def test_nothing(tree):
    loaded = load(None, ["chat"])
    assert loaded.file == "(catalogue defaults)"
    assert "servers.hgx-h100-8.price" in loaded.catalogue_keys
    assert loaded.sources["cloud.aws-p5.48xlarge.on_demand"] == Source("AWS price list, us-east-1", "2026-09-10")


def test_the_source_is_not_changed(tree):
    source = tree(servers={"hgx-h100-8": {"price": {"value": 3, "source": "x"}}})
    before = json.dumps(source)
    load(source, ["chat"])
    assert json.dumps(source) == before


def test_a_figure_overridden_drops_its_source(tree):
    loaded = load(
        tree(servers={"hgx-h100-8": {"price": 1, "power_kw": {"value": 9, "source": "meter", "as_of": 2026}}}), ["chat"]
    )
    assert "servers.hgx-h100-8.price" not in loaded.sources
    assert "servers.hgx-h100-8.price" not in loaded.catalogue_keys
    assert loaded.sources["servers.hgx-h100-8.power_kw"] == Source("meter", "2026")
    assert "servers.hgx-h100-8.power_kw" not in loaded.catalogue_keys
    assert "servers.hgx-h100-8.lifetime" in loaded.catalogue_keys


@pytest.mark.parametrize(("as_of", "text"), [(date(2026, 9, 10), "2026-09-10"), ("2026-09", "2026-09"), (None, "")])
def test_sources_anywhere(tree, as_of, text):
    noted = {"value": 0.2, "source": "contract", "as_of": as_of}
    loaded = load(
        tree(
            finance={"discount_rate": noted},
            horizon={"projection": {"growth_per_year": noted}},
            decisions=[{"server": "box", "site": "lab", "period": "2027-01", "min": noted}],
        ),
        ["chat"],
    )
    assert loaded.assumptions.finance.discount_rate == 0.2
    assert loaded.assumptions.decisions[0].min == 0.2
    for key in ("finance.discount_rate", "horizon.projection.growth_per_year", "decisions.1.min"):
        assert loaded.sources[key] == Source("contract", text)


def test_period_labels_are_text(tree):
    labels = [2027, date(2027, 1, 4), "2027-Q1", datetime(2027, 1, 4, 13)]
    decisions = [{"server": "box", "site": "lab", "period": label} for label in labels]
    loaded = load(tree(decisions=decisions), ["chat"])
    assert [item.period for item in loaded.assumptions.decisions] == ["2027", "2027-01-04", "2027-Q1", "2027-01-04T13"]


def test_defaults_of_the_format(tree):
    found = defaults(load(tree(), ["chat"]))
    assert found["finance.discount_rate"] == Default("finance.discount_rate", 0.08, "share per year", "default")
    assert found["finance.hardware_at_end"].value == "resale"
    assert found["servers.box.lead_time"].value == "0 hours"
    assert found["servers.box.max_servers"].value is None
    assert found["cloud.p5.reserved"].value == {}
    assert "servers.box.price" not in found
    assert "workloads.chat.reference_gpu" not in found
    assert {item.origin for item in found.values()} == {"default"}


def test_defaults_inside_entries(tree, offer):
    found = defaults(
        load(tree(cloud=offer(spot={"price": 3}, reserved={"1y": {"term": "1 year", "hourly": 3}})), ["chat"])
    )
    assert found["cloud.p5.spot.lost_work"].value == 0
    assert found["cloud.p5.reserved.1y.upfront"].unit == "currency per instance"
    assert "cloud.p5.reserved.1y.hourly" not in found
    assert "cloud.p5.spot" not in found


def test_defaults_of_the_catalogue_are_those_in_use(tree):
    found = defaults(load(tree(servers={"mine": {"from": "hgx-h100-8", "price": 5}}), ["chat"]))
    assert found["servers.mine.power_kw"] == Default("servers.mine.power_kw", 10.2, "kW", "catalogue")
    assert found["servers.mine.resale.12 months"].value == 0.65
    assert "servers.mine.price" not in found
    assert not any("l40s" in key for key in found)
    cloud_only = defaults(load(tree(servers={}, sites=None), ["chat"]))
    assert not any(key.startswith("sites.") for key in cloud_only)


def test_costs_left_at_0_are_one_warning_a_key(tree, server):
    boxes = {"a": server()["box"], "b": server(install_cost=5)["box"], "c": server()["box"], "rtx4090-4": {}}
    warnings = load(tree(servers=boxes), ["chat"]).warnings
    assert [text for text in warnings if "install_cost" in text] == [
        "install_cost is 0 by default for servers.a, servers.c"
    ]
    assert "staff is not given, so costs nothing, by default for sites.lab" in warnings
    assert "egress_gb_per_gpu_hour is 0 by default for workloads.chat" in warnings
    assert "storage_per_gb_month is 0 by default for sites.lab, cloud.p5" in warnings
    assert not any("power" in text for text in warnings)


def test_costs_given_as_0_are_no_warning(tree, server):
    warnings = load(tree(servers=server(install_cost=0, maintenance_per_year=0)), ["chat"]).warnings
    assert not any("install_cost" in text or "maintenance" in text for text in warnings)


def test_a_reference_gpu_by_default_is_a_warning_where_it_matters(tree, server, offer):
    def warned(**sections):
        return [text for text in load(tree(**sections), ["chat"]).warnings if text.startswith("reference_gpu")]

    assert warned(workloads={"chat": {}}) == []
    assert warned(workloads={"chat": {"reference_gpu": "H100"}}, servers=server(gpu="L40S")) == []
    assert warned(workloads={"chat": {"speed": {"L40S": 0.4}}}, servers=server(gpu="L40S")) == []
    (text,) = warned(workloads={"chat": {}}, servers=server(gpu="L40S"))
    assert "workloads.chat" in text
    assert "L40S" in text


def test_capacity_that_nothing_can_use_is_a_warning(tree, server):
    own = server(gpu="TPU", gpu_memory_gb=96)
    assert any(
        "no workload can run on TPU (servers.box)" in text for text in load(tree(servers=own), ["chat"]).warnings
    )
    spoken = tree(servers=own, workloads={"chat": {"reference_gpu": "H100", "speed": {"TPU": 2}}})
    assert not any("TPU" in text for text in load(spoken, ["chat"]).warnings)
    named = tree(servers=own, workloads={"chat": {"reference_gpu": "TPU"}}, cloud={})
    assert not any("no workload" in text for text in load(named, ["chat"]).warnings)


def test_regions_that_match_nothing_are_a_warning(tree):
    lab = {"electricity_price": 0.1, "pue": 1, "region": "eu-west"}
    workload = {"reference_gpu": "H100", "regions": ["eu-*", "us-*"]}
    warnings = load(tree(sites={"lab": lab}, workloads={"chat": workload}), ["chat"]).warnings
    found = [text for text in warnings if "regions" in text]
    assert found == ["workloads.chat.regions: 'us-*' matches no region of a site or an offer (eu-west)"]


def test_workloads_follow_the_forecast(tree):
    workloads = {"b": {"reference_gpu": "L4"}, "old": {}, "a": {"reference_gpu": "L4"}}
    loaded = load(tree(workloads=workloads), ["a", "b"])
    assert list(loaded.assumptions.workloads) == ["a", "b"]
    assert "not in the forecast, so without effect: workloads.old" in loaded.warnings
    assert not any("workloads.old" in item.key for item in loaded.defaults)


@pytest.mark.parametrize(
    ("unit", "lead", "life", "term"),
    [
        ("hour", "3 months", "60 months", "12 months"),
        ("day", "92 days", "60 months", "12 months"),
        ("week", "14 weeks", "260 weeks", "52 weeks"),
        ("month", "3 months", "60 months", "12 months"),
        ("quarter", "3 months", "60 months", "12 months"),
        ("year", "1 year", "60 months", "12 months"),
    ],
)
def test_durations_of_the_catalogue_are_rounded(tree, unit, lead, life, term):
    source = tree(horizon={"period": unit}, servers={"hgx-h100-8": {}}, cloud={"aws-p5.48xlarge": {}})
    loaded = load(source, ["chat"])
    box = loaded.assumptions.servers["hgx-h100-8"]
    assert (str(box.lead_time), str(box.lifetime)) == (lead, life)
    assert str(loaded.assumptions.cloud["aws-p5.48xlarge"].reserved["1y-all-upfront"].term) == term
    rounded = {"lead_time", "lifetime"} if unit == "week" else {"lead_time"} if lead != "3 months" else set()
    said = {key for key in ("lead_time", "lifetime") if any(f"hgx-h100-8.{key} is" in text for text in loaded.warnings)}
    assert said == rounded
    for duration in (box.lead_time, box.lifetime):
        assert duration.periods(PeriodUnit(unit)).denominator == 1


def test_a_rounded_duration_keeps_its_source_and_stays_the_catalogues(tree):
    loaded = load(tree(horizon={"period": "week"}, servers={"hgx-h100-8": {}}), ["chat"])
    key = "servers.hgx-h100-8.lead_time"
    assert key in loaded.catalogue_keys
    assert loaded.sources[key].source == "assumption"
    assert defaults(loaded)[key].value == "14 weeks"
    assert f"{key} is 3 months in the catalogue, rounded up to 14 weeks" in loaded.warnings


@pytest.mark.parametrize("field", ["servers", "cloud"])
def test_what_lasts_less_than_a_period_is_left_out(tree, monkeypatch, field):
    book = catalogue()
    short = {"value": "6 months", "source": "x", "as_of": "2026"}
    server = dict(book.servers["l40s-8"]) | {"lifetime": short}
    offer = {key: value for key, value in book.cloud["aws-p5.48xlarge"].items() if key not in ("on_demand", "spot")}
    offer["reserved"] = {"half": {"term": short, "hourly": 3}}
    monkeypatch.setitem(book.servers, "short", server)
    monkeypatch.setitem(book.cloud, "short", offer)
    kept = {"servers": {"hgx-h100-8": {}}, "cloud": {"aws-p5.48xlarge": {}}}
    loaded = load(tree(**kept, horizon={"period": "year"}) | {field: kept[field] | {"short": {}}}, ["chat"])
    assert "short" not in getattr(loaded.assumptions, field)
    assert "short" not in loaded.raw[field]
    assert any("short" in text and "is left out" in text and "shorter than a year" in text for text in loaded.warnings)


def test_an_offer_keeps_what_else_it_sells(tree, monkeypatch):
    short = {"value": "6 months", "source": "x", "as_of": "2026"}
    reserved = {"half": {"term": short, "hourly": 3}}
    monkeypatch.setitem(catalogue().cloud, "short", dict(catalogue().cloud["runpod-h100"]) | {"reserved": reserved})
    loaded = load(tree(horizon={"period": "year"}, cloud={"short": {}}), ["chat"])
    assert loaded.assumptions.cloud["short"].on_demand == 3.49
    assert loaded.assumptions.cloud["short"].reserved == {}
    assert load(loaded.raw, ["chat"]).assumptions == loaded.assumptions


RAW = [
    None,
    {"version": 1},
    {"version": 1, "horizon": {"period": "week", "start": date(2027, 1, 4)}},
    {"version": 1, "servers": {"hgx-h100-8": {"resale": None, "install_cost": None}}, "cloud": {}},
    {"version": 1, "cloud": {"aws-p5.48xlarge": {"spot": None}, "b": {"from": "aws-p5.48xlarge", "reserved": None}}},
    {"version": 1, "cloud": {"aws-p5.48xlarge": {"from": "runpod-h100", "spot": {"price": 2}}}},
    {"version": 1, "sites": {"default": {"staff": None}}, "workloads": {"chat-70b": {"throughput": None}, "x": None}},
    {"version": 1, "servers": {"l40s-8": {"available_from": datetime(2027, 1, 1, 5)}}, "variants": {"a": ["b=1"]}},
    {"version": 1, "servers": {}, "sites": {}, "decisions": [], "limits": None, "demand": {"load_shape": "flat"}},
]


@pytest.mark.parametrize("source", RAW)
def test_raw_gives_the_same_again(source):
    loaded = load(source, ["chat-70b", "x"])
    through_json = json.loads(json.dumps(loaded.raw))
    through_yaml = yaml.safe_load(yaml.safe_dump(loaded.raw))
    for raw in (loaded.raw, through_json, through_yaml):
        again = load(raw, ["chat-70b", "x"])
        assert again.assumptions == loaded.assumptions
        assert again.raw == loaded.raw
        assert not again.catalogue_keys


KEYS = st.fixed_dictionaries(
    {},
    optional={
        "price": st.floats(1, 1e6) | st.none(),
        "install_cost": st.floats(0, 1e5) | st.none(),
        "resale": st.dictionaries(st.sampled_from(["1 year", "2 years"]), st.floats(0, 1)) | st.none(),
        "lead_time": st.sampled_from(["0 hours", "1 month", "1 quarter"]) | st.none(),
        "whole_servers": st.booleans() | st.none(),
    },
)


@settings(max_examples=40, deadline=None)
@given(KEYS, st.sampled_from(["rtx4090-4", "hgx-h100-8"]), st.sampled_from(["rtx4090-4", "other"]))
def test_raw_gives_the_same_again_whatever_is_overridden(keys, start, name):
    given_keys = {key: value for key, value in keys.items() if key != "price" or value is not None}
    loaded = load({"version": 1, "servers": {name: given_keys | {"from": start}}}, ["x"])
    assert load(loaded.raw, ["x"]).assumptions == loaded.assumptions


NAMES = [
    "version",
    "servers",
    "box",
    "gpu",
    "spot",
    "cloud",
    "value",
    "load_shape",
    "demand",
    "horizon",
    "resale",
    "workloads",
    "decisions",
    "from",
    "extends",
    "limits",
    "quotas",
    "fleet",
    "spend_commitments",
    "rates",
    "apis",
    "providers",
    "prices",
    "electricity_price",
    "sites",
    "lab",
    "capex",
    "per_year",
]


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(NAMES), below, max_size=4),
        max_leaves=12,
    )
)
def test_whatever_a_file_holds_is_read_or_refused_in_words(junk):
    source = {"version": 1} | (junk if isinstance(junk, dict) else {"servers": junk})
    refused = None
    try:
        load(source, ["x"])
    except InputError as error:
        refused = error
    assert refused is None or (refused.problems and all(problem.expected for problem in refused.problems))


def test_load_shapes_of_files(write):
    write("hour_of_week,load\n0,1\n", "week.csv")
    name = write("version: 1\ndemand: {load_shape: {hour_of_week: week.csv}}\n")
    assert load(name, ["x"]).assumptions.demand.load_shape.hour_of_week == "week.csv"
