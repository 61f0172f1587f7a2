from __future__ import annotations

import pytest

from planner.assumptions.load import load

BASE = """
version: 1
horizon: {period: quarter, projection: {growth_per_year: 0.2}}
finance: {discount_rate: 0.05, hardware_at_end: none}
workloads:
  chat: {reference_gpu: H100, speed: {H100: 1, H200: 1.3}}
sites:
  lab: {electricity_price: 0.1, pue: 1.2, staff: {servers_per_person: 5, cost_per_person_year: 100}}
  attic: {electricity_price: 0.3, pue: 1}
servers:
  box: {gpu: H100, gpus: 8, price: 100, power_kw: 1, lifetime: 5 years, resale: {1 year: 0.5, 2 years: 0.3}}
cloud:
  p5:
    provider: aws
    gpu: H100
    gpus: 8
    on_demand: 10
    spot: {price: 5, lost_work: 0.1}
    reserved: {a: {term: 1 year, hourly: 4}, b: {term: 3 years, hourly: 3}}
"""


@pytest.fixture
def extended(write):
    write(BASE, "base.yaml")
    return lambda text: load(write("extends: base.yaml\n" + text), ["chat"]).assumptions


def test_nothing_said_is_the_base(extended, write):
    assert extended("") == load("base.yaml", ["chat"]).assumptions


def test_sections_and_entries_merge_key_by_key(extended):
    plan = extended(
        "finance: {discount_rate: 0.1}\nservers: {box: {price: 90}, other: {from: rtx4090-4, lead_time: 0}}"
    )
    assert (plan.finance.discount_rate, plan.finance.hardware_at_end) == (0.1, "none")
    assert (plan.servers["box"].price, plan.servers["box"].gpus) == (90, 8)
    assert list(plan.servers) == ["box", "other"]


def test_entries_with_fixed_keys_merge_key_by_key(extended):
    plan = extended("cloud: {p5: {spot: {lost_work: 0.2}}}\nsites: {lab: {staff: {servers_per_person: 9}}}")
    assert plan.cloud["p5"].spot is not None
    assert (plan.cloud["p5"].spot.price, plan.cloud["p5"].spot.lost_work) == (5, 0.2)
    assert plan.sites["lab"].staff is not None
    assert plan.sites["lab"].staff.cost_per_person_year == 100


def test_maps_with_free_names_are_replaced_whole(extended):
    plan = extended(
        "workloads: {chat: {speed: {H100: 1}}}\n"
        "servers: {box: {resale: {3 years: 0.1}}}\n"
        "cloud: {p5: {reserved: {a: {term: 1 year, upfront: 9}}}}"
    )
    assert plan.workloads is not None
    assert plan.workloads["chat"].speed == {"H100": 1}
    assert [str(age) for age in plan.servers["box"].resale] == ["3 years"]
    assert list(plan.cloud["p5"].reserved) == ["a"]
    assert plan.cloud["p5"].reserved["a"].hourly == 0


def test_null_is_absent_again(extended):
    plan = extended(
        "finance: {discount_rate: null}\nhorizon: {projection: null}\nsites: {attic: null, lab: {staff: ~}}\n"
        "cloud: {p5: {spot: {lost_work: null}, reserved: }}"
    )
    assert plan.finance.discount_rate == 0.08
    assert plan.horizon.projection is None
    assert list(plan.sites) == ["lab"]
    assert plan.sites["lab"].staff is None
    assert plan.cloud["p5"].spot is not None
    assert plan.cloud["p5"].spot.lost_work == 0
    assert plan.cloud["p5"].reserved == {}


def test_a_section_set_to_null_is_the_catalogues(extended):
    plan = extended("servers: null\nsites: null\nhorizon: {period: month}")
    assert list(plan.servers) == ["hgx-h100-8", "hgx-h200-8", "l40s-8"]
    assert list(plan.sites) == ["default"]


def test_a_chain_of_files_in_folders(write):
    write("version: 1\nservers: {}\ncloud: {x: {from: runpod-h100, on_demand: 3}}", "a/root.yaml")
    write("extends: ../a/root.yaml\ncloud: {x: {on_demand: 4}}", "b/middle.yaml")
    write("extends: b/middle.yaml\nname: top", "top.yaml")
    loaded = load("top.yaml", ["w"])
    assert loaded.assumptions.cloud["x"].on_demand == 4
    assert loaded.assumptions.name == "top"
    assert loaded.file == "top.yaml"


def test_file_names_follow_the_file_that_says_them(write):
    write("hour_of_week,load\n", "common/week.csv")
    write("version: 1\ndemand: {load_shape: {hour_of_week: week.csv}}", "common/base.yaml")
    write("extends: ../common/base.yaml", "mine/a.yaml")
    loaded = load("mine/a.yaml", ["w"])
    assert loaded.assumptions.demand.load_shape.hour_of_week == "../common/week.csv"
    assert (loaded.folder / loaded.assumptions.demand.load_shape.hour_of_week).is_file()
    assert load(loaded.raw, ["w"], folder=loaded.folder).assumptions == loaded.assumptions


def test_problems_name_the_file_that_has_them(write, problems):
    write(BASE.replace("price: 100", "price: -100").replace("pue: 1.2", "peu: 1.2"), "base.yaml")
    found = problems(write("extends: base.yaml\nservers: {box: {gpus: 0}}\nfinance: {discount: 1}"))
    assert {(item.file, item.place) for item in found} == {
        ("a.yaml", "servers.box.gpus"),
        ("base.yaml", "servers.box.price"),
        ("a.yaml", "finance.discount"),
        ("base.yaml", "sites.lab.peu"),
        ("base.yaml", "sites.lab.pue"),
    }


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("extends: a.yaml\nversion: 1", "the files extend each other in a circle"),
        ("extends: gone.yaml\nversion: 1", "found 'gone.yaml'; expected an existing file"),
        ('extends: "b\\0d.yaml"\nversion: 1', "expected a file that can be read"),
        ("extends: [x]\nversion: 1", "found ['x']; expected the name of one assumptions file"),
    ],
)
def test_extending_what_cannot_be(write, problems, other, words):
    write(other, "b.yaml")
    found = problems(write("extends: b.yaml\n"))
    assert [(item.file, item.place) for item in found] == [("b.yaml", "extends")]
    assert words in str(found[0])


def test_extending_oneself(write, problem):
    assert "circle" in str(problem(write("extends: a.yaml\nversion: 1"), "extends"))


def test_a_base_with_a_mistake_of_its_own(write, problem):
    write("version: [1", "b.yaml")
    assert problem(write("extends: b.yaml\n"), "line 2, column 1").file == "b.yaml"


def test_from_starts_from_the_catalogue(tree, server):
    plan = load(tree(servers={"mine": {"from": "hgx-h100-8", "price": 1}}), ["chat"]).assumptions
    assert plan.servers["mine"].price == 1
    assert plan.servers["mine"].power_kw == 10.2


def test_an_entry_named_as_in_the_catalogue_starts_from_it(tree):
    plan = load(tree(cloud={"aws-p5.48xlarge": {"spot": {"lost_work": 0.5}}}), ["chat"]).assumptions
    offer = plan.cloud["aws-p5.48xlarge"]
    assert offer.spot is not None
    assert (offer.on_demand, offer.spot.price, offer.spot.lost_work) == (55.04, 23.12, 0.5)


def test_an_empty_entry_is_the_catalogues(write):
    plan = load(write("version: 1\nservers:\n  hgx-h100-8:\nworkloads:\n  chat:\n"), ["chat"]).assumptions
    assert plan.servers["hgx-h100-8"].price == 306000
    assert plan.workloads is not None
    assert plan.workloads["chat"].reference_gpu == "H100"


def test_null_removes_a_figure_of_the_catalogue(tree):
    plan = load(tree(servers={"hgx-h100-8": {"resale": None}}), ["chat"]).assumptions
    assert plan.servers["hgx-h100-8"].resale == {}


def test_from_counts_more_than_the_name(tree):
    plan = load(tree(servers={"hgx-h100-8": {"from": "l40s-8"}}), ["chat"]).assumptions
    assert plan.servers["hgx-h100-8"].gpu == "L40S"


def test_absent_sections(tree):
    plan = load({"version": 1}, ["chat-70b", "mine"]).assumptions
    assert plan.workloads is not None
    assert plan.workloads["chat-70b"].gpu_memory_gb == 140
    assert plan.workloads["mine"].gpu_memory_gb == 0
    assert list(plan.sites) == ["default"]
    assert "aws-p5.48xlarge" in plan.cloud
    assert load(None, ["chat-70b", "mine"]).assumptions == plan


def test_empty_sections_are_none():
    loaded = load({"version": 1, "servers": {}, "sites": {}, "cloud": {}}, ["a"])
    assert (loaded.assumptions.servers, loaded.assumptions.sites, loaded.assumptions.cloud) == ({}, {}, {})
