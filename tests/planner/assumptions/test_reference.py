"""The reference and the JSON Schema say what the planner does."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from planner.assumptions.json_schema import entry_models, json_schema
from planner.assumptions.load import load
from planner.assumptions.reference import MARKDOWN, SCHEMA, main, markdown, schema_text
from planner.catalogue.reader import catalogue

ROOT = Path(__file__).parents[3]

GOOD = """
version: 1
name: Research team of 40
horizon: {period: month, start: "2027-01-01", periods: 36, projection: {growth_per_year: 0.35}}
finance: {discount_rate: {value: 0.08, source: board, as_of: "2026-01"}, carbon_price_per_tonne: 0}
demand: {load_shape: {peak_to_mean: 2.5}}
workloads:
  chat-70b: {speed: {H100: 1.0, A100-80GB: {value: 0.45, source: measured}}, deferrable: no, load_shape: flat}
sites:
  lab: {electricity_price: 0.0862, pue: 1.54, staff: {servers_per_person: 12, cost_per_person_year: 150000}}
servers:
  mine: {from: hgx-h100-8, price: {value: 290000, source: quote, as_of: "2026-09-10"}, resale: {12 months: 0.65}}
  hgx-h200-8:
cloud:
  aws-p5.48xlarge: {reserved: {1y: {term: 12 months, upfront: 5}}, spot: {lost_work: 0.1}, max_gpus: null}
decisions:
  - {server: mine, site: lab, period: 2027-04, min: 2, max: 2}
fleet: []
variants: {cheap: ["cloud.*.on_demand=-20%"]}
"""


@pytest.fixture(scope="module")
def validator():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_files_are_fresh():
    hint = "run python -m planner.assumptions.reference"
    assert (ROOT / MARKDOWN).read_text(encoding="utf-8") == markdown(), hint
    assert (ROOT / SCHEMA).read_text(encoding="utf-8") == schema_text(), hint


def test_the_command_writes_both(tmp_path):
    main(tmp_path)
    assert (tmp_path / MARKDOWN).read_text(encoding="utf-8") == markdown()
    assert json.loads((tmp_path / SCHEMA).read_text(encoding="utf-8")) == json_schema()


def test_the_schema_ships_with_the_package():
    assert (files("planner") / "schemas" / "assumptions.schema.json").is_file()


def test_every_key_is_in_the_reference():
    text = markdown()
    for model in entry_models():
        for name, info in model.model_fields.items():
            assert f"| `{name}` | {info.title} |" in text
            assert info.description
            assert info.title


def test_numbers_have_units():
    unitless = [
        f"{model.__name__}.{name}"
        for model in entry_models()
        for name, info in model.model_fields.items()
        if info.annotation in (float, int) and not info.json_schema_extra["unit"]
    ]
    assert unitless == []


def test_a_good_file_is_good_for_both(validator):
    tree = yaml.safe_load(GOOD.replace("deferrable: no", "deferrable: 'no'"))
    assert list(validator.iter_errors(tree)) == []
    load(tree, ["chat-70b"])


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"horizn": {}},
        {"horizon": {"period": "months"}},
        {"horizon": {"start": "soon"}},
        {"finance": {"discount_rate": "8%"}},
        {"finance": {"discount_rate": {"value": "8%"}}},
        {"finance": {"discount_rate": {"value": 0.08, "surce": "x"}}},
        {"finance": {"discount_rate": {"source": "x"}}},
        {"finance": {"carbon_price_per_tonne": -50}},
        {"demand": {"load_shape": "falt"}},
        {"servers": {"a": {"pricee": 3}}},
        {"servers": {"a": {"price": -3}}},
        {"servers": {"a": {"lifetime": "5 yeras"}}},
        {"servers": {"a": {"resale": {"soon": 0.4}}}},
        {"servers": {"a": {"from": 3}}},
        {"cloud": {"a": {"reserved": {"1y": {"hourly": 3}}}}},
        {"limits": {"capex": {"per_year": {"27": 3}}}},
        {"decisions": [{"server": "a", "site": "b"}]},
    ],
)
def test_a_bad_file_is_bad_for_both(validator, problems, change):
    tree = {"version": 1} | change
    assert list(validator.iter_errors(tree))
    assert problems(tree, ["x"])


def test_version_may_come_from_the_extended_file(validator):
    assert list(validator.iter_errors({"extends": "base.yaml"})) == []
    assert list(validator.iter_errors({"name": "x"}))


def test_the_catalogue_fits_the_schema(validator):
    book = catalogue()
    sections = {name: book.entries(name) for name in ("servers", "cloud", "workloads", "sites")}
    tree = json.loads(json.dumps({"version": 1} | sections, default=str))
    assert list(validator.iter_errors(tree)) == []


def test_raw_fits_the_schema(validator):
    assert list(validator.iter_errors(load(None, ["a", "chat-70b"]).raw)) == []
