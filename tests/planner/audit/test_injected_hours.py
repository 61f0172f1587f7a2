"""Hours that are tampered with before the tables are made from them: each fault is caught by the check named for it."""

from dataclasses import replace

import numpy as np
import pytest

from planner.dispatch import PeriodDispatch, Supply, SupplyKind

LAB, ANNEX, HELD, RENT, SPOT, A2 = range(6)
CHAT, BATCH = 0, 1


def scale(w, s, factor, hours=slice(None)):
    def change(dispatch):
        for made in dispatch.periods:
            made.gpus[hours, w, s] *= factor

    return change


def hide_unserved(dispatch):
    for made in dispatch.periods:
        made.unserved[:] = 0.0


def unserved_without_penalty(dispatch):
    made = dispatch.periods[0]
    made.unserved[5, CHAT] = made.gpus[5, CHAT, RENT]
    made.gpus[5, CHAT, RENT] = 0.0


def all_on_spot(dispatch):
    for made in dispatch.periods:
        work = made.gpus[:, BATCH, A2] * 0.45 + made.gpus[:, BATCH, RENT]
        made.gpus[:, BATCH, SPOT] += work / 0.9
        made.gpus[:, BATCH, [A2, RENT]] = 0.0


def more_than_the_pool(dispatch):
    made = dispatch.periods[3]
    made.gpus[7, BATCH, ANNEX] += made.gpus[7, BATCH, A2] * 0.45 + made.gpus[7, BATCH, RENT] + 10.0
    made.gpus[7, BATCH, [A2, RENT, SPOT]] = 0.0


def before_delivery(dispatch):
    made = dispatch.periods[0]
    made.gpus[:, BATCH, LAB] = made.gpus[:, BATCH, RENT]
    made.gpus[:, BATCH, RENT] = 0.0


HOURS = {
    "unserved demand hidden": (hide_unserved, {"demand-served"}),
    "one hour not served": (scale(CHAT, RENT, 0.5, slice(3, 4)), {"demand-served"}),
    "a little too little": (scale(BATCH, SPOT, 0.9999), {"demand-served"}),
    "more than demand": (scale(CHAT, RENT, 1.01), {"demand-served"}),
    "must be served": (unserved_without_penalty, {"demand-served"}),
    "a pool before its delivery": (before_delivery, {"pool-use"}),
    "more than the pool has": (more_than_the_pool, {"pool-use", "demand-served"}),
}


@pytest.mark.parametrize("fault", HOURS)
def test_tampered_hours(toy, fault):
    change, caught = HOURS[fault]
    assert toy().build(change).failed() == caught


def test_spot_share_exceeded(toy):
    plan = toy(spot_max_share=0.2).build(all_on_spot)
    assert plan.failed() == {"spot-share"}
    assert "expected at most 2.2 (" in plan.detail("spot-share")
    assert "cases, the worst of them told)" in plan.detail("spot-share")


def test_unserved_tells_the_hour(toy):
    plan = toy().build(scale(CHAT, RENT, 0.5, slice(3, 4)))
    assert plan.detail("demand-served").startswith("2027-01, hour 3, chat: found ")


def malformed(change):
    def fault(plan):
        plan.dispatch.periods[1] = change(plan.dispatch.periods[1])

    return fault


def nan(made):
    made.gpus[0, 0, 0] = np.nan
    return made


def negative(made):
    made.gpus[0, BATCH, A2] -= 5.0
    made.gpus[0, BATCH, RENT] += 2.25
    return made


def rename(plan):
    plan.dispatch.workloads = ("chat", "night")


def unknown_supply(plan):
    plan.dispatch.supplies = (*plan.dispatch.supplies[:5], Supply(SupplyKind.ON_DEMAND, "b9", "on_demand"))


def twice_the_supply(plan):
    plan.dispatch.supplies = (*plan.dispatch.supplies[:5], plan.dispatch.supplies[3])


def spot_that_is_not_sold(plan):
    plan.dispatch.supplies = (*plan.dispatch.supplies[:5], Supply(SupplyKind.SPOT, "a2", "spot"))


DISPATCH = {
    "a period is missing": (lambda plan: plan.dispatch.periods.pop(), "2027-04: found no hours"),
    "a period twice": (lambda p: p.dispatch.periods.append(p.dispatch.periods[0]), "2027-01: found the period twice"),
    "past the horizon": (malformed(lambda made: replace(made, period=4)), "found a period outside the horizon"),
    "an hour is missing": (malformed(lambda m: PeriodDispatch(1, m.gpus[1:], m.unserved[1:])), "shapes (671, 2, 6)"),
    "not a number": (malformed(nan), "2027-02: found numbers that are not finite"),
    "negative": (malformed(negative), "2027-02: found -"),
    "workloads": (rename, "workloads: found chat, night, expected chat, batch"),
    "unknown supply": (unknown_supply, "supplies: found b9/on_demand"),
    "spot that is not sold": (spot_that_is_not_sold, "supplies: found a2/spot"),
    "a supply twice": (twice_the_supply, "a supply twice"),
}


@pytest.mark.parametrize("fault", DISPATCH)
def test_malformed_dispatch(toy, fault):
    change, text = DISPATCH[fault]
    plan = toy().build()
    change(plan)
    assert "dispatch-well-formed" in plan.failed()
    assert text in plan.detail("dispatch-well-formed")


def test_workloads_of_the_dispatch_may_stand_in_another_order(toy):
    plan = toy().build()
    plan.dispatch.workloads = plan.dispatch.workloads[::-1]
    plan.dispatch.periods = [
        PeriodDispatch(made.period, made.gpus[:, ::-1], made.unserved[:, ::-1]) for made in plan.dispatch.periods
    ]
    assert plan.failed() == set()
