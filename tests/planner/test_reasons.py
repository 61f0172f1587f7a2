"""Every price below which an option is said to enter is confirmed by planning again; reasons by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hybrid_lp.certify import Settings, certify
from hybrid_lp.entering import KnownTie, Trial, search
from planning_cases import Tree, changed, forecast, offer, server, site, solved, tree, workloads

import planner


def plan(frame: pd.DataFrame, assumptions: Tree, **options: Any) -> planner.Plan:
    made = planner.plan(frame, assumptions, **{"gap": 1e-7, "baselines": False, "why": True, **options})
    assert made.audit.passed
    return made


def by_name(made: planner.Plan) -> pd.DataFrame:
    return made.options.set_index("name")


def reason(made: planner.Plan, name: str) -> str:
    return next(text for text in made.reasons if name in text)


PLACES = {
    "server": "servers__{owner}__{key}",
    "reserved": "cloud__{owner}__reserved__{place}__{key}",
    "on_demand": "cloud__{owner}__{key}",
    "spot": "cloud__{owner}__{key}",
    "drawn": "spend_commitments__{place}__rates__{owner}",
    "api": "apis__{owner}__{key}",
}


def priced(assumptions: Tree, option: Any, factor: float) -> Tree:
    """The assumptions with all prices of an option multiplied."""
    for key in option.price_key.split(" and "):
        path = PLACES[option.kind].format(owner=option.owner, place=option.place, key=key.replace(".", "__"))
        value: Any = assumptions
        for step in path.split("__"):
            value = value[step]
        assumptions = changed(assumptions, **{path: value * factor})
    return assumptions


def confirmed(frame: pd.DataFrame, assumptions: Tree, **options: Any) -> set[str]:
    """Names of the options that the plan says enter somewhere; each is tried there, 1 % below and 1 % above."""
    made = plan(frame, assumptions, **options)
    said = made.options[made.options["enters_below"].notna()]
    for option in said.itertuples():
        assert option.name not in by_name(made).index[by_name(made)["chosen"]]
        for share, enters in ((0.99, True), (1.01, False)):
            tried = priced(assumptions, option, share * option.enters_below / option.price)
            again = plan(frame, tried, **{**options, "why": False})
            assert by_name(again).loc[option.name, "chosen"] == enters, (option.name, share)
    return set(said["name"])


DAY = np.array([2, 2, 1, 1, 1, 2, 3, 5, 7, 8, 9, 9, 8, 8, 9, 8, 7, 6, 5, 4, 4, 3, 3, 2], dtype=float)


def market(**changes: Any) -> Tree:
    """Two days, an owned server that pays, and one dear option of every kind."""
    assumptions = tree(
        "day",
        2,
        workloads=workloads("w", interruptible=True, spot_max_share=0.5),
        sites={"lab": site(0.5)},
        servers={
            "box": server(30, "2 days", whole_servers=False),
            "gold": server(300, "2 days", gpus=2, power_kw=2, whole_servers=False, install_cost=5),
        },
        cloud={
            "c": offer(
                3,
                spot={"price": 9, "lost_work": 0.1},
                reserved={"r": {"term": "2 days", "hourly": 4}, "u": {"term": "1 day", "upfront": 70, "hourly": 0.5}},
            ),
            "d": offer(5),
        },
        spend_commitments={"s": {"term": "2 days", "rates": {"c": 4, "d": 4.5}}},
        providers={"p": {"discount": 0.1, "support_share": 0.05}},
    )
    return changed(assumptions, **changes)


EVERY = {"lab/gold", "c/r", "c/u", "c/spot", "d/on_demand", "c/s", "d/s"}


def two_days() -> pd.DataFrame:
    return forecast(w=np.concatenate([DAY, 1.1 * DAY]))


def test_fractions_every_kind() -> None:
    assert confirmed(two_days(), market()) == EVERY


def test_fractions_with_discounting_trends_and_limits() -> None:
    changes: dict[str, Any] = {
        "finance__discount_rate": 0.5,
        "servers__gold__price_trend_per_year": -0.6,
        "cloud__c__price_trend_per_year": 0.3,
        "cloud__c__max_gpus": 6,
        "limits": {"capex": {"total": 200}},
    }
    assert confirmed(two_days(), market(**changes)) >= {"lab/gold", "c/r", "c/u", "c/spot", "d/on_demand"}


def test_whole_units() -> None:
    changes = {
        "servers__box__whole_servers": True,
        "servers__gold__whole_servers": True,
        "cloud__c__whole_instances": True,
    }
    assert confirmed(two_days(), market(**changes), gap=1e-6) == EVERY


def test_by_cuts() -> None:
    """Too many hours to write them out."""
    load = np.concatenate([DAY * (1 + 0.01 * np.sin(day)) + 0.01 * day for day in range(40)])
    assumptions = market(
        horizon={"period": "day", "periods": 40},
        servers__box__lifetime="40 days",
        servers__box__price=500,
        servers__gold__lifetime="40 days",
        servers__gold__price=5000,
        cloud__c__reserved__r__term="10 days",
    )
    made = plan(forecast(w=load), assumptions, why=False)
    assert made.path == "cuts"
    assert made.options["enters_below"].isna().all()
    assert "--why" in reason(made, "lab/gold")
    assert confirmed(forecast(w=load), assumptions) >= {"lab/gold", "c/r", "c/u", "c/spot", "d/on_demand"}


def test_apis() -> None:
    """1,000 output tokens a second: 3.6 million an hour for 3 an hour; one API sells both kinds, one only output."""
    frame = forecast(w=[2 * 3.6e6] * 24).rename(columns={"gpu_hours": "output_tokens"})
    frame["input_tokens"] = frame["output_tokens"] / 2
    rates = {"H100": {"output_tokens_per_s": 1000}}
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w", throughput=rates),
        cloud={"c": offer(3)},
        apis={
            "both": {"input_per_million": 1, "output_per_million": 2},
            "out": {"input_per_million": 0, "output_per_million": 2},
        },
    )
    assert confirmed(frame, assumptions) == {"both/api", "out/api"}
    options = by_name(plan(frame, assumptions))
    assert options.loc["out/api", "enters_below"] == pytest.approx(3 / 3.6, rel=1e-5)
    assert options.loc["both/api", "enters_below"] == pytest.approx(2 * 3 / (3.6 * 2 + 1.8), rel=1e-5)


def test_a_rerun_option_of_equal_price_enters_at_its_price() -> None:
    assumptions = tree("day", 1, workloads=workloads("w"), cloud={"a": offer(3), "b": offer(3)})
    options = by_name(plan(forecast(w=DAY), assumptions))
    (left,) = options.index[~options["chosen"]]
    assert options.loc[left, "enters_below"] == pytest.approx(3)


# By hand: formulation.md, "What must come out" 1 and 2


def owned(price: float, **more: Any) -> Tree:
    """One model, on demand at 2, electricity 0.5 an hour."""
    return tree(
        "day",
        1,
        workloads=workloads("w"),
        sites={"lab": site(0.5)},
        servers={"box": server(price, "1 day", **more)},
        cloud={"c": offer(2)},
    )


@pytest.mark.parametrize("whole", [True, False])
def test_the_first_server_enters_where_the_hours_of_demand_pay_for_it(whole: bool) -> None:
    """Demand of 1 in 16 hours: 16 × (2 − 0.5) = 24."""
    made = plan(forecast(w=[1.0] * 16 + [0.0] * 8), owned(100, whole_servers=whole))
    assert by_name(made).loc["lab/box", "enters_below"] == pytest.approx(24, rel=1e-5)
    assert "enters the plan below 24 USD a server (now 100)" in reason(made, "lab/box")
    assert "used 66.7 %" in reason(made, "lab/box")


def test_a_server_of_four_gpus_enters_where_all_that_it_serves_pays_for_it() -> None:
    """Hours of 1, 2, 3, 4 and 5 GPUs: it serves 4 × (1 + 2 + 3 + 4) + 4 × 4 of them."""
    load = [float(gpus) for gpus in (1, 2, 3, 4, 5) for _ in range(4)] + [0.0] * 4
    made = plan(forecast(w=load), owned(1000, gpus=4, power_kw=4))
    assert by_name(made).loc["lab/box", "enters_below"] == pytest.approx(56 * 1.5, rel=1e-5)


def test_the_nth_server_is_busy_where_demand_exceeds_those_before_it() -> None:
    """At 15 a server pays from 10 hours a day: 3,650 a year; the third of three is busy 12 of 24, the first 20."""
    load = [3.0] * 12 + [1.0] * 8 + [0.0] * 4
    made = plan(forecast(w=load), owned(15))
    assert made.purchases["count"].tolist() == [3]
    text = reason(made, "lab/box")
    assert "the 1st to 3rd lab/box (2027-01-01) are busy 7,300 to 4,380 h a year; they pay from 3,650 h" in text


def test_a_reservation_pays_above_utilisation_r_over_c() -> None:
    """On demand 2; used in 12 of 24 hours: it enters below 1, and pays above 80 % at 1.6."""
    reserved = {"r": {"term": "1 day", "hourly": 1.6}}
    assumptions = tree("day", 1, workloads=workloads("w"), cloud={"c": offer(2, reserved=reserved)})
    made = plan(forecast(w=[4.0] * 12 + [0.0] * 12), assumptions)
    assert by_name(made).loc["c/r", "enters_below"] == pytest.approx(1, rel=1e-5)
    text = reason(made, "c/r")
    assert "pays above 80.0 % utilisation" in text
    assert "would use it 50.0 %" in text


def test_reservations_taken_say_from_which_utilisation_they_pay() -> None:
    reserved = {"r": {"term": "1 day", "hourly": 1.2}}
    assumptions = tree("day", 1, workloads=workloads("w"), cloud={"c": offer(2, reserved=reserved)})
    made = plan(forecast(w=[4.0] * 18 + [6.0] * 2 + [0.0] * 4), assumptions)
    assert made.commitments["count"].sum() == pytest.approx(4)
    assert "are used 83.3 % of the time; they pay from 60 %" in reason(made, "c/r")


def test_a_spend_commitment_says_how_much_of_it_is_drawn() -> None:
    """4 GPUs at a rate of 1.2 for 20 hours, instead of 2 on demand."""
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w"),
        cloud={"c": offer(2)},
        spend_commitments={"s": {"term": "1 day", "rates": {"c": 1.2}}},
    )
    made = plan(forecast(w=[4.0] * 20 + [0.0] * 4), assumptions)
    assert "4.80 an hour of s (2027-01-01) is drawn 83.3 % of the time; it pays from 60 %" in reason(made, "hour of s")


def test_what_is_decided_or_cannot_be_done_without_says_so() -> None:
    decided = {"server": "box", "site": "lab", "period": "2027-01-01", "min": 1, "max": 1}
    made = plan(forecast(w=[1.0] * 24), changed(owned(100), decisions=[decided]))
    assert "decided before the plan" in reason(made, "lab/box")
    made = plan(forecast(w=[1.0] * 24), changed(owned(10), cloud={}))
    assert "without it some work could not be served" in reason(made, "lab/box")


# What cannot be had


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"workloads__w__gpu_memory_gb": 140}, "lab/box", "needs 140 GB, 2 GPUs of 80 GB: it has 1"),
        ({"workloads__w__location": "cloud"}, "lab/box", "must run in the cloud"),
        ({"workloads__w__location": "local"}, "big/on_demand", "must run on own servers"),
        ({"workloads__w__regions": ["eu-*"]}, "lab/box", "may not run in region 'us'"),
        ({"cloud__big__spot": {"price": 1}}, "big/spot", "is not interruptible"),
        ({"workloads__w__speed": {"H100": 0}}, "lab/box", "has speed 0 on H100"),
        ({"servers__box__lead_time": "1 day"}, "lab/box", "would arrive after the end"),
        ({"servers__box__max_servers": 0}, "lab/box", "max_servers of box is 0"),
        ({"cloud__big__reserved": {"r": {"term": "1 day", "hourly": 1}}, "cloud__big__max_gpus": 0}, "big/r", "no GPU"),
        ({"servers__box__available_from": "2027-03-01"}, "lab/box", "it is sold 2027-03-01"),
    ],
)
def test_what_cannot_be_had_says_why(change: dict[str, Any], name: str, words: str) -> None:
    assumptions = owned(1)
    assumptions["workloads"]["w"]["unserved_penalty"] = 100
    assumptions["sites"]["lab"]["region"] = "us"
    assumptions["cloud"]["big"] = offer(30, gpus=8, region="eu-west")
    made = plan(forecast(w=[1.0] * 24), changed(assumptions, **change))
    options = by_name(made)
    assert not options.loc[name, "chosen"]
    assert np.isnan(options.loc[name, "enters_below"])
    assert words in options.loc[name, "text"]
    assert words in reason(made, name)


# The search


def test_the_search_needs_two_trials_where_the_estimate_is_right() -> None:
    tried: list[float] = []

    def trial(factor: float) -> Trial:
        tried.append(factor)
        return Trial(factor < 0.5, 0.5 if factor < 0.5 else None)

    assert search(trial, 0.5).below == 0.5
    assert tried == pytest.approx([0.495, 0.505])


@pytest.mark.parametrize("estimate", [0.0, 0.01, 0.3, 0.49, 0.51, 0.9, 1.0, 7.0])
@pytest.mark.parametrize("by_ties", [True, False])
def test_the_search_finds_the_price_from_any_estimate(estimate: float, by_ties: bool) -> None:
    """Plans that tie at 0.2, 0.4 and 0.5: the further below, the sooner a plan is content with more."""

    def trial(factor: float) -> Trial:
        tie = next((tie for worst, tie in ((0.1, 0.2), (0.3, 0.4), (0.5, 0.5)) if factor < worst), None)
        return Trial(tie is not None, tie if by_ties else None)

    found = search(trial, estimate, by_ties=by_ties).below
    assert found is not None
    assert 0.99 * found < 0.5 <= 1.01 * found * (1 + 1e-9)
    assert found == pytest.approx(0.5, rel=1e-9 if by_ties else 0.011)


def test_what_is_never_used_and_what_cannot_be_told() -> None:
    assert search(lambda _: Trial(False, None), 0.5).never
    assert search(lambda _: Trial(True, 0.2), 0.5).below is None
    assert not search(lambda _: Trial(False, None, finished=False), 0.5).finished


def test_cuts_of_one_price_hold_for_another() -> None:
    """A search that begins with the cuts of a cheaper server ends where one without them does, in fewer rounds."""
    load = np.concatenate([DAY * (1 + 0.01 * np.sin(day)) + 0.01 * day for day in range(40)])
    horizon = {"period": "day", "periods": 40}
    _, found = solved(forecast(w=load), market(horizon=horizon), gap=1e-6)
    assert found.replay is not None
    assert found.certified.cuts
    dearer = replace(found.replay.merged, order_cost=1.1 * found.replay.merged.order_cost)
    cold, _ = certify(dearer, Settings(gap=1e-6))
    warm, _ = certify(dearer, Settings(gap=1e-6), cuts=found.certified.cuts)
    assert warm.cost == pytest.approx(cold.cost, rel=2e-6)
    assert len(warm.rounds) < len(cold.rounds)


def test_equal_reasons_share_a_sentence() -> None:
    assumptions = owned(1)
    assumptions["cloud"] |= {name: offer(3, spot={"price": 1}) for name in ("x", "y")}
    made = plan(forecast(w=[1.0] * 24), assumptions)
    assert "x/spot, y/spot: cannot run any workload: is not interruptible" in made.reasons


def test_reruns_end_when_the_search_is_ended() -> None:
    """Once the plan is found."""
    asked: list[None] = []

    def interrupted() -> bool:
        asked.append(None)
        return len(asked) > 1

    made = plan(two_days(), market(), interrupted=interrupted)
    assert made.status == "optimal"
    assert made.options["enters_below"].isna().all()
    assert "reruns did not finish" in reason(made, "lab/gold")


def random_market(seed: int, *, whole: bool) -> Tree:
    """The market with other prices, lifetimes and shares."""
    random = np.random.default_rng(seed)
    return market(
        servers__box__price=float(random.uniform(20, 45)),
        servers__gold__price=float(random.uniform(150, 400)),
        servers__box__whole_servers=whole,
        servers__gold__whole_servers=whole,
        cloud__c__whole_instances=whole,
        cloud__c__on_demand=float(random.uniform(2.5, 4)),
        cloud__c__reserved__r__hourly=float(random.uniform(3.5, 5)),
        cloud__c__reserved__u__upfront=float(random.uniform(60, 90)),
        cloud__d__on_demand=float(random.uniform(4.5, 6)),
        spend_commitments__s__rates__d=float(random.uniform(4, 6)),
        finance__discount_rate=float(random.uniform(0, 0.5)),
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("whole", [False, True], ids=["fractions", "whole"])
def test_random_prices(seed: int, whole: bool) -> None:
    assert len(confirmed(two_days(), random_market(seed, whole=whole), gap=1e-6)) >= 3


def stepped(ties: dict[float, float], tried: list[float]) -> Any:
    """Trials that meet the best of some plans, each of cost A + f·B. ties[B] = (z − A)/B."""

    def trial(factor: float) -> Trial:
        tried.append(factor)
        spent = max(ties, key=lambda spent: spent * (ties[spent] - factor))
        return Trial(ties[spent] > factor, ties[spent] if ties[spent] > factor else None, sure=True)

    return trial


def test_a_known_plan_saves_looking_for_a_price() -> None:
    """The estimate is too high: without the known plan the search begins at a quarter of it."""
    ties = {1.0: 0.6, 3.0: 0.55, 9.0: 0.3}
    alone: list[float] = []
    helped: list[float] = []
    assert search(stepped(ties, alone), 0.9).below == 0.6
    assert search(stepped(ties, helped), 0.9, KnownTie(0.58, keeps_limits=True)).below == 0.6
    assert len(helped) < len(alone)
    assert min(helped) > 0.5


def test_a_known_plan_that_limits_keep_out_is_forgotten() -> None:
    assert search(stepped({1.0: 0.2}, []), 0.9, KnownTie(0.7, keeps_limits=False)).below == 0.2


def test_what_pays_and_is_not_met_cannot_be_told() -> None:
    """A plan that is known to pay at 0.7 is not met below it: whatever is met lower down is not where it enters."""
    tried: list[float] = []
    assert search(stepped({1.0: 0.2}, tried), 0.7, KnownTie(0.7, keeps_limits=True)).below is None
    assert len(tried) == 1


def test_what_is_sure_is_not_tried_again() -> None:
    tried: list[float] = []
    assert search(stepped({1.0: 0.6, 9.0: 0.3}, tried), 0.2).below == 0.6
    assert not [factor for factor in tried if 0.59 <= factor < 0.6]
