"""What must come out (docs/formulation.md), as properties of whole plans over random inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

import planner
from planner import economics

GAP = 1e-6


def few(count: int) -> settings:
    return settings(max_examples=count, deadline=None, derandomize=True)


def plan(frame: pd.DataFrame, assumptions: Tree, gap: float = GAP, **options: Any) -> planner.Plan:
    """A plan whose audit passes and whose cost lines sum to its total: 8 of the list holds in every test here."""
    made = planner.plan(frame, assumptions, gap=gap, baselines=False, **options)
    assert made.audit.passed, [check for check in made.audit.checks if not check.passed]
    assert made.costs["discounted"].sum() == pytest.approx(made.total_cost, rel=1e-6, abs=1e-9)
    assert made.bound <= made.total_cost
    assert made.gap <= max(gap, 1e-9)
    return made


def no_less(more: float, less: float) -> None:
    """Up to the gap."""
    assert more >= less - 3 * GAP * max(abs(less), 1.0)


loads = st.lists(st.integers(0, 12), min_size=24, max_size=24).map(lambda load: [float(gpus) for gpus in load])
share = st.floats(0.05, 1.2)


# 1. Buy up to K*.


def rent_or_buy(load: list[float], fixed: float, own: float, rented: float, **more: Any) -> tuple[pd.DataFrame, Tree]:
    """One server model and one on-demand price over a day; life as long as the horizon."""
    assumptions = tree(
        "day",
        len(load) // 24,
        workloads=workloads("w"),
        sites={"s": site(own)},
        servers={"box": server(fixed, f"{len(load) // 24} days", **more)},
        cloud={"rent": offer(rented)},
    )
    return forecast(w=load), assumptions


@few(12)
@given(load=loads, held=share, own=st.sampled_from([0.0, 0.5]), rented=st.sampled_from([2.0, 3.0]))
def test_buys_up_to_where_demand_is_exceeded_in_f_over_c_minus_v_hours(
    load: list[float], held: float, own: float, rented: float
) -> None:
    fixed = held * (rented - own) * 24
    frame, assumptions = rent_or_buy(load, fixed, own, rented, whole_servers=False)
    exceeded = fixed / (rented - own)
    bought = plan(frame, assumptions, gap=0).purchases["count"].sum()
    demand = np.array(load)
    assert (demand > bought + 1e-6).sum() <= exceeded + 1e-9
    if bought > 1e-6:
        assert (demand > bought - 1e-6).sum() >= exceeded - 1e-9


@few(6)
@given(load=loads, dearer=st.floats(1.0, 3.0))
def test_nothing_is_bought_where_holding_costs_more_than_renting_all_the_time(load: list[float], dearer: float) -> None:
    frame, assumptions = rent_or_buy(load, dearer * 1.5 * 24 + 1e-3, 0.5, 2.0, whole_servers=False)
    assert len(plan(frame, assumptions, gap=0).purchases) == 0


@few(12)
@given(load=loads, held=share, gpus=st.sampled_from([1, 2, 4]), days=st.sampled_from([1, 2]))
def test_the_nth_server_is_bought_iff_what_it_would_serve_pays_for_it(
    load: list[float], held: float, gpus: int, days: int
) -> None:
    demand = np.tile(load, days)
    own, rented = 0.5, 2.0
    fixed = held * gpus * (rented - own) * len(demand)
    served = [float(np.clip(demand - n * gpus, 0, gpus).sum()) for n in range(12)]
    gains = [hours * (rented - own) - fixed for hours in served]
    assume(all(abs(gain) > 1e-3 for gain in gains))
    frame, assumptions = rent_or_buy(list(demand), fixed, own, rented, gpus=gpus, power_kw=gpus)
    made = plan(frame, assumptions, gap=0)
    assert made.purchases["count"].sum() == sum(gain > 0 for gain in gains)
    assert made.total_cost == pytest.approx(rented * demand.sum() - sum(max(gain, 0) for gain in gains), rel=1e-8)


# 2. Reservations pay above utilisation r/c; of several tiers, those on the lower envelope are used.


@few(12)
@given(busy=st.integers(1, 24), rate=st.floats(0.1, 3.0), gpus=st.integers(1, 9))
def test_a_reservation_pays_above_utilisation_r_over_c(busy: int, rate: float, gpus: int) -> None:
    rented = 2.5
    assume(abs(busy / 24 - rate / rented) > 1e-3)
    reserved = {"r": {"term": "1 day", "hourly": rate}}
    assumptions = tree("day", 1, workloads=workloads("w"), cloud={"c": offer(rented, reserved=reserved)})
    made = plan(forecast(w=[gpus] * busy + [0] * (24 - busy)), assumptions)
    pays = busy / 24 > rate / rented
    assert made.commitments["count"].sum() == pytest.approx(gpus if pays else 0)
    assert made.total_cost == pytest.approx(gpus * (rate * 24 if pays else rented * busy))


@few(15)
@given(
    load=loads,
    tiers=st.lists(st.tuples(st.floats(1.0, 60.0), st.floats(0.0, 2.5)), min_size=2, max_size=4),
    reserved=st.floats(5.0, 60.0),
)
def test_of_several_tiers_those_on_the_lower_envelope_are_used(
    load: list[float], tiers: list[tuple[float, float]], reserved: float
) -> None:
    """The u-th GPU is asked for in h(u) hours and costs the least F_i + v_i·h(u): renting has F = 0."""
    rented = 3.0
    servers = {
        f"box{i}": server(fixed, "1 day", sites=[f"s{i}"], whole_servers=False) for i, (fixed, _) in enumerate(tiers)
    }
    assumptions = tree(
        "day",
        1,
        workloads=workloads("w"),
        sites={f"s{i}": site(own) for i, (_, own) in enumerate(tiers)},
        servers=servers,
        cloud={"c": offer(rented, reserved={"r": {"term": "1 day", "upfront": reserved}})},
    )
    made = plan(forecast(w=load), assumptions)
    lines = np.array([*tiers, (reserved, 0.0), (0.0, rented)])
    hours = np.array([(np.array(load) > unit).sum() for unit in range(12)])
    cost = lines[:, :1] + lines[:, 1:] * hours
    assert made.total_cost == pytest.approx(cost.min(axis=0)[hours > 0].sum(), rel=1e-6, abs=1e-6)
    wanted = (cost <= cost.min(axis=0) + 1e-3)[:, hours > 0].any(axis=1)
    names = [f"box{i}" for i in range(len(tiers))]
    assert set(made.purchases["server"]) <= {name for name, want in zip(names, wanted, strict=False) if want}
    assert len(made.commitments) == 0 or wanted[len(tiers)]


# 3. The annuity is what its payments are worth.


@given(
    price=st.floats(1e3, 1e6),
    resale=st.floats(0, 1),
    rate=st.one_of(st.just(0.0), st.floats(1e-4, 0.5)),
    years=st.integers(1, 12),
    maintenance=st.floats(0, 1e5),
)
def test_an_annuity_pays_for_price_maintenance_and_resale(
    price: float, resale: float, rate: float, years: int, maintenance: float
) -> None:
    yearly = economics.annuity(
        price, resale_share_at_end=resale, rate_per_year=rate, years=years, maintenance_per_year=maintenance
    )
    factors = [(1 + rate) ** -year for year in range(1, years + 1)]
    worth = price + sum(maintenance * factor for factor in factors) - resale * price * factors[-1]
    assert sum(yearly * factor for factor in factors) == pytest.approx(worth, rel=1e-9, abs=1e-6)


# 4. Prices of hours give a bound.


@few(12)
@given(load=loads, held=st.floats(0.1, 0.9), drawn=st.lists(st.floats(0, 1), min_size=24, max_size=24))
def test_prices_between_own_and_rented_that_holding_covers_are_a_bound(
    load: list[float], held: float, drawn: list[float]
) -> None:
    own, rented = 0.5, 2.0
    fixed = held * (rented - own) * 24
    frame, assumptions = rent_or_buy(load, fixed, own, rented, whole_servers=False)
    made = plan(frame, assumptions)
    above = np.array(drawn) * (rented - own)
    above *= min(1.0, fixed / above.sum()) if above.sum() > 0 else 1.0
    no_less(made.total_cost, float((own + above) @ np.array(load)))
    # The best prices: rented in the hours of most demand, as many as F pays for.
    best, left = np.full(24, own), fixed
    for hour in np.argsort(load)[::-1]:
        best[hour] += min(rented - own, left)
        left -= best[hour] - own
    assert made.total_cost == pytest.approx(float(best @ np.array(load)), rel=2e-6, abs=1e-6)


# 5. Group means never above, group maxima never below.


def grouped(load: np.ndarray, hours: int, how: str) -> np.ndarray:
    blocks = load.reshape(-1, hours)
    return np.repeat(blocks.mean(axis=1) if how == "mean" else blocks.max(axis=1), hours)


@st.composite
def mixed(draw: st.DrawFn, *, whole: bool | None = None, limits: bool = True) -> tuple[dict[str, list[float]], Tree]:
    """Two workloads over some days or months: servers, a reservation, on-demand without limit, spot; no resale."""
    period, per_period = draw(st.sampled_from([("day", 24), ("month", 1)]))
    periods = draw(st.integers(2, 3 if period == "day" else 5))
    hours = 24 if period == "day" else 730
    count = periods * per_period
    amount = st.integers(0, 9).map(lambda gpus: float(gpus) * (1 if period == "day" else 730))
    demand = {name: draw(st.lists(amount, min_size=count, max_size=count)) for name in ("a", "b")}
    life, term = draw(st.integers(1, periods + 1)), draw(st.integers(1, periods + 1))
    gpus = draw(st.sampled_from([1, 2]))
    box = server(
        draw(st.floats(0.3, 1.5)) * gpus * hours * life,
        f"{life} {period}s",
        gpus=gpus,
        lead_time=f"{draw(st.integers(0, 1))} {period}s",
        whole_servers=draw(st.booleans()) if whole is None else whole,
        maintenance_per_year=draw(st.sampled_from([0.0, 0.1])),
        price_trend_per_year=draw(st.sampled_from([0.0, -0.5])),
    )
    cloud = offer(
        draw(st.floats(2.0, 3.5)),
        reserved={"r": {"term": f"{term} {period}s", "hourly": draw(st.floats(0.5, 2.5)), "upfront": 1.0}},
        storage_per_gb_month=0.05,
        egress_per_gb=0.1,
        price_trend_per_year=draw(st.sampled_from([0.0, -0.3])),
    )
    if draw(st.booleans()):
        cloud["spot"] = {"price": draw(st.floats(0.4, 1.8)), "lost_work": draw(st.sampled_from([0.0, 0.2]))}
    works = workloads("a", "b", storage_gb=10.0, egress_gb_per_gpu_hour=0.2)
    works["a"] |= {"interruptible": True, "spot_max_share": draw(st.sampled_from([0.3, 1.0]))}
    if draw(st.booleans()):
        works["b"]["unserved_penalty"] = draw(st.floats(1.0, 5.0))
    home = site(draw(st.floats(0.0, 0.5)), storage_per_gb_month=0.01)
    if limits and draw(st.booleans()):
        home["power_limit_kw"] = draw(st.floats(1.0, 12.0))
    assumptions = tree(period, periods, workloads=works, sites={"s": home}, servers={"box": box}, cloud={"c": cloud})
    assumptions["finance"]["discount_rate"] = draw(st.sampled_from([0.0, 0.3]))
    return demand, assumptions


def frame_of(demand: dict[str, Any], assumptions: Tree) -> pd.DataFrame:
    return forecast(freq="h" if assumptions["horizon"]["period"] == "day" else "MS", **demand)


@few(8)
@given(case=mixed(whole=False))
def test_group_means_cost_no_more_and_maxima_no_less(case: tuple[dict[str, list[float]], Tree]) -> None:
    """Hours of a forecast replaced by means over 4, then 24 hours; storage aside, whose price is per share of work."""
    demand, assumptions = case
    assume(assumptions["horizon"]["period"] == "day")
    assumptions = changed(assumptions, workloads__a__storage_gb=0.0, workloads__b__storage_gb=0.0)

    def cost(hours: int, how: str) -> float:
        coarse = {name: grouped(np.array(load), hours, how) for name, load in demand.items()}
        return plan(frame_of(coarse, assumptions), assumptions, relax=True).total_cost

    by_day, by_four, exact, above = cost(24, "mean"), cost(4, "mean"), cost(1, "mean"), cost(4, "max")
    no_less(by_four, by_day)
    no_less(exact, by_four)
    no_less(above, exact)


# 7. Monotone, scaling, splitting.

DEARER = {
    "on-demand": {"cloud__c__on_demand": 3.6},
    "a server": {"servers__box__price": 1.6 * 2 * 730 * 6.0},
    "electricity": {"sites__s__electricity_price": 0.7},
    "a reservation": {"cloud__c__reserved__r__hourly": 2.6},
    "egress": {"cloud__c__egress_per_gb": 0.3},
    "storage": {"cloud__c__storage_per_gb_month": 0.5},
    "PUE": {"sites__s__pue": 1.5},
    "installation": {"servers__box__install_cost": 50.0},
}


@few(12)
@given(case=mixed(), what=st.sampled_from(sorted(DEARER)))
def test_cost_never_falls_when_a_price_rises(case: tuple[dict[str, list[float]], Tree], what: str) -> None:
    demand, assumptions = case
    # Without the power limit, which counts PUE and is not a price.
    assumptions["sites"]["s"].pop("power_limit_kw", None)
    frame = frame_of(demand, assumptions)
    no_less(plan(frame, changed(assumptions, **DEARER[what])).total_cost, plan(frame, assumptions).total_cost)


@few(10)
@given(case=mixed(), more=st.lists(st.integers(0, 3), min_size=72, max_size=72), which=st.sampled_from(["a", "b"]))
def test_cost_never_falls_when_demand_rises(
    case: tuple[dict[str, list[float]], Tree], more: list[int], which: str
) -> None:
    """Storage aside: it is shared by where a period's work ran, so that more work at the cheaper place lowers it."""
    demand, assumptions = case
    assumptions = changed(assumptions, workloads__a__storage_gb=0.0, workloads__b__storage_gb=0.0)
    risen = {**demand, which: [amount + extra for amount, extra in zip(demand[which], more, strict=False)]}
    no_less(
        plan(frame_of(risen, assumptions), assumptions).total_cost,
        plan(frame_of(demand, assumptions), assumptions).total_cost,
    )


@few(12)
@given(case=mixed(), price=st.floats(0.5, 3.0), what=st.sampled_from(["offer", "server", "reserved", "penalty"]))
def test_another_option_never_raises_the_cost(
    case: tuple[dict[str, list[float]], Tree], price: float, what: str
) -> None:
    demand, assumptions = case
    period = assumptions["horizon"]["period"]
    hours = 24 if period == "day" else 730
    added = {
        "offer": {"cloud__new": offer(price)},
        "server": {"servers__new": server(price * hours, f"1 {period}")},
        "reserved": {"cloud__c__reserved__new": {"term": f"1 {period}", "upfront": price * hours}},
        "penalty": {"workloads__a__unserved_penalty": price},
    }[what]
    frame = frame_of(demand, assumptions)
    no_less(plan(frame, assumptions).total_cost, plan(frame, changed(assumptions, **added)).total_cost)


LIMITS = {
    "power": {"sites__s__power_limit_kw": 3.0},
    "rack units": {"sites__s__rack_units": 5.0, "servers__box__rack_units": 2.0},
    "servers": {"servers__box__max_servers": 2.0},
    "orders": {"servers__box__max_order_per_period": 1.0},
    "sold from": {"servers__box__available_from": "2027-01-02"},
    "spot share": {"workloads__a__spot_max_share": 0.1},
    "whole servers": {"servers__box__whole_servers": True},
    "whole instances": {"cloud__c__whole_instances": True},
    "location": {"workloads__a__location": "cloud"},
    "headroom": {"sites__s__headroom": 0.2},
}


@few(20)
@given(case=mixed(whole=False, limits=False), what=st.sampled_from(sorted(LIMITS)))
def test_relaxing_a_limit_never_raises_the_cost(case: tuple[dict[str, list[float]], Tree], what: str) -> None:
    demand, assumptions = case
    frame = frame_of(demand, assumptions)
    no_less(plan(frame, changed(assumptions, **LIMITS[what])).total_cost, plan(frame, assumptions).total_cost)


@few(8)
@given(case=mixed(whole=False, limits=False), factor=st.sampled_from([0.01, 3.0, 1e4]))
def test_scaling_all_demand_scales_the_cost(case: tuple[dict[str, list[float]], Tree], factor: float) -> None:
    """Where nothing is absolute: fractions of servers, no limits, no storage (which is a fixed cost)."""
    demand, assumptions = case
    assumptions = changed(assumptions, workloads__a__storage_gb=0.0, workloads__b__storage_gb=0.0)
    scaled = {name: [factor * amount for amount in amounts] for name, amounts in demand.items()}
    before = plan(frame_of(demand, assumptions), assumptions, relax=True).total_cost
    after = plan(frame_of(scaled, assumptions), assumptions, relax=True, gap=1e-7).total_cost
    assert after == pytest.approx(factor * before, rel=3 * GAP, abs=1e-6 * max(factor, 1))


@few(10)
@given(case=mixed(), which=st.sampled_from(["a", "b"]))
def test_splitting_a_workload_into_equal_halves_changes_nothing(
    case: tuple[dict[str, list[float]], Tree], which: str
) -> None:
    """Storage is halved too: it belongs to the work."""
    demand, assumptions = case
    half = [amount / 2 for amount in demand[which]]
    split = {**{name: load for name, load in demand.items() if name != which}, "left": half, "right": half}
    works = {name: work for name, work in assumptions["workloads"].items() if name != which}
    part = {**assumptions["workloads"][which], "storage_gb": 5.0}
    halves = changed(assumptions, workloads={**works, "left": part, "right": part})
    before = plan(frame_of(demand, assumptions), assumptions)
    after = plan(frame_of(split, halves), halves)
    assert after.total_cost == pytest.approx(before.total_cost, rel=3 * GAP, abs=1e-6)


# 8. The cost lines are the programme's objective.


@few(10)
@given(case=mixed(whole=False))
def test_cost_lines_sum_to_what_the_programme_proves(case: tuple[dict[str, list[float]], Tree]) -> None:
    """With fractions and gap 0 the solver's own bound is the optimum: nothing but the lines' arithmetic is between."""
    demand, assumptions = case
    made = plan(frame_of(demand, assumptions), assumptions, gap=0, relax=True)
    assert made.costs["discounted"].sum() == pytest.approx(made.bound, rel=1e-6, abs=1e-6)
