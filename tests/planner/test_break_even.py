"""Break-evens by hand, and against what a plan does on either side of them."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner
from planner.problems import InputError

DAYS = 6


def rows(assumptions: Tree, name: str = "", **options: Any) -> pd.DataFrame:
    """The table, by option and rival."""
    return planner.breakeven(assumptions, name, **options).set_index(["option", "against"])


def one(assumptions: Tree, name: str = "", **options: Any) -> Any:
    """The only row."""
    table = planner.breakeven(assumptions, name, **options)
    assert len(table) == 1, table[["option", "against"]]
    return table.iloc[0]


# Against plans


def agrees(assumptions: Tree, share: float, unit_gpus: float, idle_hours: int = 0) -> None:
    """Flat demand just above the break-even is worth a unit, just below it is not.

    share: the break-even; unit_gpus: work per hour of one unit. Demand begins after idle_hours.
    """
    days = assumptions["horizon"]["periods"]
    load = np.ones(days * 24)
    load[:idle_hours] = 0
    for factor, held in ((1.02, True), (0.98, False)):
        wanted = share * factor * unit_gpus
        plan = planner.plan(forecast(w=list(wanted * load)), assumptions, gap=1e-7, baselines=False)
        ordered = len(plan.purchases) + len(plan.commitments) + len(plan.spend_commitments) > 0
        assert ordered == held, (share, factor)


few = settings(max_examples=5, deadline=None, derandomize=True)


@few
@given(
    price=st.floats(40, 200),
    rate=st.sampled_from([0.0, 0.3]),
    trend=st.sampled_from([0.0, -0.5]),
    resale=st.sampled_from([0.0, 0.4]),
    lead=st.integers(0, 2),
)
def test_a_server_is_bought_above_its_break_even_and_not_below(
    price: float, rate: float, trend: float, resale: float, lead: int
) -> None:
    box = server(
        price, f"{DAYS} days", gpus=8, power_kw=8, idle_power_kw=1, lead_time=f"{lead} days", install_cost=7,
        resale={f"{DAYS} days": resale}, maintenance_per_year=2.0, availability=0.9,
    )  # fmt: skip
    people = {"servers_per_person": 4, "cost_per_person_year": 500}
    place = site(0.1, pue=1.5, hosting_per_kw_month=3, headroom=0.1, staff=people)
    assumptions = tree(
        "day",
        DAYS + lead,
        workloads=workloads("w"),
        sites={"s": place},
        servers={"box": box},
        cloud={"rent": offer(1.7, price_trend_per_year=trend, egress_per_gb=0.1)},
        providers={"p": {"discount": 0.1, "support_share": 0.05}},
        finance={"discount_rate": rate, "hardware_at_end": "none"},
    )
    found = one(assumptions, flows="period_middle")
    share = found["discounted_utilisation"]
    assert 0 < share < 0.98
    agrees(assumptions, share, 8 * 0.9 * 0.9, 24 * lead)


@few
@given(hourly=st.floats(0.1, 0.8), upfront=st.floats(0, 40), rate=st.sampled_from([0.0, 0.5]))
def test_a_reservation_is_made_above_its_break_even_and_not_below(hourly: float, upfront: float, rate: float) -> None:
    terms = {"term": f"{DAYS} days", "hourly": hourly, "upfront": upfront}
    assumptions = tree(
        "day",
        DAYS,
        workloads=workloads("w"),
        cloud={"rent": offer(1.5, reserved={"r": terms}, whole_instances=True)},
        providers={"p": {"discount": 0.2, "support_share": 0.1}},
        finance={"discount_rate": rate},
    )
    agrees(assumptions, one(assumptions, flows="period_middle")["discounted_utilisation"], 1.0)


@few
@given(rate_per_hour=st.floats(0.2, 1.4), rate=st.sampled_from([0.0, 0.5]))
def test_money_is_promised_above_its_break_even_and_not_below(rate_per_hour: float, rate: float) -> None:
    """Half the hours with work, half without: money promised is never whole, so demand varies in time, not in size."""
    assumptions = tree(
        "day",
        DAYS,
        workloads=workloads("w"),
        cloud={"rent": offer(1.5)},
        spend_commitments={"savings": {"term": f"{DAYS} days", "rates": {"rent": rate_per_hour}}},
        finance={"discount_rate": rate},
    )
    share = one(assumptions)["discounted_utilisation"]
    busy = np.arange(24) < np.clip(np.round(share * 24 + np.array([[1.0], [-1.0]])), 0, 24)
    for hours, promised in zip(busy, (True, False), strict=True):
        plan = planner.plan(forecast(w=list(np.tile(hours * 1.0, DAYS))), assumptions, gap=1e-7, baselines=False)
        spent = plan.costs.loc[plan.costs["component"] == "spend_commitment", "amount"].sum()
        assert (spent > 0) == promised, (share, hours.sum())


def test_speeds_and_memory_decide_across_gpus_as_in_a_plan() -> None:
    """A slower GPU owned, a faster one rented; replicas strand a quarter of the owned GPUs."""
    box = server(100, f"{DAYS} days", gpu="A100", gpus=4, gpu_memory_gb=40, power_kw=2)
    assumptions = tree(
        "day",
        DAYS,
        workloads=workloads("w", speed={"A100": 0.5}, gpu_memory_gb=100, egress_gb_per_gpu_hour=2),
        sites={"s": site(0.2)},
        servers={"box": box},
        cloud={"rent": offer(6.0, gpus=8, gpu_memory_gb=80, egress_per_gb=0.05)},
    )
    found = one(assumptions, workload="w", flows="period_middle")
    assert found["reference_gpu"] == "H100"
    # 6/8 per GPU, of which 100 GB use 2 of 80 GB: all 8; 3 of 4 A100 of 40 GB at half the speed.
    assert found["rented_per_gpu_hour"] == pytest.approx(6 / 8 + 2 * 0.05)
    assert found["running_per_gpu_hour"] == pytest.approx(0.2 * 2 / 4 / 0.5)
    assert found["fixed_per_gpu_hour"] == pytest.approx(100 / (DAYS * 24) / (4 * 0.75 * 0.5))
    agrees(assumptions, found["discounted_utilisation"], 4 * 0.75 * 0.5)


# By hand


YEAR = tree(
    "month",
    12,
    sites={"s": site(0.2)},
    servers={"box": server(9_000, "12 months")},
    cloud={"rent": offer(3.0)},
)


def test_hours_utilisation_and_months() -> None:
    found = one(YEAR)
    assert found["hours_per_year"] == pytest.approx(9_000 / 2.8)
    assert found["utilisation"] == pytest.approx(9_000 / 2.8 / 8760)
    assert found["payback_hours"] == pytest.approx(9_000 / 2.8)
    assert found["payback_months"] == pytest.approx(9_000 / 2.8 / 730)
    assert one(YEAR, hours_per_month=176)["payback_months"] == pytest.approx(9_000 / 2.8 / 176)
    assert found["never"] == ""


def test_never_says_why() -> None:
    cheap = one(changed(YEAR, cloud__rent__on_demand=0.2))
    assert cheap["never"] == "an hour rented costs no more than an hour run"
    assert cheap["utilisation"] == cheap["payback_months"] == inf
    dear = one(changed(YEAR, servers__box__price=3 * 8760))
    assert dear["never"] == "it would have to be busy for more hours than there are"
    assert dear["utilisation"] == pytest.approx(3 / 2.8)


def test_a_reservation_pays_above_its_rate_over_the_hourly_price() -> None:
    assumptions = changed(YEAR, servers={}, cloud__rent__reserved={"r": {"term": "12 months", "hourly": 1.2}})
    found = one(assumptions)
    assert found["utilisation"] == pytest.approx(0.4)
    assert found["payback_months"] == 0


def test_a_spend_commitment_is_compared_offer_by_offer_and_never_with_itself() -> None:
    assumptions = changed(
        YEAR,
        servers={},
        cloud={"a": offer(3.0), "b": offer(4.0, gpus=2)},
        spend_commitments={"savings": {"term": "12 months", "rates": {"a": 1.5, "b": 3.0}}},
        providers={"p": {"discount": 0.1, "support_share": 0.2}},
    )
    found = rows(assumptions)
    assert set(found["kind"]) == {"spend_commitment"}
    assert found.loc[("a/savings", "a/on_demand"), "utilisation"] == pytest.approx(0.5)
    assert found.loc[("b/savings", "a/on_demand"), "utilisation"] == pytest.approx(0.5)
    assert found.loc[("a/savings", "a/on_demand"), "fixed_per_gpu_hour"] == pytest.approx(1.5 * 0.9 * 1.2)
    assert ("a/savings", "a/savings") not in found.index


def test_a_server_against_spot_counts_the_work_that_is_lost() -> None:
    assumptions = changed(YEAR, cloud={"rent": offer(spot={"price": 1.2, "lost_work": 0.25})})
    assert one(assumptions)["rented_per_gpu_hour"] == pytest.approx(1.6)


def test_holding_for_less_than_a_life_sells_at_that_age_unless_nothing_is_left_at_the_end() -> None:
    half = changed(YEAR, servers__box__resale={"12 months": 0.0}, finance__hardware_at_end="resale")
    assert one(half, months=6)["fixed_per_year"] == pytest.approx(9_000 * 0.5 / 0.5)
    nothing = changed(half, finance__hardware_at_end="none")
    assert one(nothing, months=6)["fixed_per_year"] == pytest.approx(9_000 / 0.5)
    assert one(nothing, months=24)["fixed_per_year"] == pytest.approx(9_000)


@pytest.mark.parametrize(("at_end", "times"), [("prorated", 1), ("full", 2)])
def test_holding_for_less_than_a_term_is_charged_as_commitments_at_the_end(at_end: str, times: float) -> None:
    reserved = {"r": {"term": "12 months", "hourly": 1.0, "upfront": 876.0}}
    assumptions = changed(YEAR, servers={}, cloud__rent__reserved=reserved, finance__commitments_at_end=at_end)
    assert one(assumptions, months=6)["fixed_per_gpu_hour"] == pytest.approx(times * 1.1)


def test_carbon_and_whole_people_are_paid() -> None:
    """100 g per kWh at 1 kW, 300 g rented, 1,000 a tonne; half a person for each server."""
    assumptions = changed(
        YEAR,
        finance__carbon_price_per_tonne=1000,
        sites__s__carbon_g_per_kwh=100,
        cloud__rent__carbon_g_per_gpu_hour=300,
        sites__s__staff={"servers_per_person": 2, "cost_per_person_year": 1000, "whole_people": True},
    )
    found = one(assumptions)
    assert found["running_per_gpu_hour"] == pytest.approx(0.2 + 0.1)
    assert found["rented_per_gpu_hour"] == pytest.approx(3.0 + 0.3)
    assert found["fixed_per_year"] == pytest.approx(9_000 + 500)


TOKENS = changed(
    YEAR,
    cloud={},
    workloads=workloads("chat", throughput={"H100": {"input_tokens_per_s": 1000, "output_tokens_per_s": 100}}),
    apis={"gpt": {"input_per_million": 1, "output_per_million": 10}},
)


def test_an_api_is_compared_at_the_throughput_for_a_mix_of_tokens() -> None:
    """1,000 in and 100 out take 2 seconds of a GPU and cost 0.002."""
    found = one(TOKENS, workload="chat", tokens=(1000, 100))
    assert found["against"] == "gpt/api"
    assert found["rented_per_gpu_hour"] == pytest.approx(3600 / 2 * 0.002)


def test_a_forecast_gives_workloads_and_tokens() -> None:
    frame = forecast(freq="MS", chat=[1.0] * 12).rename(columns={"gpu_hours": "input_tokens"})
    frame["input_tokens"], frame["output_tokens"] = 5e6, 5e5
    found = one(TOKENS, forecast=frame)
    assert found["work"] == "chat"
    assert found["rented_per_gpu_hour"] == pytest.approx(3600 / 2 * 0.002)


def test_files_of_prices_hold_on_after_their_end_and_need_a_start(tmp_path: Path) -> None:
    """Six months at 2, then at 4, which holds on; electricity of 0.1 and 0.3 by the hour is 0.2."""
    months = [f"2027-{month:02d}" for month in range(1, 8)]
    prices = pd.DataFrame({"option": "on_demand", "period": months, "price": [2.0] * 6 + [4.0]})
    prices.to_csv(tmp_path / "rent.csv", index=False)
    hours = pd.date_range("2027-01-01", periods=24, freq="h").astype(str)
    pd.DataFrame({"timestamp": hours, "price": [0.1, 0.3] * 12}).to_csv(tmp_path / "kwh.csv", index=False)
    assumptions = changed(
        YEAR, cloud__rent__prices=str(tmp_path / "rent.csv"), sites__s__electricity_price=str(tmp_path / "kwh.csv")
    )
    with pytest.raises(InputError, match=r"horizon\.start"):
        planner.breakeven(assumptions)
    found = one(changed(assumptions, horizon__start="2027-01-01"))
    assert found["rented_per_gpu_hour"] == pytest.approx(3.0)
    assert found["running_per_gpu_hour"] == pytest.approx(0.2)


def test_only_the_same_gpu_is_compared_and_the_cheapest_to_rent_comes_first() -> None:
    cloud = {"dear": offer(5.0), "cheap": offer(2.0), "other": offer(1.0, gpu="A100")}
    found = planner.breakeven(changed(YEAR, cloud=cloud))
    assert found["against"].tolist() == ["cheap/on_demand", "dear/on_demand"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"months": 0}, "months"),
        ({"hours_per_month": 745}, "hours_per_month"),
        ({"flows": "weekly"}, "flows"),
        ({"tokens": (0, 0)}, "tokens"),
        ({"tokens": (1, 2)}, "workload"),
        ({"workload": "chat-70"}, "did you mean 'chat-70b'"),
        ({"name": "boxx"}, "boxx"),
        ({"workload": "chat-70b", "tokens": (1, 0)}, r"workloads\.chat-70b\.throughput"),
    ],
)
def test_what_is_wrong_with_the_call_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        planner.breakeven(YEAR, **options)
