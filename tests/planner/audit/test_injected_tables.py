"""Tables that are tampered with: each fault is caught by the check named for it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

LAB, ANNEX, HELD, RENT, SPOT, A2 = range(6)
CHAT, BATCH = 0, 1


def cell(table, row, column, change):
    """A cell of a table becomes change(cell)."""

    def fault(plan):
        frame = getattr(plan.schedule, table).copy()
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = change(frame.loc[row, column])
        plan.set_table(table, frame)

    return fault


def append(table, *values):
    def fault(plan):
        frame = getattr(plan.schedule, table)
        plan.set_table(table, pd.DataFrame([*frame.itertuples(index=False), values], columns=frame.columns))

    return fault


def drop(table, row=0):
    return lambda plan: plan.set_table(table, getattr(plan.schedule, table).drop(index=row))


def both(*faults):
    def fault(plan):
        for one in faults:
            one(plan)

    return fault


def plus_one(value):
    return value + 1


def to(value):
    return lambda _: value


def rename_column(plan):
    plan.set_table("use", plan.schedule.use.rename(columns={"pool": "x"}))


def total_plus(amount):
    def fault(plan):
        plan.schedule = replace(plan.schedule, total_cost=plan.schedule.total_cost + amount)

    return fault


CELLS = {
    # purchases and capacity; row 2 is one server ordered in February for the lab, in service March and April
    "an order one period early": (cell("purchases", 2, "period", to("2027-01")), "capacity"),
    "an order and its delivery one period early": (
        both(cell("purchases", 2, "period", to("2027-01")), cell("purchases", 2, "in_service", to("2027-02"))),
        "capacity",
    ),
    "in service one period early": (cell("purchases", 2, "in_service", to("2027-02")), {"capacity"}),
    "capacity one period early": (append("capacity", "2027-01", "lab/hgx", 2.0, 10.0), {"capacity"}),
    "a count + 1": (cell("purchases", 0, "count", plus_one), "capacity"),
    "a count + 1, cost and gpus alike": (
        both(
            cell("purchases", 2, "count", to(2.0)),
            cell("purchases", 2, "gpus", to(10.0)),
            cell("purchases", 2, "cost", lambda cost: cost * 2),
        ),
        "capacity",
    ),
    "an order left out": (drop("purchases"), "capacity"),
    "gpus of an order": (cell("purchases", 0, "gpus", plus_one), {"capacity"}),
    "capacity after its lifetime": (cell("capacity", 2, "units", plus_one), {"capacity"}),
    "capacity missing": (drop("capacity", 1), {"capacity"}),
    "gpus of capacity": (cell("capacity", 0, "gpus", plus_one), {"capacity"}),
    "a commitment a period earlier": (cell("commitments", 0, "period", to("2027-01")), "capacity"),
    "until one period later": (cell("commitments", 0, "until", to("2027-05")), {"capacity"}),
    "gpus of a commitment": (cell("commitments", 0, "gpus", plus_one), {"capacity"}),
    "a commitment left out": (drop("commitments"), "capacity"),
    "arrival after the end": (cell("purchases", 2, "period", to("2027-04")), "orders-possible"),
    # sums of hours
    "use": (cell("use", 0, "gpu_hours", plus_one), {"use-table"}),
    "share of capacity": (cell("use", 0, "share_of_capacity", lambda share: share * 1.001), {"use-table"}),
    "use left out": (drop("use"), {"use-table"}),
    "use of a pool without capacity": (append("use", "2027-01", "lab/hgx", "chat", 3.0, 0.1), {"use-table"}),
    "rentals": (cell("rentals", 0, "gpu_hours", plus_one), {"rentals-table"}),
    "cost of rentals": (cell("rentals", 0, "cost", plus_one), {"rentals-table"}),
    "rentals left out": (drop("rentals"), {"rentals-table"}),
    "rentals of nothing": (append("rentals", "2027-01", "a2", "on_demand", "chat", 3.0, 9.0), {"rentals-table"}),
    "unserved": (cell("unserved", 0, "gpu_hours", plus_one), {"unserved-table"}),
    "unserved left out of its table": (drop("unserved"), {"unserved-table"}),
    "unserved of another workload": (append("unserved", "2027-01", "chat", 3.0), {"unserved-table"}),
    # money of orders
    "cost of an order": (cell("purchases", 1, "cost", plus_one), {"purchases-cost"}),
    "cost of a commitment": (cell("commitments", 1, "cost", plus_one), {"commitments-cost"}),
    "total": (total_plus(10.0), {"total"}),
    "total, a little": (total_plus(-2.0), {"total"}),
    # form
    "a column left out": (lambda p: p.set_table("use", p.schedule.use.drop(columns="pool")), "tables-well-formed"),
    "a column renamed": (rename_column, "tables-well-formed"),
    "a column too many": (lambda p: p.set_table("use", p.schedule.use.assign(x=1)), {"tables-well-formed"}),
    "unknown server": (cell("purchases", 0, "server", to("hgy")), "tables-well-formed"),
    "unknown site": (cell("purchases", 0, "site", to("cellar")), "tables-well-formed"),
    "unknown offer": (cell("commitments", 0, "offer", to("p6")), "tables-well-formed"),
    "unknown option": (cell("commitments", 0, "option", to("5y")), "tables-well-formed"),
    "an option of another offer": (cell("commitments", 0, "offer", to("a2")), "tables-well-formed"),
    "unknown pool": (cell("capacity", 0, "pool", to("hgx/lab")), "tables-well-formed"),
    "unknown workload": (cell("rentals", 0, "workload", to("night")), "tables-well-formed"),
    "unknown component": (append("costs", "2027-01", "coffee", 0.0, 0.0), {"tables-well-formed"}),
    "a cost of nothing": (append("costs", "2027-01", "setup", 3.0, 0.0), {"cost-setup"}),
    "unknown period": (append("unserved", "2028-01", "batch", 0.0), {"tables-well-formed"}),
    "period past the horizon": (append("capacity", "2027-05", "lab/hgx", 2.0, 10.0), {"tables-well-formed"}),
    "not a number": (cell("use", 0, "gpu_hours", to(np.nan)), "tables-well-formed"),
    "text": (cell("use", 0, "gpu_hours", to("many")), "tables-well-formed"),
    "infinite": (cell("rentals", 0, "cost", to(np.inf)), "tables-well-formed"),
    "negative count": (append("purchases", "2027-03", "lab", "hgx", -1, -5, "2027-04", -1), {"tables-well-formed"}),
    "fraction of a server": (cell("purchases", 0, "count", to(1.5)), "tables-well-formed"),
    "a row twice": (append("unserved", "2027-01", "batch", 0.0), {"tables-well-formed"}),
    "total is not a number": (total_plus(np.nan), {"tables-well-formed", "total"}),
    "a cost past the horizon and all terms": (append("costs", "2027-06", "staff", 100.0, 0.0), {"cost-staff"}),
    "a cost past the horizon": (append("costs", "2027-05", "reserved_hourly", 100.0, 0.0), {"cost-reserved-hourly"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", CELLS)
def test_tampered_tables(toy, fault):
    change, caught = CELLS[fault]
    plan = toy().build()
    change(plan)
    if isinstance(caught, str):
        assert caught in plan.failed()
    else:
        assert plan.failed() == caught


def test_rentals_of_nothing_should_be_nothing(toy):
    plan = toy().build()
    append("rentals", "2027-01", "a2", "on_demand", "chat", 3.0, 0.0)(plan)
    assert plan.detail("rentals-table") == "2027-01, chat on a2/on_demand: found 3 GPU-hours, expected 0"


def test_more_findings_than_are_told_are_counted(toy):
    plan = toy().build()
    plan.set_table("use", plan.schedule.use.iloc[:0])
    assert plan.detail("use-table").count("found 0 GPU-hours") == 3
    assert plan.detail("use-table").endswith(f"; and {len(toy().build().schedule.use) - 3} more")


def test_details_say_period_entry_found_and_expected(toy):
    plan = toy().build()
    cell("capacity", 2, "units", plus_one)(plan)
    assert plan.detail("capacity") == "2027-04, lab/hgx: found 2 units, expected 1 units"
    plan = toy().build()
    cell("purchases", 2, "in_service", to("2027-02"))(plan)
    assert plan.detail("capacity") == "2027-02, lab/hgx: found in service 2027-02, expected in service 2027-03"


def test_a_term_outlived(toy):
    plan = toy(settings=[("cloud.p5.reserved.term.term", "2 months")]).build()
    assert {"capacity", "pool-use", "commitments-cost"} <= plan.failed()
    assert "2027-02, p5/term: found until 2027-04, expected until 2027-03" in plan.detail("capacity")


def test_servers_kept_beyond_their_lifetime(toy):
    plan = toy(life=3, settings=[("servers.hgx.lifetime", "2 months")]).build()
    assert {"capacity", "pool-use"} <= plan.failed()


def test_lead_time_ignored(toy):
    plan = toy(lead=0, settings=[("servers.hgx.lead_time", "1 month")]).build()
    assert {"capacity", "pool-use"} <= plan.failed()


def test_whole_instances(toy):
    plan = toy(settings=[("cloud.p5.whole_instances", True)]).build()
    assert plan.failed() == {"tables-well-formed"}
    assert "2027-03, p5/term: found count 0.5, expected a whole number" in plan.detail("tables-well-formed")
    plan.relax = True
    assert plan.failed() == set()


def test_fractions_of_servers_need_relax_or_the_assumption(toy):
    assert toy(orders=[(0, "lab", 1.5)]).build().failed() == {"tables-well-formed"}
    assert toy(orders=[(0, "lab", 1.5)], relax=True).build().failed() == set()
    assert toy(orders=[(0, "lab", 1.5)], settings=[("servers.hgx.whole_servers", False)]).build().failed() == set()


def test_a_life_or_term_shorter_than_a_period(toy):
    server = toy(settings=[("servers.hgx.lifetime", "2 weeks")]).build()
    assert "expected at least one period" in server.detail("orders-possible")
    offer = toy(settings=[("cloud.p5.reserved.term.term", "2 weeks")]).build()
    assert "p5/term: found a term shorter than a period" in offer.detail("orders-possible")


@pytest.mark.parametrize(("table", "name"), [("use", "use-table"), ("rentals", "rentals-table")])
def test_rows_of_supplies_that_the_dispatch_does_not_have(toy, table, name):
    plan = toy(orders=[], commitments=[(0, 1.0)]).build()
    column = {"use": ANNEX, "rentals": A2}[table]
    plan.dispatch.supplies = tuple(supply for s, supply in enumerate(plan.dispatch.supplies) if s != column)
    plan.dispatch.periods = [replace(made, gpus=np.delete(made.gpus, column, axis=2)) for made in plan.dispatch.periods]
    assert (name in plan.failed()) == (table == "rentals")
    if table == "use":
        append("use", "2027-01", "annex/hgx", "batch", 1.0, 0.1)(plan)
        assert plan.failed() == {"use-table"}
        assert "found 1 GPU-hours, expected 0" in plan.detail("use-table")
