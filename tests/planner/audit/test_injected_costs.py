"""Cost lines that are tampered with, and when orders can be made and hardware sold: each fault is caught."""

import pytest
from audit_made import slug

LAB, ANNEX, HELD, RENT, SPOT, A2 = range(6)
CHAT, BATCH = 0, 1

COMPONENTS = (
    "servers", "installation", "resale", "maintenance", "electricity", "hosting", "staff", "on_demand", "spot",
    "reserved_upfront", "reserved_hourly", "egress", "storage", "unserved",
)  # fmt: skip


def test_every_component_is_in_the_plan_that_is_tampered_with(toy):
    assert set(toy().build().schedule.costs["component"]) == set(COMPONENTS)


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_sign_of_a_cost_line(toy, component):
    plan = toy().build()
    plan.set_cost(component, lambda amounts: -amounts)
    assert plan.failed() == {slug(component), "total"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_cost_line_left_out(toy, component):
    plan = toy().build()
    costs = plan.schedule.costs
    plan.set_table("costs", costs.drop(index=costs.index[costs["component"] == component][0]))
    plan.retotal()
    assert plan.failed() == {slug(component), "total"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_start_and_middle_discount_swapped(toy, component):
    half = 1.08 ** (1 / 24)
    early = component in ("servers", "installation", "reserved_upfront", "resale")
    plan = toy().build()
    plan.set_cost(component, lambda amounts: amounts / half if early else amounts * half, "discounted")
    assert plan.failed() >= {slug(component)}
    assert plan.failed() <= {slug(component), "total"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_cost_line_not_discounted(toy, component):
    plan = toy().build()
    costs = plan.schedule.costs
    discounted = costs["discounted"].where(costs["component"] != component, costs["amount"])
    plan.set_table("costs", costs.assign(discounted=discounted))
    plan.retotal()
    assert slug(component) in plan.failed()


def test_resale_at_the_wrong_age(toy):
    """Counted from the order instead of from entering service: 3 months (0.5) instead of 2 (0.65)."""
    plan = toy().build()
    costs = plan.schedule.costs
    row = costs.index[(costs["component"] == "resale") & (costs["period"] == "2027-03")][0]
    costs.loc[row, ["amount", "discounted"]] *= 0.5 / 0.65
    plan.retotal()
    assert plan.failed() == {"cost-resale", "total"}
    assert plan.detail("cost-resale").startswith("2027-03, resale: found amount -375000, expected -487500")


def test_resale_booked_a_period_late(toy):
    plan = toy().build()
    costs = plan.schedule.costs
    costs.loc[(costs["component"] == "resale") & (costs["period"] == "2027-03"), "period"] = "2027-02"
    assert plan.failed() == {"cost-resale"}


def test_end_of_life_at_the_horizon_end_is_always_sold(toy):
    """Ordered in February, in service March and April: its life ends exactly with the horizon."""
    plan = toy(hardware_at_end="none", orders=[(1, "lab", 1.0)]).build()
    assert plan.schedule.costs["component"].eq("resale").sum() == 1
    assert plan.failed() == set()
    plan.set_table("costs", plan.schedule.costs[plan.schedule.costs["component"] != "resale"])
    plan.retotal()
    assert plan.failed() == {"cost-resale", "total"}


@pytest.mark.parametrize(
    ("key", "moment", "possible"),
    [
        ("available_from", "2027-02-01T00:00", True),
        ("available_from", "2027-02-01T01:00", False),
        ("available_from", "2027-02-01T01:00+02:00", True),
        ("available_until", "2027-02-01", True),
        ("available_until", "2027-01-31", False),
        ("available_until", "2027-01-31T12:00", False),
        ("available_until", "2027-02-01T12:00", True),
    ],
)
def test_when_a_server_can_be_ordered(toy, key, moment, possible):
    plan = toy(orders=[(1, "lab", 1.0)], settings=[(f"servers.hgx.{key}", moment)]).build()
    assert plan.failed() == (set() if possible else {"orders-possible"})


def test_a_date_until_which_a_server_can_be_ordered_is_a_whole_day(toy):
    settings = [("servers.hgx.available_until", "2027-02-01")]
    plan = toy(start="2027-01-01T12:00", orders=[(1, "lab", 1.0)], settings=settings).build()
    assert plan.failed() == set()
