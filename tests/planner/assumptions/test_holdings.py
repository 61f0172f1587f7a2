"""Providers, spend commitments, APIs, fleet, held commitments, limits and carbon: what is read, and what is refused."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, date, datetime

import jsonschema
import pytest
import yaml

from planner.assumptions.durations import Duration
from planner.assumptions.json_schema import json_schema
from planner.assumptions.load import load
from planner.assumptions.schema import Provider
from planner.assumptions.yaml_text import read_yaml
from planner.problems import InputError

RESERVED = {"1y": {"term": "12 months", "hourly": 30}}
SPEND = {"term": "12 months", "rates": {"p5": 32.36}}
API = {"input_per_million": 1.25, "output_per_million": 10.0}
FLEET = {"server": "box", "site": "lab", "count": 2, "in_service": "2025-06-01"}
HELD = {"offer": "p5", "option": "1y", "count": 1.5, "started": "2026-02-01"}

EVERYTHING = """
version: 1
finance: {carbon_price_per_tonne: {value: 50, source: board}}
workloads: {chat: {reference_gpu: H100, deferrable: 24 hours}}
sites:
  lab:
    electricity_price: 0.1
    pue: 1.2
    staff: {servers_per_person: 12, cost_per_person_year: 150000, whole_people: true}
    setup_cost: 25000
    carbon_g_per_kwh: 380
servers: {box: {gpu: H100, gpus: 8, price: 290000, power_kw: 10.2, lifetime: 60 months}}
cloud:
  p5:
    provider: aws
    gpu: H100
    gpus: 8
    on_demand: 55.04
    reserved: {1y: {term: 12 months, hourly: 30}}
    carbon_g_per_gpu_hour: 250
providers: {aws: {discount: 0.12, support_share: 0.10}}
spend_commitments: {sp: {term: 12 months, rates: {p5: 32.36}}}
apis: {gpt-5: {input_per_million: 1.25, output_per_million: 10.0, workloads: [chat]}}
fleet: [{server: box, site: lab, count: 2, in_service: "2025-06-01", price_paid: 310000}]
held_commitments: [{offer: p5, option: 1y, count: 1, started: "2026-02-01"}]
limits:
  capex: {total: 4000000, per_year: {2027: 1500000, 2028: {value: 0, source: board}}}
  cloud_spend: {per_period: 90000}
  carbon_tonnes: {per_year: {"2028": 120}}
  quotas: [{offers: ["p*", p5], max_gpus: 128}]
decisions: [{spend_commitment: sp, period: 2027-04, min: 10, max: 20}]
"""


@pytest.fixture
def full(tree, offer):
    """A set of assumptions with a reserved option, sections added."""
    return lambda **sections: tree(cloud=offer(reserved=RESERVED), **sections)


def test_everything_is_read(write):
    plan = load(write(EVERYTHING), ["chat"]).assumptions
    assert plan.providers["aws"] == Provider(discount=0.12, support_share=0.1)
    assert plan.provider_of("p5") == plan.providers["aws"]
    assert plan.spend_commitments["sp"].rates == {"p5": 32.36}
    assert plan.apis["gpt-5"].workloads == ["chat"]
    assert (plan.fleet[0].in_service, plan.fleet[0].price_paid) == (datetime(2025, 6, 1), 310000)
    assert plan.held_commitments[0].started == datetime(2026, 2, 1)
    assert plan.limits.capex is not None
    assert plan.limits.capex.per_year == {2027: 1500000, 2028: 0}
    assert plan.limits.cloud_spend is not None
    assert plan.limits.cloud_spend.per_period == 90000
    assert plan.limits.carbon_tonnes is not None
    assert plan.limits.carbon_tonnes.per_year == {2028: 120}
    assert plan.limits.quotas[0].offers == ["p*", "p5"]
    assert plan.finance.carbon_price_per_tonne == 50
    assert plan.sites["lab"].setup_cost == 25000
    assert plan.sites["lab"].staff is not None
    assert plan.sites["lab"].staff.whole_people
    assert plan.workloads is not None
    assert plan.workloads["chat"].deferrable == Duration.parse("24 hours")
    assert (plan.decisions[0].spend_commitment, plan.decisions[0].max) == ("sp", 20)


def test_everything_is_the_same_again_and_fits_the_schema(write):
    loaded = load(write(EVERYTHING), ["chat"])
    for raw in (json.loads(json.dumps(loaded.raw)), yaml.safe_load(yaml.safe_dump(loaded.raw))):
        assert load(raw, ["chat"]).assumptions == loaded.assumptions
    validator = jsonschema.Draft202012Validator(json_schema())
    for tree in (loaded.raw, read_yaml(EVERYTHING, "a.yaml")[0]):
        assert list(validator.iter_errors(json.loads(json.dumps(tree, default=str)))) == []
    assert loaded.sources["limits.capex.per_year.2028"].source == "board"


def test_nothing_is_nothing(tree):
    plan = load(tree(), ["chat"]).assumptions
    assert (plan.providers, plan.spend_commitments, plan.apis, plan.fleet, plan.held_commitments) == (
        {},
        {},
        {},
        [],
        [],
    )
    limits = plan.limits
    assert (limits.capex, limits.cloud_spend, limits.carbon_tonnes, limits.quotas) == (None, None, None, [])
    assert plan.provider_of("p5") == Provider(discount=0, support_share=0)


@pytest.mark.parametrize("limits", [None, {}, {"capex": None}, {"capex": {}}, {"capex": {"total": None}, "quotas": []}])
def test_limits_may_be_empty(tree, limits):
    capex = load(tree(limits=limits), ["chat"]).assumptions.limits.capex
    assert capex is None or (capex.total, capex.per_year) == (None, {})


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (None, None),
        ("no", None),
        (False, None),
        ("period", "period"),
        ("24 hours", Duration.parse("24 hours")),
        ("1.5 days", Duration.parse("36 hours").hours),
        ("1 week", Duration.parse("168 hours").hours),
        ("1 month", Duration.parse("730 hours").hours),
    ],
)
def test_deferrable(tree, said, read):
    workloads = load(tree(workloads={"chat": {"reference_gpu": "H100", "deferrable": said}}), ["chat"]).assumptions
    found = (workloads.workloads or {})["chat"].deferrable
    assert read in (found, getattr(found, "hours", None))


@pytest.mark.parametrize("said", ["30 minutes", "0.5 hours", "1.5 hours", "0 hours", 24, 0, True, "day", ["period"]])
def test_deferrable_is_whole_hours(tree, problem, said):
    found = problem(tree(workloads={"chat": {"deferrable": said}}), "workloads.chat.deferrable")
    assert found.expected == "a whole number of hours, at least 1, such as '24 hours'; or period; or no"


@pytest.mark.parametrize(
    ("sections", "place", "words"),
    [
        ({"providers": {"aws": {"discount": 1}}}, "providers.aws.discount", "found 1; expected a number below 1"),
        ({"providers": {"aws": {"discount": 12}}}, "providers.aws.discount", "12 % is written 0.12"),
        ({"providers": {"aws": {"suport_share": 0}}}, "providers.aws.suport_share", "did you mean 'support_share'?"),
        ({"providers": {"aws": 3}}, "providers.aws", "found 3; expected an entry with keys of its own below it"),
        ({"providers": "no"}, "providers", "expected names, each with its value below it"),
        (
            {"spend_commitments": {"sp": SPEND | {"rates": {}}}},
            "spend_commitments.sp",
            "expected rates of at least one",
        ),
        ({"spend_commitments": {"sp": {"rates": {"p5": 3}}}}, "spend_commitments.sp.term", "the key is required"),
        (
            {"spend_commitments": {"sp": {"term": "1 year"}}},
            "spend_commitments.sp.rates",
            "the key is required: per off",
        ),
        (
            {"spend_commitments": {"sp": SPEND | {"term": "45 days"}}},
            "spend_commitments.sp.term",
            "whole number of per",
        ),
        (
            {"spend_commitments": {"sp": SPEND | {"rates": {"p55": 3}}}},
            "spend_commitments.sp.rates.p55",
            "found 'p55'; expected an offer of this plan (p5) (did you mean 'p5'?)",
        ),
        ({"spend_commitments": {"sp": SPEND | {"rates": {"p5": 0}}}}, "spend_commitments.sp.rates.p5", "above 0"),
        ({"spend_commitments": {"spot": SPEND}}, "spend_commitments.spot", "a name that is not on_demand, spot, or"),
        ({"spend_commitments": {"on_demand": SPEND}}, "spend_commitments.on_demand", "a name that is not on_demand"),
        ({"spend_commitments": {"1y": SPEND}}, "spend_commitments.1y", "or a reserved option of one of its offers"),
        ({"apis": {"g": {"input_per_million": 3}}}, "apis.g.output_per_million", "the key is required"),
        ({"apis": {"g": dict.fromkeys(API, 0)}}, "apis.g", "a price: input_per_million or output_per_million above 0"),
        ({"apis": {"p5": API}}, "apis.p5", "found 'p5'; expected a name that no cloud offer has"),
        ({"apis": {"g": API | {"workloads": ["chta"]}}}, "apis.g.workloads", "did you mean 'chat'?"),
        ({"apis": {"g": API | {"workloads": "chat"}}}, "apis.g.workloads", "expected a list"),
        ({"fleet": {"server": "box"}}, "fleet", "expected a list"),
        ({"fleet": [3]}, "fleet.1", "found 3; expected an entry with keys of its own below it"),
        ({"fleet": [FLEET | {"server": "bax"}]}, "fleet.1.server", "a server of this plan (box) (did you mean 'box'?)"),
        (
            {"fleet": [FLEET, FLEET | {"site": "lob"}]},
            "fleet.2.site",
            "a site of this plan (lab) (did you mean 'lab'?)",
        ),
        (
            {"fleet": [FLEET | {"count": 1.5}]},
            "fleet.1.count",
            "found 1.5; expected a whole number of servers, as whole",
        ),
        ({"fleet": [FLEET | {"count": 0}]}, "fleet.1.count", "found 0; expected a number above 0"),
        ({"fleet": [FLEET | {"in_service": 2025}]}, "fleet.1.in_service", "found 2025; expected a day such as"),
        ({"fleet": [FLEET | {"price_paid": 0}]}, "fleet.1.price_paid", "expected a number above 0"),
        ({"fleet": [FLEET | {"cuont": 2}]}, "fleet.1.cuont", "did you mean 'count'?"),
        ({"held_commitments": [HELD | {"offer": "p6"}]}, "held_commitments.1.offer", "an offer of this plan (p5)"),
        ({"held_commitments": [HELD | {"option": "2y"}]}, "held_commitments.1.option", "a reserved option of p5 (1y)"),
        ({"held_commitments": [HELD | {"count": -1}]}, "held_commitments.1.count", "expected a number above 0"),
        ({"limits": 3}, "limits", "found 3; expected keys below it: capex, cloud_spend, carbon_tonnes, quotas"),
        ({"limits": {"capx": {}}}, "limits.capx", "did you mean 'capex'?"),
        ({"limits": {"capex": 4}}, "limits.capex", "found 4; expected keys below it: total, per_year"),
        ({"limits": {"capex": {"total": -1}}}, "limits.capex.total", "expected a number of at least 0"),
        (
            {"limits": {"capex": {"per_year": {"27": 1}}}},
            "limits.capex.per_year.27",
            "expected a calendar year, such as",
        ),
        (
            {"limits": {"capex": {"per_year": {2027: "1m"}}}},
            "limits.capex.per_year.2027",
            "found '1m'; expected a numb",
        ),
        ({"limits": {"cloud_spend": {}}}, "limits.cloud_spend.per_period", "the key is required"),
        ({"limits": {"carbon_tonnes": {}}}, "limits.carbon_tonnes.per_year", "the key is required"),
        ({"limits": {"quotas": [{"offers": ["p5"]}]}}, "limits.quotas.1.max_gpus", "the key is required"),
        ({"limits": {"quotas": [{"offers": [], "max_gpus": 1}]}}, "limits.quotas.1.offers", "at least one name or"),
        (
            {"limits": {"quotas": [{"offers": ["p5", "aws-*"], "max_gpus": 1}]}},
            "limits.quotas.1.offers",
            "found 'aws-*'; expected an offer of this plan (p5), or a pattern that matches one",
        ),
        ({"limits": {"quotas": [7]}}, "limits.quotas.1", "found 7; expected an entry with keys of its own below it"),
        ({"finance": {"carbon_price_per_tonne": -1}}, "finance.carbon_price_per_tonne", "a number of at least 0"),
        (
            {"decisions": [{"spend_commitment": "s", "period": "2027-01"}]},
            "decisions.1.spend_commitment",
            "a spend comm",
        ),
        (
            {"decisions": [{"spend_commitment": "s", "site": "lab", "period": "2027-01"}]},
            "decisions.1",
            "either server and site, or offer and option, or spend_commitment",
        ),
    ],
)
def test_what_is_refused(full, problems, sections, place, words):
    found = problems(full(**sections))
    assert place in [item.place for item in found], found
    assert any(words in str(item) for item in found if item.place == place), found


def test_rates_are_of_one_provider(tree, offer, problem):
    cloud = {"a": offer()["p5"], "b": offer(provider="gcp")["p5"]}
    source = tree(cloud=cloud, spend_commitments={"sp": {"term": "1 year", "rates": {"a": 1, "b": 1}}})
    found = problem(source, "spend_commitments.sp.rates")
    assert (found.value, found.expected) == ("'aws, gcp'", "offers of one provider")


def test_a_fleet_may_stand_where_the_model_may_not_be_bought(tree, server):
    lab = {"electricity_price": 0.1, "pue": 1}
    source = tree(sites={"lab": lab, "attic": lab}, servers=server(sites=["attic"]), fleet=[FLEET])
    assert load(source, ["chat"]).assumptions.fleet[0].site == "lab"


@pytest.mark.parametrize("count", [1.5, 2.0])
def test_divisible_servers_may_be_owned_in_parts(tree, server, count):
    source = tree(servers=server(whole_servers=False), fleet=[FLEET | {"count": count}])
    assert load(source, ["chat"]).assumptions.fleet[0].count == count


def test_dates_of_python(full):
    fleet = [FLEET | {"in_service": date(2025, 6, 1)}]
    held = [HELD | {"started": datetime(2026, 2, 1, 3, tzinfo=UTC)}]
    plan = load(full(fleet=fleet, held_commitments=held), ["chat"]).assumptions
    assert plan.fleet[0].in_service == datetime(2025, 6, 1)
    assert plan.held_commitments[0].started == datetime(2026, 2, 1, 3)


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"finance": {"carbon_price_per_tonne": 50}}, "finance.carbon_price_per_tonne"),
        ({"limits": {"carbon_tonnes": {"per_year": {"2027": 0}}}}, "limits.carbon_tonnes"),
    ],
)
def test_carbon_must_be_known_where_it_counts(tree, problems, sections, key):
    found = problems(tree(**sections))
    assert [item.place for item in found] == ["sites.lab.carbon_g_per_kwh", "cloud.p5.carbon_g_per_gpu_hour"]
    assert all(key in item.expected and not item.value for item in found)


def test_carbon_is_not_asked_of_sites_without_servers(tree, server, offer, problem):
    lab = {"electricity_price": 0.1, "pue": 1}
    clean = {
        "sites": {"lab": lab | {"carbon_g_per_kwh": 0}, "attic": lab},
        "cloud": offer(carbon_g_per_gpu_hour=0),
        "finance": {"carbon_price_per_tonne": 50},
    }
    assert load(tree(servers=server(sites=["lab"]), **clean), ["chat"]).assumptions.sites["attic"].carbon_g_per_kwh == 0
    fleet = [FLEET | {"site": "attic"}]
    problem(tree(servers=server(sites=["lab"]), fleet=fleet, **clean), "sites.attic.carbon_g_per_kwh")


@pytest.mark.parametrize(
    "sections",
    [{"finance": {"carbon_price_per_tonne": 0}}, {"limits": {"carbon_tonnes": {"per_year": {}}}}],
)
def test_carbon_that_does_not_count_is_not_asked_for(tree, sections):
    assert load(tree(**sections), ["chat"]).assumptions.sites["lab"].carbon_g_per_kwh == 0


def test_a_provider_that_sells_nothing_is_a_warning(tree):
    warnings = load(tree(providers={"awss": {}}), ["chat"]).warnings
    expected = "providers.awss has no effect: no offer of this plan has that provider (did you mean 'aws'?)"
    assert expected in warnings


def test_defaults_and_costs_left_at_0(full):
    loaded = load(full(fleet=[FLEET], apis={"g": API}, limits={"capex": {"total": 5}}), ["chat"])
    found = {item.key: item.value for item in loaded.defaults}
    assert found["providers.aws.discount"] == 0
    assert found["providers.aws.support_share"] == 0
    assert found["fleet.1.price_paid"] is None
    assert found["apis.g.workloads"] is None
    assert found["limits.capex.per_year"] == {}
    assert found["limits.quotas"] == []
    assert found["workloads.chat.deferrable"] is None
    assert found["finance.carbon_price_per_tonne"] == 0
    assert "limits.capex.total" not in found
    assert not any(key.startswith(("fleet.1.count", "spend_commitments")) for key in found)
    assert "support_share is 0 by default for providers.aws" in loaded.warnings
    assert "setup_cost is 0 by default for sites.lab" in loaded.warnings
    assert "carbon_price_per_tonne is 0 by default for finance" in loaded.warnings


def test_costs_given_as_0_are_no_warning(tree):
    loaded = load(tree(providers={"aws": {"support_share": 0}}, finance={"carbon_price_per_tonne": 0}), ["chat"])
    assert not any("support_share" in text or "carbon_price" in text for text in loaded.warnings)
    assert {"providers.aws.discount"} == {item.key for item in loaded.defaults if item.key.startswith("providers")}


def test_sections_merge_by_entry_and_lists_are_replaced_whole(write):
    write(EVERYTHING, "base.yaml")
    text = """
extends: base.yaml
providers: {aws: {discount: 0.2}, gcp: {}}
spend_commitments: {sp: {rates: {p5: 30}}, other: {term: 3 years, rates: {p5: 20}}}
apis: {gpt-5: {output_per_million: 8}}
fleet: [{server: box, site: lab, count: 1, in_service: 2026-01-01}]
held_commitments: []
limits: {capex: {total: 5}, cloud_spend: null, quotas: []}
"""
    plan = load(write(text), ["chat"]).assumptions
    assert (plan.providers["aws"].discount, plan.providers["aws"].support_share) == (0.2, 0.1)
    assert str(plan.spend_commitments["sp"].term) == "12 months"
    assert plan.spend_commitments["sp"].rates == {"p5": 30}
    assert list(plan.spend_commitments) == ["sp", "other"]
    assert (plan.apis["gpt-5"].input_per_million, plan.apis["gpt-5"].output_per_million) == (1.25, 8)
    assert [(item.count, item.price_paid) for item in plan.fleet] == [(1, None)]
    assert plan.held_commitments == []
    assert plan.limits.capex is not None
    assert (plan.limits.capex.total, plan.limits.capex.per_year) == (5, {2027: 1500000, 2028: 0})
    assert (plan.limits.cloud_spend, plan.limits.quotas) == (None, [])
    assert plan.limits.carbon_tonnes is not None


def test_null_and_empty_sections_are_nothing_again(write):
    write(EVERYTHING, "base.yaml")
    gone = (
        "extends: base.yaml\nproviders: {}\nspend_commitments: null\napis: {}\nfleet: ~\ndecisions: []\nlimits: null\n"
    )
    plan = load(write(gone), ["chat"]).assumptions
    assert (plan.providers, plan.spend_commitments, plan.apis, plan.fleet) == ({}, {}, {}, [])
    assert (plan.limits.capex, plan.limits.quotas) == (None, [])
    assert len(plan.held_commitments) == 1


JUNK = [
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    "x",
    "no",
    "",
    [],
    [1],
    {},
    {"a": 1},
    {"value": 3},
    [{}],
    [[1]],
]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_whatever_stands_in_place_of_a_value_is_read_or_refused_in_words(junk):
    whole, _ = read_yaml(EVERYTHING, "a.yaml")
    for path in _paths(whole):
        tree = deepcopy(whole)
        above = tree
        for name in path[:-1]:
            above = above[name]
        above[path[-1]] = junk
        refused = None
        try:
            load(tree, ["chat"])
        except InputError as error:
            refused = error
        assert refused is None or all(problem.expected for problem in refused.problems), path


def _paths(tree, above=()):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, below in items:
        yield (*above, name)
        yield from _paths(below, (*above, name))
