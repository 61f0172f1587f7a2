"""What an hour costs and emits, and what limits on money and carbon count, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hybrid_lp.instance import Budget
from planning_cases import Tree, changed, forecast, offer, server, site, tree, workloads

from planner.api import read_inputs
from planner.prepare import Prepared

HOURS = np.array([744.0, 672, 744])


def case(**changes: Any) -> Tree:
    """January to March 2027; a server of 2 GPUs that draws 1 kW idle and 3 kW busy, an offer of 4 GPUs, no discount."""
    assumptions = tree(
        "month",
        3,
        workloads=workloads("w", egress_gb_per_gpu_hour=2, interruptible=True),
        sites={"lab": site(0.1, pue=1.5, carbon_g_per_kwh=400)},
        servers={"box": server(1000, "12 months", gpus=2, power_kw=3, idle_power_kw=1, install_cost=50)},
        cloud={
            "c": offer(
                8,
                gpus=4,
                spot={"price": 4},
                reserved={"r": {"term": "2 months", "upfront": 600, "hourly": 2}},
                egress_per_gb=0.5,
                carbon_g_per_gpu_hour=100,
            )
        },
    )
    return changed(assumptions, **changes)


def prepared(**changes: Any) -> Prepared:
    return read_inputs(forecast(freq="MS", w=HOURS * 10), case(**changes)).prepared


def test_discounts_and_support_are_on_everything_that_a_provider_is_paid() -> None:
    """Half of 2 a GPU-hour, 1 as spot, and 2 GB at 0.5; a tenth of that on top."""
    made = prepared(providers={"p": {"discount": 0.5, "support_share": 0.1}})
    assert [supply.label for supply in made.supplies] == ["lab/box", "c/r", "c/on_demand", "c/spot"]
    assert made.instance.running_cost[0, 0].tolist() == pytest.approx([0.15, 0.55, 1.65, 1.1])
    parts = {component.value: cost[0, 0].tolist() for component, cost in made.running.parts()}
    assert parts["on_demand"] == [0, 0, 1, 0]
    assert parts["egress"] == pytest.approx([0, 0.5, 0.5, 0.5])
    assert parts["support"] == pytest.approx([0, 0.05, 0.15, 0.1])


def test_carbon_has_a_price_where_work_runs_and_where_servers_idle() -> None:
    """A busy GPU draws 1 kW × 1.5: 600 g; a GPU rented emits 100 g; an idle server 600 g an hour. 50 a tonne."""
    free, priced = prepared().instance, prepared(finance__carbon_price_per_tonne=50).instance
    more = (priced.running_cost - free.running_cost)[0, 0]
    assert more.tolist() == pytest.approx([0.03, 0.005, 0.005, 0.005])
    assert (priced.holding_cost - free.holding_cost)[0] == pytest.approx(0.03 * HOURS)


TOKENS = {"H100": {"output_tokens_per_s": 1000}}


def with_apis(**changes: Any) -> Prepared:
    """3.6 million output tokens are a GPU-hour; as many input tokens in January, twice as many in February."""
    frame = forecast(freq="MS", w=HOURS * 3.6e6).rename(columns={"gpu_hours": "output_tokens"})
    frame["input_tokens"] = frame["output_tokens"] * [1, 2, 1]
    apis = {"a": {"input_per_million": 1, "output_per_million": 5}}
    return read_inputs(frame, case(workloads__w__throughput=TOKENS, apis=apis, **changes)).prepared


def test_an_api_is_paid_for_the_tokens_of_the_work() -> None:
    """A GPU-hour is 3.6 million output tokens at 5, 3.6 or 7.2 million input tokens at 1; no data out, no carbon."""
    made = with_apis(finance__carbon_price_per_tonne=50)
    assert made.supplies[-1].label == "a/api"
    assert made.instance.running_cost[:, 0, -1].tolist() == pytest.approx([21.6, 25.2, 21.6])
    assert made.instance.effectiveness[0, -1] == 1
    assert not made.instance.is_spot[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"workloads__w__location": "local"},
        {"workloads__w__regions": ["eu-*"]},
        {"apis__a__workloads": []},
    ],
)
def test_where_an_api_may_not_be_used(change: Tree) -> None:
    assert "a/api" not in [supply.label for supply in with_apis(**change).supplies]


def test_an_api_has_any_region_that_is_not_asked_for() -> None:
    assert with_apis(workloads__w__regions=["*"]).supplies[-1].label == "a/api"


def test_apis_serve_only_what_is_forecast_in_tokens() -> None:
    apis = {"a": {"input_per_million": 1, "output_per_million": 5}}
    assert "a/api" not in [supply.label for supply in prepared(apis=apis).supplies]


# Electricity by the hour


def by_the_hour(tmp_path: Path, prices: list[float], **changes: Any) -> Prepared:
    """Two days, with a price for each of their hours."""
    rows = [f"2027-01-{1 + hour // 24:02}T{hour % 24:02}:00,{price}" for hour, price in enumerate(prices)]
    (tmp_path / "power.csv").write_text("timestamp,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assumptions = changed(
        case(**changes),
        horizon={"period": "day", "periods": 2},
        sites__lab__electricity_price=str(tmp_path / "power.csv"),
        servers__box__lifetime="30 days",
        cloud__c__reserved={},
    )
    return read_inputs(forecast(w=[1.0] * 48), assumptions).prepared


def test_hours_with_the_same_price_are_a_cost_class(tmp_path: Path) -> None:
    """Night and day at 0.1 and 0.3, on the second day 0.1 throughout: three classes."""
    made = by_the_hour(tmp_path, [0.1] * 12 + [0.3] * 12 + [0.1] * 24)
    assert made.instance.class_of_hour is not None
    assert made.instance.class_of_hour.tolist() == [0] * 12 + [1] * 12 + [2] * 24
    assert made.running.classes.period.tolist() == [0, 0, 1]
    assert made.instance.running_cost[:, 0, 0] == pytest.approx([0.15, 0.45, 0.15])
    assert made.instance.holding_cost[0] == pytest.approx([1.5 * 0.2 * 24, 1.5 * 0.1 * 24])


def test_prices_that_do_not_change_inside_a_period_need_no_classes(tmp_path: Path) -> None:
    made = by_the_hour(tmp_path, [0.1] * 24 + [0.3] * 24)
    assert made.instance.class_of_hour is None
    assert made.instance.running_cost[:, 0, 0] == pytest.approx([0.15, 0.45])


def test_busy_hours_pay_the_price_of_their_hour(tmp_path: Path) -> None:
    """2 GPUs in an hour at 0.1 and 1 in an hour at 0.3, 1.5 kWh each."""
    made = by_the_hour(tmp_path, [0.1] * 12 + [0.3] * 12 + [0.1] * 24)
    gpus = np.zeros((24, 1, len(made.supplies)))
    gpus[0, 0, 0], gpus[20, 0, 0], gpus[5, 0, 1] = 2, 1, 7
    assert made.running.electricity(0, gpus)[0].tolist() == pytest.approx([2 * 0.15 + 0.45, 0, 0])


# Work that may wait


@pytest.mark.parametrize(
    ("deferrable", "starts"),
    [
        ("period", [0, 744, 1416]),
        ("1000 hours", [0, 744, 1000, 1416, 2000]),
        ("1 month", [0, 730, 744, 1416, 1460]),
    ],
)
def test_blocks_count_from_the_start_and_are_cut_at_period_ends(deferrable: str, starts: list[int]) -> None:
    blocks = prepared(workloads__w__deferrable=deferrable).instance.blocks[0]
    assert np.flatnonzero(np.diff(blocks, prepend=-1)).tolist() == starts
    assert blocks[0] == 0
    assert set(np.diff(blocks)) == {0, 1}


@pytest.mark.parametrize("deferrable", ["no", "1 hour"])
def test_an_hour_is_no_block(deferrable: str) -> None:
    assert prepared(workloads__w__deferrable=deferrable).instance.blocks == {}


# Limits on money and carbon


def budgets(**changes: Any) -> dict[str, Budget]:
    return {budget.name: budget for budget in prepared(**changes).instance.budgets}


def test_capex_counts_price_installation_and_set_up_of_its_year() -> None:
    """Undiscounted, whatever the rate; prices halve in a year."""
    found = budgets(
        horizon__start="2026-12-01",
        demand={"forecast_starts": "2026-12-01"},
        finance__discount_rate=0.5,
        servers__box__price_trend_per_year=-0.5,
        sites__lab__setup_cost=500,
        limits={"capex": {"total": 9000, "per_year": {2026: 4000, 2027: 6000, 2029: 1}}},
    )
    assert list(found) == ["capex", "capex of 2026", "capex of 2027"]
    falling = 1000 * 0.5 ** (np.arange(3) / 12) + 50
    for name, limit, inside in (("capex", 9000, [1, 1, 1]), ("capex of 2026", 4000, [1, 0, 0]),
                                ("capex of 2027", 6000, [0, 1, 1])):  # fmt: skip
        budget = found[name]
        assert budget.limit == limit
        assert budget.order_weights is not None
        assert budget.opening_weights is not None
        assert budget.order_weights[0] == pytest.approx(falling * inside)
        assert budget.order_weights[1].tolist() == [0, 0, 0]
        assert budget.opening_weights[0].tolist() == pytest.approx([500 * part for part in inside])
        assert budget.run_weights is None


def test_cloud_spend_counts_what_is_paid_in_the_period() -> None:
    """An upfront in full, though half of it lies beyond; fees of terms that run; held ones come off the limit."""
    found = budgets(
        providers={"p": {"discount": 0.5, "support_share": 0.1}},
        spend_commitments={"s": {"term": "2 months", "rates": {"c": 4}}},
        held_commitments=[{"offer": "c", "option": "r", "count": 3, "started": "2026-12-01"}],
        limits={"cloud_spend": {"per_period": 20_000}},
    )
    assert list(found) == [f"cloud spend of 2027-{month:02}" for month in (1, 2, 3)]
    january, march = found["cloud spend of 2027-01"], found["cloud spend of 2027-03"]
    assert january.limit == pytest.approx(20_000 - 3 * 1.1 * 744)
    assert march.limit == 20_000
    assert march.order_weights is not None
    assert march.order_weights[0].tolist() == [0, 0, 0]
    assert march.order_weights[1] == pytest.approx(1.1 * np.array([0, 744, 744 + 300]))
    assert march.order_weights[2] == pytest.approx(1.1 * np.array([0, 744, 744]))
    assert march.periods == range(2, 3)
    assert march.run_weights is not None
    # the server, the reservation, money; on-demand, spot, drawn: rent, 0.5 for data, support
    assert march.run_weights[0, 0].tolist() == pytest.approx([0, 0.55, 0, 1.65, 1.1, 0.55])


def test_cloud_spend_has_no_part_of_the_price_on_carbon() -> None:
    limit = {"cloud_spend": {"per_period": 20_000}}
    with_price = budgets(limits=limit, finance__carbon_price_per_tonne=50)["cloud spend of 2027-01"]
    without = budgets(limits=limit)["cloud spend of 2027-01"]
    assert with_price.run_weights is not None
    assert without.run_weights is not None
    assert with_price.run_weights.tolist() == without.run_weights.tolist()


def test_carbon_counts_idle_and_busy_power_and_gpus_rented() -> None:
    """Idle 1 kW × 1.5 × 400 g in every hour; busy 600 g, rented 100 g a GPU-hour."""
    found = budgets(
        horizon__start="2026-12-01",
        demand={"forecast_starts": "2026-12-01"},
        limits={"carbon_tonnes": {"per_year": {2027: 12}}},
    )
    budget = found["carbon of 2027"]
    assert (budget.limit, budget.periods) == (12, range(1, 3))
    assert budget.unit_weights is not None
    assert budget.unit_weights[0] == pytest.approx(600e-6 * np.array([0, 744, 672]))
    assert budget.unit_weights[1].tolist() == [0, 0, 0]
    assert budget.run_weights is not None
    assert budget.run_weights.shape == (2, 1, 4)
    assert budget.run_weights[1, 0].tolist() == pytest.approx([600e-6, 100e-6, 100e-6, 100e-6])
