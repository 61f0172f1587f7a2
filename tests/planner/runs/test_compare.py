"""Comparisons: the sentence, the inputs, and lines that add up to the whole difference."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from small_case import SMALL, demand

import planner
from planner.problems import InputError
from planner.runs import KeptRun
from planner.runs.compare import Sign, Topic, compare
from planner.runs.rendering import as_json, as_markdown, as_text, rounded_to_sum
from planner.runs.sentences import sentence
from planner.terminal.text import plural


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, KeptRun]:
    """Plans that differ in what is bought, for how long it is reserved, and in demand."""
    folder = tmp_path_factory.mktemp("compare")
    frame = demand()
    (folder / "week.csv").write_text(
        "\n".join(["hour_of_week,load", *[f"{hour},{1 + (hour % 24) / 24}" for hour in range(168)]]) + "\n"
    )
    file = folder / "a.yaml"
    file.write_text(yaml.safe_dump(SMALL, sort_keys=False))
    changes = {
        "base": ["servers.*.price=20000"],
        "no-servers": ["servers={}"],
        "three-years": ["servers={}", "cloud.p.reserved.1y.hourly=*2"],
        "one-year": ["servers={}", "cloud.p.reserved.3y.hourly=*2"],
        "renting": ["servers={}", "cloud.*.reserved=null"],
    }
    kept = {
        name: KeptRun.of(planner.plan(frame, file, changes=made, baselines=False)) for name, made in changes.items()
    }
    kept["more"] = KeptRun.of(planner.plan(demand(3.0), file, changes=changes["base"], baselines=False))
    return kept


@pytest.mark.parametrize("name", ["no-servers", "three-years", "one-year", "renting", "more"])
@pytest.mark.parametrize("base", ["base", "one-year"])
def test_cost_lines_add_up_to_the_whole_difference(runs, base, name):
    made = compare(runs[base], runs[name])
    assert sum(line.difference for line in made.lines[Topic.COSTS]) == pytest.approx(made.difference, abs=1e-6)
    for topic, table in ((Topic.ORDERS, "purchases"), (Topic.COMMITMENTS, "commitments"), (Topic.RENTALS, "rentals")):
        whole = sum(row["cost"] for row in runs[name].content[table]) - sum(
            row["cost"] for row in runs[base].content[table]
        )
        lines = made.lines[topic]
        assert sum(line.cost_after - line.cost_before for line in lines) == pytest.approx(whole, abs=1e-2)


@pytest.mark.parametrize("name", ["no-servers", "three-years", "renting", "more"])
def test_the_differences_that_are_shown_add_up_too(runs, name):
    lines = as_text([compare(runs["base"], runs[name])]).split("Costs, discounted\n")[1].splitlines()
    shown = [float(line.split()[-1].replace(",", "").replace("−", "-")) for line in lines]
    *parts, total = shown
    assert len(parts) > 1
    assert sum(parts) == pytest.approx(total, abs=1e-6)


def test_sentences(runs):
    fewer = sentence(compare(runs["base"], runs["no-servers"]))
    servers = sum(row["count"] for row in runs["base"].content["purchases"])
    assert servers > 0
    assert fewer.startswith("Plan cost rises by ")
    assert f"{plural(servers, 'server')} fewer" in fewer
    assert "GPUs more reserved (3-year)" in fewer
    replaced = sentence(compare(runs["three-years"], runs["one-year"]))
    assert "1-year reservations replace 3-year ones (+" in replaced
    rented = sentence(compare(runs["three-years"], runs["renting"]))
    assert "GPUs fewer reserved (3-year)" in rented
    assert "GPU-hours rented rise from " in rented
    back = sentence(compare(runs["no-servers"], runs["base"]))
    assert back.startswith("Plan cost falls by ")
    assert " (−" in back
    assert f"{plural(servers, 'server')} more" in back


def test_the_same_run_twice(runs):
    made = compare(runs["base"], runs["base"])
    assert sentence(made) == "Plan cost stays the same; the plan stays the same"
    assert made.inputs == ()
    assert not any(made.lines.values())


def test_a_difference_within_the_gaps_is_said_to_be_one(runs):
    base = runs["base"]
    wide = replace(base, content={**base.content, "gap": 0.05, "total_cost": base.content["total_cost"] * 1.01})
    assert "which is within the gaps that are proven" in sentence(compare(base, wide))


def test_inputs_that_differ(runs):
    made = compare(runs["base"], runs["three-years"])
    lines = {line.key: (line.sign, line.before, line.after) for line in made.inputs}
    assert lines["cloud.p.reserved.1y.hourly"] == (Sign.CHANGED, 20.0, 40.0)
    assert lines["servers.hgx-h100-8"][0] is Sign.REMOVED, "an entry is told as a whole"
    assert not any(key.startswith("servers.hgx-h100-8.") for key in lines)
    demands = {line.key: (line.before, line.after) for line in compare(runs["base"], runs["more"]).inputs}
    assert set(demands) == {"forecast.w.gpu_hours"}
    before, after = demands["forecast.w.gpu_hours"]
    assert after == pytest.approx(3 * before)


def test_a_default_that_is_given_now_is_a_change_of_its_value(runs, tmp_path):
    base = runs["base"]
    tree = {**base.inputs["assumptions"], "finance": {"discount_rate": 0.1}}
    other = replace(base, content={**base.content, "inputs": {**base.inputs, "assumptions": tree}})
    (line,) = compare(base, other).inputs
    assert (line.key, line.before, line.after) == ("finance.discount_rate", 0.08, 0.1)
    assert "0.08 → 0.1 (+25 %)" in as_text([compare(base, other)])


def test_signs_of_orders(runs):
    gone = compare(runs["base"], runs["no-servers"]).lines[Topic.ORDERS]
    assert {line.sign for line in gone} == {Sign.REMOVED}
    new = compare(runs["no-servers"], runs["base"]).lines[Topic.ORDERS]
    assert {line.sign for line in new} == {Sign.ADDED}
    more = compare(runs["base"], runs["more"]).lines[Topic.ORDERS]
    assert Sign.CHANGED in {line.sign for line in more}


def test_forms(runs):
    made = [compare(runs["base"], runs[name]) for name in ("no-servers", "renting")]
    text = as_text(made)
    assert text.splitlines()[0] == f"{sentence(made[0])}."
    assert "\nInputs that differ\n" in text
    assert "\nOrders\n  − 2027-01 lab hgx-h100-8" in text
    markdown = as_markdown(made)
    assert markdown.startswith("**Plan cost rises by ")
    assert "| = | total |" in markdown
    content = json.loads(json.dumps(as_json(made), allow_nan=False))
    assert [entry["other"]["run"] for entry in content["comparisons"]] == [made[0].other.name, made[1].other.name]
    costs = content["comparisons"][0]["costs"]
    moved = sum((line["after"] or 0) - (line["before"] or 0) for line in costs)
    assert moved == pytest.approx(content["comparisons"][0]["difference"])


def test_other_currencies_are_not_compared(runs):
    other = replace(runs["base"], content={**runs["base"].content, "currency": "EUR"})
    with pytest.raises(InputError, match="figures are never converted"):
        compare(runs["base"], other)


def test_rounding_keeps_the_sum():
    assert sum(rounded_to_sum([0.5, 0.5, -1.0], 0.0, 0)) == 0.0
    assert sum(rounded_to_sum([1.4, 1.4, 1.4], 4.0, 0)) == 4.0
    assert sum(rounded_to_sum([1.6, 1.6, 1.6], 5.0, 0)) == 5.0
    assert rounded_to_sum([], 0.0, 2) == []
