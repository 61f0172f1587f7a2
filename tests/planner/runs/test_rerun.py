"""A kept run made again: the same run without changes, another one with them; its marks and sources stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_case import demand

import planner
from planner.api import read_inputs
from planner.earlier import orders_of
from planner.identity import run_id
from planner.problems import InputError
from planner.runs import KeptRun, load_run
from planner.runs.again import again


def made_again(run, *changes, variants=(), recall=lambda _: None):
    with again(run) as inputs:
        return planner.plan(
            inputs.forecast,
            inputs.assumptions,
            changes=changes,
            variants=variants,
            gap=inputs.gap,
            baselines=inputs.baselines,
            recall=recall,
        )


def test_without_changes_it_is_the_same_run(small, tmp_path):
    run = load_run(small.save(tmp_path / "out"))
    back = made_again(run)
    assert back.run == small.run
    assert back.inputs == small.inputs
    assert back.defaults == small.defaults
    assert back.total_cost == pytest.approx(small.total_cost)
    assert dict(back.files) == dict(small.files)
    assert "p" in {row["owner"] for row in back.to_dict()["options"]}


def test_a_rerun_is_the_plan_with_those_changes(small, inputs, tmp_path):
    run = load_run(small.save(tmp_path / "out"))
    back = made_again(run, "servers.*.price=*0.5", variants=["cheap"])
    direct = planner.plan(*inputs, changes=["servers.*.price=*0.5"], variants=["cheap"], baselines=False)
    assert back.run == direct.run != small.run
    assert back.inputs["changes"] == ["cloud.*.on_demand=-50%", "servers.*.price=*0.5"]
    assert back.inputs["variants"] == ["cheap"]
    changed = {entry["key"]: (entry["before"], entry["after"]) for entry in back.inputs["changed"]}
    assert changed["servers.hgx-h100-8.price"] == (100_000, 50_000)
    assert changed["cloud.p.on_demand"] == (40.0, 20.0)
    assert back.total_cost == pytest.approx(direct.total_cost)
    assert back.total_cost < small.total_cost
    further = made_again(KeptRun.of(back), "cloud.p.on_demand=*2")
    assert further.inputs["changes"][-1] == "cloud.p.on_demand=*2"
    assert len(further.inputs["changes"]) == 3


def test_the_same_inputs_are_answered_without_solving(small, inputs, monkeypatch):
    monkeypatch.setattr("planner.optimise.optimise", lambda *_: pytest.fail("solved"))
    known = {KeptRun.of(small).id: small}
    assert planner.plan(*inputs, baselines=False, recall=known.get) is small
    assert made_again(KeptRun.of(small), recall=known.get) is small


def test_what_the_files_are_called_makes_no_other_run(small, inputs, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "week.csv").write_bytes((inputs[0].parent / "week.csv").read_bytes())
    inputs[0].rename(elsewhere / "d.csv")
    inputs[1].rename(elsewhere / "b.yaml")
    assert planner.plan(elsewhere / "d.csv", elsewhere / "b.yaml", baselines=False).run == small.run


def test_another_demand_another_run(small, inputs):
    demand(1.1).to_csv(inputs[0], index=False)
    assert planner.plan(*inputs, baselines=False).run != small.run


def test_another_load_shape_another_run(small, inputs):
    week = inputs[0].parent / "week.csv"
    week.write_text(week.read_text().replace("0,1.0\n", "0,5.0\n", 1))
    assert planner.plan(*inputs, baselines=False).run != small.run


def test_files_outside_the_folder_are_kept_inside(inputs, tmp_path):
    """A plan writes into its own folder only, whatever its inputs are called."""
    home = inputs[1].parent
    (tmp_path / "week.csv").write_bytes((home / "week.csv").read_bytes())
    absolute = str(tmp_path / "week.csv")
    text = inputs[1].read_text()
    for name in ("../week.csv", absolute):
        inputs[1].write_text(text.replace("week.csv", name))
        plan = planner.plan(*inputs, baselines=False)
        assert set(plan.files) == {"forecast.csv", "week.csv"}
        folder = plan.save(tmp_path / "plans" / str(len(name)))
        assert {path.name for path in (tmp_path / "plans").iterdir()} >= {folder.name}
        assert made_again(load_run(folder)).run == plan.run
    assert Path(absolute).read_bytes() == (home / "week.csv").read_bytes()


def test_what_cannot_be_made_again(small, tmp_path):
    folder = small.save(tmp_path / "out")
    (folder / "inputs" / "week.csv").unlink()
    with pytest.raises(InputError, match=r"inputs/week\.csv: found no such file"), again(load_run(folder)):
        pass


EXAMPLE = Path(__file__).parents[3] / "inputs" / "inference-service"


@pytest.fixture(scope="module")
def service():
    """36 months in tokens, searched by cuts; own servers are sold early or kept."""
    return planned()


def planned(*changes, **options):
    files = EXAMPLE / "forecast.csv", EXAMPLE / "assumptions.yaml"
    resale = "servers.*.resale={12 months: 0.9, 36 months: 0.6}"
    return planner.plan(*files, changes=[resale, *changes], baselines=False, why=False, **options)


def contradiction(one, other):
    """By how much the bound of one plan lies above the cost of the other, as a share: above 0 one of them is wrong."""
    return max(one.bound / other.total_cost, other.bound / one.total_cost) - 1


def test_the_orders_of_a_plan_are_found_by_name(service):
    changes = service.inputs["changes"]
    prepared = read_inputs(EXAMPLE / "forecast.csv", EXAMPLE / "assumptions.yaml", changes).prepared
    found = orders_of(service, prepared)
    made = service.dispatch.certified.holdings
    assert found.orders.tolist() == made.orders.tolist()
    assert found.sold == made.sold
    assert found.sold_held == made.sold_held
    assert len(service.sales) + len(service.commitments) > 0


def test_orders_of_what_is_not_there_any_more_are_left_out(service):
    option = service.commitments[["offer", "option"]].iloc[0]
    gone = f"cloud.{option['offer']}.reserved.{option['option']}=null"
    files = EXAMPLE / "forecast.csv", EXAMPLE / "assumptions.yaml"
    found = orders_of(service, read_inputs(*files, [*service.inputs["changes"], gone]).prepared)
    kept = service.commitments[(service.commitments[["offer", "option"]] != option).any(axis=1)]
    assert found.orders.sum() == pytest.approx(kept["count"].sum() + service.purchases["count"].sum())


@pytest.mark.parametrize(
    "change",
    [
        "cloud.*.on_demand=-10%",
        "servers.*.price=-15%",
        "sites.*.electricity_price=+30%",
        "sites.*.power_limit_kw=60",
        "horizon.periods=30",
        "cloud.*.reserved.*.hourly=+40%",
    ],
)
def test_a_search_that_begins_with_kept_orders_finds_as_good_a_plan(service, change):
    cold, warm = planned(change), planned(change, start=service)
    assert warm.run == cold.run
    assert contradiction(cold, warm) <= 1e-9
    assert warm.gap <= 1e-4
    assert planned(change, start=service).to_dict() == warm.to_dict()


def test_a_search_that_begins_with_its_own_plan_ends_in_fewer_rounds(service):
    again = planned(start=service)
    assert again.rounds < service.rounds
    assert contradiction(again, service) <= 1e-9


def test_a_changed_plan_begins_with_the_kept_one_of_the_same_inputs_without_the_changes(service):
    asked = []

    def unchanged(run_id):
        asked.append(run_id)
        return service

    files = EXAMPLE / "forecast.csv", EXAMPLE / "assumptions.yaml"
    plain = planner.plan(*files, baselines=False, why=False, unchanged=unchanged)
    assert asked == []
    planner.plan(*files, changes=["cloud.*.on_demand=+3%"], baselines=False, why=False, unchanged=unchanged)
    assert asked == [run_id(plain.inputs)]
