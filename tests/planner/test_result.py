"""The plan as files: all of them or none, the same inputs the same run, and what is kept plans the same again."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner
from planner.problems import InputError
from planner.result import TABLES


def case(**changes: Any) -> Tree:
    assumptions = tree(
        "day",
        3,
        name="A small plan, for two!",
        workloads=workloads("a", "b", interruptible=True, unserved_penalty=9.0),
        sites={"lab": site(0.1)},
        servers={"box": server(60, "3 days", gpus=2, lead_time="1 day")},
        cloud={"c": offer(1.5, max_gpus=6, reserved={"r": {"term": "1 day", "hourly": 1}}, spot={"price": 1.2})},
    )
    assumptions["finance"]["discount_rate"] = 0.5
    return changed(assumptions, **changes)


def demand(peak: float = 9.0) -> pd.DataFrame:
    hour = np.arange(72)
    return forecast(a=4 + 2 * np.sin(hour / 4), b=np.where(hour == 30, peak, 1.0))


@pytest.fixture(scope="module")
def plan() -> planner.Plan:
    made = planner.plan(demand(), case(), gap=1e-6)
    assert made.audit.passed
    assert len(made.purchases) > 0
    assert len(made.rentals) > 0
    return made


def test_saving_writes_everything(plan: planner.Plan, tmp_path: Path) -> None:
    folder = plan.save(tmp_path / "plans" / "one")
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {"plan.json", "inputs/forecast.csv"} | {f"{table}.csv" for table in TABLES}
    assert [path.name for path in folder.parent.iterdir()] == ["one"], "nothing is left beside it"


def test_plan_json_is_plain_json_of_the_plan(plan: planner.Plan, tmp_path: Path) -> None:
    text = (plan.save(tmp_path / "out") / "plan.json").read_text(encoding="utf-8")

    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is not JSON")

    content = json.loads(text, parse_constant=refuse)
    assert content["schema"] == "hybrid-plan/1"
    assert content["run"] == plan.run
    assert content["status"] == plan.status
    for key in ("total_cost", "bound", "gap"):
        assert content[key] == pytest.approx(getattr(plan, key))
    assert content["currency"] == "USD"
    assert {"reasons", "warnings", "audit", "inputs", *TABLES} <= content.keys()
    assert content["audit"]["passed"] is True
    assert all(check["passed"] for check in content["audit"]["checks"])
    assert sum(line["discounted"] for line in content["costs"]) == pytest.approx(plan.total_cost)
    assert len(content["purchases"]) == len(plan.purchases)
    assert content["baselines"][0]["reason"] is None
    assert content["options"][0].keys() >= {"name", "chosen", "cost_per_gpu_hour", "enters_below", "text"}


@pytest.mark.parametrize("table", TABLES)
def test_csv_files_hold_the_tables(plan: planner.Plan, table: str, tmp_path: Path) -> None:
    folder = plan.save(tmp_path / "out")
    frame = getattr(plan, table)
    read = pd.read_csv(folder / f"{table}.csv")
    assert list(read) == list(frame)
    assert len(read) == len(frame)
    for column in frame.select_dtypes("number"):
        assert read[column].to_numpy() == pytest.approx(frame[column].to_numpy(), nan_ok=True)


def test_a_folder_with_something_in_it_is_refused_and_left_alone(plan: planner.Plan, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="--force"):
        plan.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_taken(plan: planner.Plan, tmp_path: Path) -> None:
    assert (plan.save(tmp_path) / "plan.json").is_file()


@pytest.mark.parametrize("force", [False, True])
def test_a_file_is_never_taken_for_a_folder(plan: planner.Plan, force: bool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError):
        plan.save(tmp_path / "file", force=force)
    assert (tmp_path / "file").read_text() == "mine"


def test_force_replaces_the_plan_and_leaves_other_files(plan: planner.Plan, tmp_path: Path) -> None:
    plan.save(tmp_path / "out", hourly=True)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "out" / "costs.csv").write_text("stale")
    plan.save(tmp_path / "out", force=True)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert len(pd.read_csv(tmp_path / "out" / "costs.csv")) == len(plan.costs)
    assert not (tmp_path / "out" / "dispatch.parquet").exists(), "that of the plan before"


@pytest.mark.parametrize("exists", [False, True])
def test_a_plan_that_cannot_be_written_leaves_nothing_behind(
    plan: planner.Plan, exists: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full after some of the files."""
    folder = tmp_path / "out"
    if exists:
        folder.mkdir()
    real = pd.DataFrame.to_csv

    def full(self: pd.DataFrame, path: Path, **options: Any) -> None:
        if Path(path).name == "use.csv":
            raise OSError("no space left")
        real(self, path, **options)

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="no space"):
        plan.save(folder)
    assert list(tmp_path.rglob("*")) == ([folder] if exists else [])


def test_hourly_dispatch_sums_to_rentals_and_use(plan: planner.Plan, tmp_path: Path) -> None:
    folder = plan.save(tmp_path / "out", hourly=True)
    hours = pd.read_parquet(folder / "dispatch.parquet")
    assert list(hours) == ["timestamp", "workload", "supply", "kind", "gpus"]
    assert hours["timestamp"].min() >= pd.Timestamp("2027-01-01")
    assert hours["timestamp"].max() < pd.Timestamp("2027-01-04")
    by_kind = hours.groupby("kind")["gpus"].sum()
    rented = plan.rentals.groupby("option")["gpu_hours"].sum()
    for option in rented.index:
        assert by_kind[option] == pytest.approx(rented[option])
    pools = by_kind.reindex(["server", "reserved"]).sum()
    assert pools == pytest.approx(plan.use["gpu_hours"].sum())
    by_pool = hours[hours["kind"] == "server"].groupby("supply")["gpus"].sum()
    assert by_pool["lab/box"] == pytest.approx(plan.use.loc[plan.use["pool"] == "lab/box", "gpu_hours"].sum())
    by_hour = hours.groupby(["timestamp", "workload"])["gpus"].sum()
    assert by_hour[pd.Timestamp("2027-01-02T06"), "b"] == pytest.approx(9)


def test_hours_left_undone_are_in_the_dispatch(tmp_path: Path) -> None:
    made = planner.plan(demand(peak=30), case(cloud__c__spot__max_gpus=1), baselines=False)
    hours = pd.read_parquet(made.save(tmp_path / "out", hourly=True) / "dispatch.parquet")
    undone = hours[hours["kind"] == "unserved"]
    assert undone["gpus"].sum() == pytest.approx(made.unserved["gpu_hours"].sum())
    assert undone["gpus"].sum() > 0
    assert set(undone["supply"]) == {""}


def run_of(frame: pd.DataFrame, assumptions: Tree, **options: Any) -> str:
    return planner.plan(frame, assumptions, **{"baselines": False, **options}).run


def test_the_same_inputs_give_the_same_run(plan: planner.Plan) -> None:
    shuffled = demand().sample(frac=1, random_state=1)
    run = run_of(demand(), case(), gap=1e-6, baselines=True)
    assert run == run_of(shuffled, case(), gap=1e-6, baselines=True) == plan.run
    assert run.startswith("a-small-plan-for-two-")


def test_other_inputs_give_another_run() -> None:
    runs = [
        run_of(demand(), case()),
        run_of(demand(peak=8), case()),
        run_of(demand(), case(cloud__c__on_demand=1.6)),
        run_of(demand(), case(), gap=1e-3),
        run_of(demand(), case(), relax=True),
        run_of(demand(), case(), baselines=True),
    ]
    assert len(set(runs)) == len(runs)


def test_a_plan_without_a_name_has_a_run_all_the_same() -> None:
    assert run_of(demand(), case(name="")).startswith("plan-")


def test_the_kept_inputs_plan_the_same_again(plan: planner.Plan, tmp_path: Path) -> None:
    folder = plan.save(tmp_path / "out")
    inputs = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["inputs"]
    again = planner.plan(folder / inputs["forecast"]["kept_as"], inputs["assumptions"], gap=1e-6, baselines=False)
    assert again.total_cost == pytest.approx(plan.total_cost, rel=1e-12)
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(inputs["assumptions"]), encoding="utf-8")
    from_file = planner.plan(folder / "inputs/forecast.csv", tmp_path / "again.yaml", gap=1e-6, baselines=False)
    assert from_file.total_cost == pytest.approx(plan.total_cost, rel=1e-12)


def test_kept_inputs_with_defaults_and_a_load_shape_plan_the_same_again(tmp_path: Path) -> None:
    """Catalogue figures, a profile in a file, tokens: everything that the plan stands on is kept."""
    profile = pd.DataFrame({"hour_of_week": range(168), "load": 1 + np.arange(168) % 24})
    profile.to_csv(tmp_path / "profile.csv", index=False)
    frame = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], "output_tokens": [4e12, 6e12]})
    frame.to_csv(tmp_path / "forecast.csv", index=False)
    assumptions = {
        "version": 1,
        "demand": {"load_shape": {"hour_of_week": "profile.csv"}},
        "workloads": {"default": {"reference_gpu": "H100", "throughput": {"H100": {"output_tokens_per_s": 2000}}}},
    }
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(assumptions), encoding="utf-8")
    first = planner.plan(tmp_path / "forecast.csv", tmp_path / "plan.yaml", baselines=False)
    folder = first.save(tmp_path / "out")
    assert (folder / "inputs" / "profile.csv").read_text() == (tmp_path / "profile.csv").read_text()
    inputs = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["inputs"]
    assert inputs["defaults"]
    (folder / "inputs" / "plan.yaml").write_text(yaml.safe_dump(inputs["assumptions"]), encoding="utf-8")
    again = planner.plan(folder / "inputs/forecast.csv", folder / "inputs/plan.yaml", baselines=False)
    assert again.total_cost == pytest.approx(first.total_cost, rel=1e-12)


def test_shapes_from_anywhere_are_kept_inside_the_folder_of_the_plan(tmp_path: Path) -> None:
    """A path that leaves the folder, an absolute one, a compressed file, and one with the name of the kept forecast."""
    text = "hour_of_week,load\n" + "".join(f"{hour},{1 + hour % 24}\n" for hour in range(168))
    home = tmp_path / "home" / "below"
    home.mkdir(parents=True)
    named = ["../shape.csv", str(tmp_path / "absolute.csv"), "forecast.csv", "SHAPE.csv.gz"]
    for name in named:
        content = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        (home / name).write_bytes(content)
    frame = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], **{f"w{n}": [400.0, 500.0] for n in range(4)}})
    assumptions = {
        "version": 1,
        "workloads": {f"w{n}": {"load_shape": {"hour_of_week": name}} for n, name in enumerate(named)},
    }
    (home / "plan.yaml").write_text(yaml.safe_dump(assumptions), encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    first = planner.plan(frame, home / "plan.yaml", baselines=False)
    folder = first.save(tmp_path / "out" / "plan")
    assert {path: path.read_bytes() for path in before} == before
    assert {path.name for path in (folder / "inputs").iterdir()} == {
        *("forecast.csv", "shape.csv", "absolute.csv", "forecast-2.csv", "SHAPE-2.csv")
    }
    assert len([path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents]) == len(before)
    inputs = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["inputs"]
    assert set(inputs["files"]) == {"shape.csv", "absolute.csv", "forecast-2.csv", "SHAPE-2.csv"}
    (folder / "inputs" / "plan.yaml").write_text(yaml.safe_dump(inputs["assumptions"]), encoding="utf-8")
    again = planner.plan(folder / "inputs/forecast.csv", folder / "inputs/plan.yaml", baselines=False)
    assert again.total_cost == pytest.approx(first.total_cost, rel=1e-12)


def test_another_shape_in_a_file_of_the_same_name_is_another_run(tmp_path: Path) -> None:
    runs = set()
    for day in (24, 12):
        profile = pd.DataFrame({"hour_of_week": range(168), "load": 1 + np.arange(168) % day})
        profile.to_csv(tmp_path / "s.csv", index=False)
        assumptions = {"version": 1, "demand": {"load_shape": {"hour_of_week": "s.csv"}}}
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(assumptions), encoding="utf-8")
        frame = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], "gpu_hours": [400.0, 500.0]})
        runs.add(planner.plan(frame, tmp_path / "a.yaml", baselines=False).run)
    assert len(runs) == 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"gap": -1e-9}, "gap"),
        ({"gap": 1.0}, "gap"),
        ({"gap": float("nan")}, "gap"),
        ({"time_limit": 0}, "time_limit"),
        ({"time_limit": float("nan")}, "time_limit"),
        ({"solver": "GLUTTON"}, "GLUTTON"),
    ],
)
def test_a_wrong_call_is_an_input_error(options: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        planner.plan(demand(), case(), **options)


def test_cbc_plans_too() -> None:
    made = planner.plan(demand(), case(), gap=1e-4, solver="COIN_CMD", baselines=False)
    best = planner.plan(demand(), case(), gap=1e-6, baselines=False)
    assert made.audit.passed
    assert made.total_cost == pytest.approx(best.total_cost, rel=2e-4)


def test_a_plan_says_what_it_is(plan: planner.Plan) -> None:
    assert f"{plan.total_cost:,.2f} USD" in str(plan)
    assert plan.run in str(plan)
