"""Changes of assumptions: what patterns name, what becomes of figures, and everything that is wrong in one list."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.assumptions.change import Change, Kind, parse
from planner.assumptions.figures import dotted
from planner.assumptions.keys import general, keys_of, matching
from planner.assumptions.load import load
from planner.problems import InputError, Problem

WORKLOADS = ["chat"]


def loaded(source, *changes, variants=()):
    return load(source, WORKLOADS, changes=changes, variants=variants)


def refused(source, *changes, variants=()):
    with pytest.raises(InputError) as caught:
        loaded(source, *changes, variants=variants)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("k=+10%", 50.0, 55.0),
        ("k=-20%", 55.04, 44.032),
        ("k=*0.9", 290000, 261000),
        ("k=*1.5", 3, 4.5),
        ("k=+0.05", 0.08, 0.13),
        ("k=+-0.05", 0.08, 0.03),
        ("k=+12", 36, 48),
        ("k = + 12 ", 36, 48),
        ("k=*1e2", 0.5, 50.0),
    ],
)
def test_relative_changes(text, old, new):
    change = parse(text)
    assert isinstance(change, Change)
    assert change.is_relative
    assert change.of(old) == new
    assert type(change.of(old)) is type(new)


@given(st.floats(1e-6, 1e12), st.integers(-99, 500))
def test_a_percentage_is_that_share_of_the_figure(figure, percent):
    change = parse(f"k={percent:+d}%")
    assert isinstance(change, Change)
    assert math.isclose(change.of(figure), figure * (1 + percent / 100), rel_tol=1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k=0.31", 0.31),
        ("k=-0.15", -0.15),
        ("k=36 months", "36 months"),
        ("k=2028-01-01", date(2028, 1, 1)),
        ("k=null", None),
        ("k=true", True),
        ("k='+5'", "+5"),
        ("k=[a, b]", ["a", "b"]),
        ("k={peak_to_mean: 2}", {"peak_to_mean": 2}),
        ("k=a=b", "a=b"),
    ],
)
def test_values_are_read_as_in_a_file(text, value):
    change = parse(text)
    assert isinstance(change, Change)
    assert (change.kind, change.value) == (Kind.VALUE, value)


@pytest.mark.parametrize(
    "text", ["", "k", "=3", "k=", "k=10%", "k=*", "k=*x", "k=+x", "k=[", "k=1\nversion: 2", "k=*1e999"]
)
def test_what_is_no_change(text):
    problem = parse(text)
    assert isinstance(problem, Problem)
    assert problem.expected


def test_a_star_stands_for_one_name_and_names_may_have_dots():
    tree = {"cloud": {"aws-p5.48xlarge": {"on_demand": 1, "spot": {"price": 2}}, "b": {"on_demand": 3}}}
    keys = keys_of(tree)

    def named(pattern):
        return [dotted(key.path) for key in matching(pattern, keys)]

    assert named("cloud.*.on_demand") == ["cloud.aws-p5.48xlarge.on_demand", "cloud.b.on_demand"]
    assert named("cloud.aws-*.on_demand") == ["cloud.aws-p5.48xlarge.on_demand"]
    assert named("cloud.aws-p5.48xlarge.spot.price") == ["cloud.aws-p5.48xlarge.spot.price"]
    assert named("cloud.*.price") == []
    assert named("*.on_demand") == []
    assert general(("cloud", "aws-p5.48xlarge", "spot", "price")) == "cloud.*.spot.price"
    assert general(("decisions", "1", "min")) == "decisions.*.min"


def test_the_catalogues_figures_change_too_and_are_no_longer_the_catalogues():
    before = loaded({"version": 1})
    after = loaded({"version": 1}, "cloud.*.on_demand=-20%", "servers.hgx-h100-8.price=*0.9")
    sold = [name for name, offer in before.assumptions.cloud.items() if offer.on_demand is not None]
    assert len(sold) > 1
    for name in sold:
        key = f"cloud.{name}.on_demand"
        assert after.assumptions.cloud[name].on_demand == pytest.approx(0.8 * before.assumptions.cloud[name].on_demand)
        assert key in before.catalogue_keys
        assert key not in after.catalogue_keys
        assert key not in {default.key for default in after.defaults}
        assert after.sources[key].source.startswith("changed by cloud.*.on_demand=-20% from ")
        assert before.sources[key].source in after.sources[key].source
    assert after.history.changes == ("cloud.*.on_demand=-20%", "servers.hgx-h100-8.price=*0.9")
    assert {made.key for made in after.history.changed} == {
        *(f"cloud.{name}.on_demand" for name in sold),
        "servers.hgx-h100-8.price",
    }
    assert after.raw["cloud"][sold[0]]["on_demand"] == after.assumptions.cloud[sold[0]].on_demand


def test_changes_are_made_one_after_the_other(tree):
    after = loaded(tree(), "servers.box.price=100000", "servers.*.price=+10%")
    assert after.assumptions.servers["box"].price == pytest.approx(110000)


def test_a_figure_with_a_source_keeps_none_but_the_change(tree, server):
    price = {"value": 300000, "source": "a quote", "as_of": "2026-09-10"}
    after = loaded(tree(servers=server(price=price)), "servers.box.price=-10%")
    assert after.assumptions.servers["box"].price == 270000
    assert after.sources["servers.box.price"].source == (
        "changed by servers.box.price=-10% from 300000 (a quote, 2026-09-10)"
    )
    named = loaded(tree(), "servers.box.price={value: 5, source: me, as_of: 2027-01-01}")
    assert named.assumptions.servers["box"].price == 5
    assert named.sources["servers.box.price"].source == "me"


def test_keys_of_the_format_that_the_file_leaves_out(tree):
    assumptions = tree()
    assert "finance" not in assumptions
    after = loaded(
        assumptions,
        "finance.discount_rate=0.1",
        "sites.*.hosting_per_kw_month=+5",
        "horizon.projection.growth_per_year=0.3",
        "cloud.p5.spot.price=20",
        "sites.lab.power_limit_kw=90",
        "servers.*.availability=*0.9",
        "demand.load_shape.peak_to_mean=2",
    ).assumptions
    assert after.finance.discount_rate == 0.1
    assert after.sites["lab"].hosting_per_kw_month == 5
    assert after.horizon.projection is not None
    assert after.horizon.projection.growth_per_year == 0.3
    assert after.cloud["p5"].spot is not None
    assert after.cloud["p5"].spot.price == 20
    assert after.sites["lab"].power_limit_kw == 90
    assert after.servers["box"].availability == 0.9
    assert loaded(assumptions, "finance.discount_rate=+0.01").assumptions.finance.discount_rate == pytest.approx(0.09)


def test_a_pattern_makes_no_entries(tree):
    (problem,) = refused(tree(), "cloud.*.spot.price=20")
    assert "expected a pattern that matches a key" in str(problem)
    assert "cloud.*.spot.price" in problem.place


def test_texts_dates_durations_lists_and_nothing(tree):
    after = loaded(
        tree(decisions=[{"server": "box", "site": "lab", "period": "2027-01", "min": 1}]),
        "name=Cheaper",
        "horizon.start=2027-01-01",
        "servers.*.lead_time=2 months",
        "servers.box.sites=[lab]",
        "cloud.p5.whole_instances=true",
        "decisions.1.min=2",
        "cloud.*.on_demand=null",
        "cloud.*.reserved={1y: {term: 12 months, hourly: 30}}",
    ).assumptions
    assert after.name == "Cheaper"
    assert str(after.horizon.start) == "2027-01-01 00:00:00"
    assert str(after.servers["box"].lead_time) == "2 months"
    assert after.servers["box"].sites == ["lab"]
    assert after.cloud["p5"].whole_instances
    assert after.decisions[0].min == 2
    assert after.cloud["p5"].on_demand is None
    assert after.cloud["p5"].reserved["1y"].hourly == 30


def test_an_entry_can_be_taken_away(tree, offer):
    two = {**offer(), "other": offer()["p5"]}
    assert set(loaded(tree(cloud=two), "cloud.p5=null").assumptions.cloud) == {"other"}


def test_everything_wrong_comes_in_one_list(tree):
    problems = refused(
        tree(servers={"box": {"gpu": "H100"}}),
        "cloud.*.on_demnd=-20%",
        "cloud.p5.provider=+10%",
        "cloud.p5.max_gpus=+10%",
        "cloud.p5.egress_per_gb=-3",
        "sites.lab.pue=10%",
        "nonsense",
        variants=["cheap"],
    )
    texts = [str(problem) for problem in problems]
    assert texts[0].startswith("variant: found 'cheap'; expected the name of a variant")
    assert any("'cloud.*.on_demand'" in text and "the nearest" in text for text in texts)
    assert any("found 'aws'; expected a number to start from at cloud.p5.provider" in text for text in texts)
    assert any("found no value there; expected a number to start from at cloud.p5.max_gpus" in text for text in texts)
    assert any(
        text.startswith("change 'cloud.p5.egress_per_gb=-3': cloud.p5.egress_per_gb: found -3") for text in texts
    )
    assert any("0.1 for the share itself" in text for text in texts)
    assert any("found 'nonsense'; expected PATTERN=CHANGE" in text for text in texts)
    assert any("servers.box.price" in text for text in texts), "what is wrong with the file is told as well"


def test_a_concrete_key_that_is_not_there_names_the_nearest(tree):
    (problem,) = refused(tree(), "servers.bx.price=3")
    assert problem.fix.startswith("the nearest: 'servers.box.price'")


def test_a_changed_duration_must_fit_though_the_catalogues_would_be_rounded():
    quarterly = {"version": 1, "horizon": {"period": "quarter"}}
    assert any("rounded up" in warning for warning in loaded(quarterly | {"servers": {"l40s-8": {}}}).warnings)
    problems = refused(quarterly | {"servers": {"l40s-8": {}}}, "servers.l40s-8.lead_time=2 months")
    assert [problem.place for problem in problems] == ["servers.l40s-8.lead_time"]


def test_variants_come_first_and_change_nothing_unasked(tree):
    variants = {"cheap": ["cloud.*.on_demand=10", "servers.*.price=-50%"], "dear": ["cloud.*.on_demand=*3"]}
    source = tree(variants=variants)
    assert loaded(source).assumptions.cloud["p5"].on_demand == 55.04
    after = loaded(source, "cloud.p5.on_demand=+1", variants=["cheap", "dear"])
    assert after.assumptions.cloud["p5"].on_demand == 31
    assert after.assumptions.servers["box"].price == 145000
    assert after.history.variants == ("cheap", "dear")
    assert after.history.changes == (*variants["cheap"], *variants["dear"], "cloud.p5.on_demand=+1")


def test_what_is_wrong_in_a_variant_names_the_variant(tree):
    problems = refused(tree(variants={"cheap": ["cloud.*.prise=1", "cloud.*.on_demand=-5"]}), variants=["cheap"])
    assert [problem.file for problem in problems] == ["variant cheap", "variant cheap 'cloud.*.on_demand=-5'"]


def test_the_source_stays_as_it_is(tree):
    source = tree()
    loaded(source, "servers.*.price=*2", "decisions=[]")
    assert source == tree()
