"""The real series of ../shared/data, which are not part of the project."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.forecast.demand import HourlyDemand
from planner.forecast.read import read_forecast
from planner.problems import InputError

SharedData = Callable[[str], Path]
Demand = Callable[..., HourlyDemand]


def test_philly(shared_data: SharedData, demand: Demand) -> None:
    path = shared_data("philly_2017_hourly_by_vc.csv")
    forecast = read_forecast(path)
    assert len(forecast.starts) == 11 * 168
    assert len(forecast.workloads) == 10
    total = forecast.amounts["gpu_hours"].sum(axis=1)
    raw = pd.read_csv(path).groupby("timestamp").gpu_hours.sum()
    np.testing.assert_allclose(total, raw.to_numpy(), rtol=1e-12)
    assert (round(total.mean()), round(total.max())) == (445, 1080)


def test_philly_for_three_years(shared_data: SharedData, demand: Demand) -> None:
    frame = pd.read_csv(shared_data("philly_2017_hourly_by_vc.csv"))
    horizon = {"periods": 36, "projection": {"growth_per_year": 0.3}}
    result = demand(frame, horizon=horizon, demand={"forecast_starts": date(2027, 1, 4)})
    assert result.calendar.labels[0] == "2027-01"
    assert result.calendar.start == pd.Timestamp("2027-01-04")
    assert result.gpus.shape == (result.calendar.first_hour[-1], 10)
    block = 11 * 168
    factor = 1.3 ** (block / 8760)
    np.testing.assert_allclose(result.gpus[block : 2 * block], result.gpus[:block] * factor, rtol=1e-12)
    assert result.warnings == ()


def test_helios(shared_data: SharedData, demand: Demand) -> None:
    frame = pd.read_csv(shared_data("helios_earth_2020-05_hourly_demand_by_vc.csv"))
    result = demand(frame)
    assert result.calendar.labels == ("2020-05",)
    assert result.gpus.shape == (744, 16)
    total = result.gpus.sum(axis=1)
    assert (round(total.mean()), round(total.max())) == (632, 903)


def test_servegen_and_its_holes(shared_data: SharedData, demand: Demand) -> None:
    path = shared_data("servegen_2025_hourly_tokens.csv")
    with pytest.raises(InputError) as caught:
        read_forecast(path)
    assert len(caught.value.problems) == 2
    for name, problem in zip(("deepseek-r1", "mm-image"), caught.value.problems, strict=True):
        assert problem.place.startswith("row ")
        assert problem.value == (
            f"{name}: rows from 2025-01-06 to 2025-01-06T23:00, "
            "nothing for 2025-01-07, 2025-01-07T01:00, 2025-01-07T02:00 and 309 more"
        )
    table = pd.read_csv(path)
    complete = table[~table.workload.isin(["deepseek-r1", "mm-image"])]
    rates = {"H100": {"input_tokens_per_s": 20000, "output_tokens_per_s": 2000}}
    workloads = {name: {"throughput": rates} for name in complete.workload.unique()}
    result = demand(complete, horizon={"period": "week"}, workloads=workloads)
    expected = (complete.input_tokens.sum() / 20000 + complete.output_tokens.sum() / 2000) / 3600
    assert result.calendar.count == 2
    assert result.gpus.sum() == pytest.approx(expected)


def test_azure_minutes(shared_data: SharedData, demand: Demand) -> None:
    path = shared_data("azure_llm_2023_minute_tokens.csv")
    with pytest.raises(InputError) as caught:
        read_forecast(path)
    (problem,) = caught.value.problems
    assert problem.value == (
        "azure_code: rows from 2023-11-16T18:17 to 2023-11-16T19:14, nothing for 2023-11-16T18:15, 2023-11-16T18:16"
    )
    table = pd.read_csv(path)
    conversations = table[table.workload == "azure_conv"]
    workloads = {"azure_conv": {"throughput": {"H100": {"output_tokens_per_s": 1000}}}}
    result = demand(conversations, horizon={"period": "hour"}, workloads=workloads)
    assert result.calendar.labels == ("2023-11-16T18",)
    assert result.calendar.start == pd.Timestamp("2023-11-16 18:15")
    assert result.gpus.tolist() == [[pytest.approx(conversations.output_tokens.sum() / 3.6e6)]]
