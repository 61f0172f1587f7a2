"""Tables of a plan with everything in it, tampered with: each fault is caught by the check that is named for it."""

import pandas as pd
import pytest
from audit_cases import SUPPLIES, Everything, share_at
from audit_made import slug

AT = {supply: s for s, supply in enumerate(SUPPLIES)}
COMPONENTS = (
    "servers", "installation", "setup", "resale", "maintenance", "electricity", "staff", "on_demand", "spot",
    "reserved_upfront", "reserved_hourly", "spend_commitment", "api", "support", "egress", "storage", "carbon",
    "unserved",
)  # fmt: skip


def test_every_component_but_hosting_is_in_the_plan_that_is_tampered_with():
    assert set(Everything().build().schedule.costs["component"]) == set(COMPONENTS)


CELLS = {
    "money promised": (
        ("spend_commitments", 0, "amount_per_hour", 41.0),
        {"spend-commitments", "cost-spend-commitment", "cost-support", "total"},
    ),
    "its end": (("spend_commitments", 1, "until", "2027-03"), {"spend-commitments"}),
    "its cost": (("spend_commitments", 1, "cost", 20.0 * (744 + 744)), {"spend-commitments"}),
    "its name": (("spend_commitments", 0, "name", "thrift"), "tables-well-formed"),
    "drawn hours": (("rentals", 1, "gpu_hours", 1000.0), {"rentals-table"}),
    "drawn hours at a price": (("rentals", 1, "cost", 50.0), {"rentals-table"}),
    "drawn from another": (("rentals", 1, "option", "thrift"), "tables-well-formed"),
    "input tokens": (("api_use", 0, "input_tokens", 1e9), {"api-use"}),
    "output tokens": (("api_use", 1, "output_tokens", 1.6e9), {"api-use"}),
    "cost of tokens": (("api_use", 2, "cost", 0.0), {"api-use"}),
    "an API that is none": (("api_use", 0, "api", "claude"), "tables-well-formed"),
    "proceeds of a sale": (("sales", 0, "amount", 310000.0), {"sales"}),
    "proceeds of another sale": (("sales", 1, "amount", 300000.0), {"sales"}),
    "servers sold": (("sales", 1, "count", 2.0), {"capacity", "sales", "cost-resale", "total"}),
    "a fraction of a server": (("sales", 1, "count", 0.5), "tables-well-formed"),
    "sold from another order": (("sales", 1, "acquired", "2027-01"), "sales"),
    "sold from the wrong entry of the fleet": (("sales", 0, "acquired", "fleet 2"), "sales"),
    "sold from an entry of the fleet that does not exist": (("sales", 0, "acquired", "fleet 4"), "sales"),
    "sold at another site": (("sales", 0, "site", "attic"), "sales"),
    "sold in another month": (("sales", 0, "period", "2027-02"), {"capacity", "sales", "cost-resale"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", CELLS)
def test_tampered_tables(fault):
    cell, caught = CELLS[fault]
    plan = Everything().build()
    assert plan.table("rentals").loc[1, "option"] == "savings"
    plan.set_cell(*cell)
    if isinstance(caught, str):
        assert caught in plan.failed()
    else:
        assert plan.failed() >= caught
        assert plan.failed() <= caught | {"total", "cost-maintenance", "cost-electricity", "cost-staff", "cost-carbon",
                                          "use-table", "pool-use"}  # fmt: skip


ROWS_LEFT_OUT = {
    "spend_commitments": {"spend-drawn", "cost-spend-commitment", "cost-support", "total"},
    "sales": {"capacity", "use-table", "cost-resale", "total"},
    "api_use": {"api-use"},
    "commitments": {"capacity", "cost-reserved-upfront", "cost-reserved-hourly", "cost-support", "total"},
}


@pytest.mark.parametrize("table", ROWS_LEFT_OUT)
def test_a_row_left_out(table):
    plan = Everything().build()
    plan.set_table(table, plan.table(table).drop(index=0))
    assert plan.failed() >= ROWS_LEFT_OUT[table]


def test_rows_of_nothing():
    plan = Everything().build()
    plan.append("api_use", "2026-12", "gpt", "batch", 5.0, 0.0, 0.0)
    assert plan.failed() == {"api-use"}
    assert plan.detail("api-use") == "2026-12, batch by gpt: found 5 input tokens, expected 0"


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("change", ["sign", "left out", "not discounted", "start and middle swapped"])
def test_tampered_cost_lines(component, change):
    plan = Everything().build()
    costs = plan.schedule.costs.copy()
    rows = costs["component"] == component
    if change == "sign":
        costs.loc[rows, ["amount", "discounted"]] *= -1.0
    elif change == "left out":
        costs = costs.drop(index=costs.index[rows][0])
    elif change == "not discounted":
        costs.loc[rows, "discounted"] = costs.loc[rows, "amount"] + 1.0
    else:
        costs.loc[rows, "discounted"] *= 1.08 ** (1 / 24)
    plan.set_table("costs", costs)
    plan.retotal()
    name = slug(component)
    assert name in plan.failed()
    assert plan.failed() <= {name, "total"}


# --- sales


def test_what_may_not_be_sold():
    """Attempts at selling in words: each is told what would have been possible."""
    attempts = {
        ("2027-03", "attic", "fleet 2"): "expected none: it has no resale value",
        ("2027-03", "lab", "fleet 3"): "found sold in 2027-03, expected never",
        ("2027-02", "lab", "2027-01"): "found sold in 2027-02, expected from 2027-03 to 2027-03",
        ("2026-12", "annex", "2026-12"): "found sold in 2026-12, expected from 2027-02 to 2027-03",
        ("2027-02", "lab", "2026-12"): "found acquired 2026-12, expected one of 2027-01, fleet 1, fleet 3",
    }
    for (label, site, acquired), text in attempts.items():
        plan = Everything().build()
        plan.set_table("sales", plan.schedule.sales.iloc[:0])
        plan.append("sales", label, site, "hgx", 1.0, acquired, 0.0)
        assert text in plan.detail("sales"), acquired


def test_what_is_there_at_the_start_may_be_sold_at_once():
    plan = Everything().build()
    plan.set_cell("sales", 0, "period", "2026-12")
    plan.set_cell("sales", 0, "amount", 310000.0 * share_at(3 - 14 * 12 / 365))  # 15 September to 1 December
    assert "sales" not in plan.failed()
    assert "capacity" in plan.failed()


def test_more_sold_than_there_is_adds_up_over_months():
    plan = Everything().build()
    plan.append("sales", "2027-02", "lab", "hgx", 1.0, "fleet 1", 0.0)
    plan.append("sales", "2027-03", "lab", "hgx", 1.0, "fleet 1", 0.0)
    assert "2027-03, lab/hgx of fleet 1: found 3 sold so far, expected at most 2" in plan.detail("sales")
    assert "2027-02, lab/hgx of fleet 1: found 2 sold" not in plan.detail("sales")


def test_tables_that_are_not_there_are_empty():
    """A schedule without the tables of this part of the format: nothing promised, sold or bought by the token."""
    plan = Everything().build()
    for table in ("spend_commitments", "api_use", "sales"):
        plan.set_table(table, pd.DataFrame(columns=plan.table(table).columns))
    assert {"spend-drawn", "api-use", "capacity", "cost-resale", "cost-spend-commitment"} <= plan.failed()


def test_spot_has_a_limit_of_its_own():
    assert Everything(settings={"cloud.p5.spot.max_gpus": 0.0}).build().failed() == {"spot-max-gpus"}
