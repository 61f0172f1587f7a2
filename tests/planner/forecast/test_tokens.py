"""Tokens of the horizon's periods: what APIs are paid for."""

from __future__ import annotations

import pandas as pd
import pytest

WORKLOAD = {"throughput": {"H100": {"input_tokens_per_s": 100, "output_tokens_per_s": 10}}}


def frame(**columns):
    starts = [f"2027-0{month}-01" for month in range(1, 4)]
    return pd.DataFrame({"timestamp": starts, "workload": "chat"} | columns)


def test_tokens_by_period(demand):
    made = demand(frame(input_tokens=[1e6, 2e6, 3e6], output_tokens=[10, 20, 30]), workloads={"chat": WORKLOAD})
    assert made.tokens["chat"].shape == (2, 3)
    assert made.tokens["chat"][0].tolist() == pytest.approx([1e6, 2e6, 3e6])
    assert made.tokens["chat"][1].tolist() == pytest.approx([10, 20, 30])


def test_a_side_that_is_not_forecast_is_0(demand):
    made = demand(frame(output_tokens=[10, 20, 30]), workloads={"chat": WORKLOAD})
    assert made.tokens["chat"].tolist() == [[0, 0, 0], pytest.approx([10, 20, 30])]


def test_a_side_that_costs_nothing_is_counted(demand):
    workload = {"throughput": {"H100": {"output_tokens_per_s": 10}}}
    made = demand(frame(input_tokens=[7, 8, 9], output_tokens=[10, 20, 30]), workloads={"chat": workload})
    assert made.tokens["chat"][0].tolist() == pytest.approx([7, 8, 9])


def test_other_forecasts_have_none(demand):
    assert demand(frame(gpu_hours=[1, 2, 3])).tokens == {}


def test_each_workload_has_its_own(demand):
    both = pd.concat([frame(output_tokens=[1, 2, 3]), frame(output_tokens=[5, 6, 7], workload="code")])
    made = demand(both, workloads={"chat": WORKLOAD, "code": WORKLOAD})
    assert made.tokens["chat"][1].tolist() == pytest.approx([1, 2, 3])
    assert made.tokens["code"][1].tolist() == pytest.approx([5, 6, 7])


def test_tokens_are_carried_on_and_moved_as_the_demand(demand):
    hours = pd.date_range("2027-01-04", periods=168, freq="h")
    forecast = pd.DataFrame({"timestamp": hours, "workload": "chat", "output_tokens": range(168)})
    made = demand(
        forecast,
        workloads={"chat": WORKLOAD},
        demand={"forecast_starts": "2028-01-03"},
        horizon={"period": "week", "periods": 3, "projection": {"growth_per_year": 1.0}},
    )
    week = 168 * 167 / 2
    assert made.calendar.start == pd.Timestamp("2028-01-03")
    growth = [2 ** (168 * n / 8760) for n in range(3)]
    assert made.tokens["chat"][1].tolist() == pytest.approx([week * factor for factor in growth])
    # 10 tokens a second: 36,000 tokens are a GPU-hour.
    assert made.gpus[:, 0].sum() == pytest.approx(made.tokens["chat"].sum() / 36000)


def test_periods_that_cut_intervals(demand):
    forecast = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], "workload": "chat", "output_tokens": [31, 28]})
    made = demand(forecast, workloads={"chat": WORKLOAD}, horizon={"period": "week", "periods": 5})
    # A token a day, whatever the month.
    assert made.tokens["chat"][1].tolist() == pytest.approx([7] * 5)


def test_apis_are_pointless_unless_the_forecast_is_in_tokens(demand):
    api = {"gpt": {"input_per_million": 1.0, "output_per_million": 2.0}}
    (warning,) = [text for text in demand(frame(gpu_hours=[1, 2, 3]), apis=api).warnings if "apis.gpt" in text]
    assert warning == "apis.gpt: without effect, as APIs are paid per token and DataFrame counts gpu_hours"
    in_tokens = demand(frame(output_tokens=[1, 2, 3]), workloads={"chat": WORKLOAD}, apis=api)
    assert not any("apis" in text for text in in_tokens.warnings)
