"""Prices over the horizon, by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.api import check, plan
from planner.assumptions.durations import PeriodUnit
from planner.assumptions.load import load
from planner.assumptions.loaded import Loaded
from planner.kept_files import kept_files, with_kept_names
from planner.order_costs import Timeline
from planner.periods import Calendar
from planner.price_paths import electricity_prices, offer_prices, price_file_problems, server_prices
from planner.problems import InputError

SERVER = {"gpu": "H100", "gpus": 8, "price": 100, "power_kw": 10, "lifetime": "60 months"}
RESERVED = {
    "a": {"term": "12 months", "hourly": 30},
    "b": {"term": "12 months", "upfront": 1000},
    "both": {"term": "12 months", "upfront": 500, "hourly": 15},
}
OFFER = {"provider": "aws", "gpu": "H100", "gpus": 8, "on_demand": 50, "spot": {"price": 20}, "reserved": RESERVED}
SITE = {"electricity_price": 0.1, "pue": 1.2}


def tree(*, site=SITE, server=SERVER, offer=OFFER, **sections):
    workloads = {"chat": {"reference_gpu": "H100"}}
    base = {"version": 1, "workloads": workloads, "sites": {"lab": site}, "servers": {"box": server}}
    return base | {"cloud": {"p5": offer}} | sections


def loaded_with(folder: Path, files: dict[str, str], **keys) -> Loaded:
    for name, text in files.items():
        (folder / name).write_text(text)
    return load(tree(**keys), ["chat"], folder=folder)


def calendar(count=2, unit=PeriodUnit.MONTH, start="2027-01-01"):
    return Calendar(unit, pd.Timestamp(start), count)


def timeline(loaded, count=2):
    return Timeline.of(calendar(count), loaded.assumptions)


def test_electricity_at_one_price(tmp_path):
    prices = electricity_prices(loaded_with(tmp_path, {}), "lab", calendar())
    assert prices.shape == (744 + 672,)
    assert set(prices) == {0.1}


def test_electricity_by_period(tmp_path):
    text = "period,price\n2027-02,0.3\n2027-01,0.2\n2026-12,9\n"
    loaded = loaded_with(tmp_path, {"p.csv": text}, site=SITE | {"electricity_price": "p.csv"})
    prices = electricity_prices(loaded, "lab", calendar())
    assert prices.tolist() == [0.2] * 744 + [0.3] * 672


def test_electricity_by_the_hour(tmp_path):
    times = pd.date_range("2026-12-31T22:00", "2027-01-02T05:00", freq="h")
    text = "timestamp,price\n" + "".join(f"{time:%Y-%m-%dT%H:%M},{n}\n" for n, time in enumerate(times))
    loaded = loaded_with(tmp_path, {"p.csv": text}, site=SITE | {"electricity_price": "p.csv"})
    assert electricity_prices(loaded, "lab", calendar(1, PeriodUnit.DAY)).tolist() == list(range(2, 26))


def test_electricity_by_the_month_holds_until_the_next(tmp_path):
    text = "timestamp,price\n2026-12-15,1\n2027-01-15,2\n2027-02-15,3\n"
    loaded = loaded_with(tmp_path, {"p.csv": text}, site=SITE | {"electricity_price": "p.csv"})
    prices = electricity_prices(loaded, "lab", calendar(2))
    assert prices.tolist() == [1] * 14 * 24 + [2] * 31 * 24 + [3] * 14 * 24


@pytest.mark.parametrize(
    ("first", "last"),
    [("2027-01-01T01:00", "2027-01-03"), ("2026-12-30", "2027-01-01T22:00"), ("2028-01-01", "2028-01-02")],
)
def test_electricity_that_does_not_cover_the_horizon(tmp_path, first, last):
    times = pd.date_range(first, last, freq="h")
    text = "timestamp,price\n" + "".join(f"{time:%Y-%m-%dT%H:%M},1\n" for time in times)
    loaded = loaded_with(tmp_path, {"p.csv": text}, site=SITE | {"electricity_price": "p.csv"})
    with pytest.raises(InputError, match="expected prices for the whole horizon, 2027-01-01 to 2027-01-02"):
        electricity_prices(loaded, "lab", calendar(1, PeriodUnit.DAY))


def test_the_last_price_holds_for_its_own_step(tmp_path):
    times = pd.date_range("2027-01-01", "2027-01-01T23:00", freq="h")
    text = "timestamp,price\n" + "".join(f"{time:%Y-%m-%dT%H:%M},1\n" for time in times)
    loaded = loaded_with(tmp_path, {"p.csv": text}, site=SITE | {"electricity_price": "p.csv"})
    assert electricity_prices(loaded, "lab", calendar(1, PeriodUnit.DAY)).tolist() == [1] * 24


def test_a_server_by_its_trend(tmp_path):
    loaded = loaded_with(tmp_path, {}, server=SERVER | {"price_trend_per_year": -0.1})
    prices = server_prices(loaded, "box", timeline(loaded, 13))
    assert prices.shape == (13,)
    assert prices[[0, 6, 12]] == pytest.approx([100, 100 * 0.9**0.5, 90])


def test_a_server_by_its_file(tmp_path):
    server = SERVER | {"prices": "p.csv", "price_trend_per_year": -0.5}
    loaded = loaded_with(tmp_path, {"p.csv": "period,price\n2027-01,80\n2027-02,70\n"}, server=server)
    assert server_prices(loaded, "box", timeline(loaded)).tolist() == [80, 70]


def test_an_offer_by_its_trend_after_the_discount(tmp_path):
    loaded = loaded_with(
        tmp_path, {}, offer=OFFER | {"price_trend_per_year": 0.21}, providers={"aws": {"discount": 0.1}}
    )
    prices = offer_prices(loaded, "p5", timeline(loaded, 13))
    assert prices.on_demand is not None
    assert prices.spot is not None
    assert prices.on_demand[[0, 6, 12]] == pytest.approx([45, 45 * 1.1, 45 * 1.21])
    assert prices.spot[0] == pytest.approx(18)
    assert {name: path[0] for name, path in prices.upfront.items()} == pytest.approx({"a": 0, "b": 900, "both": 450})
    assert {name: path[12] for name, path in prices.hourly.items()} == pytest.approx(
        {"a": 27 * 1.21, "b": 0, "both": 13.5 * 1.21}
    )


def test_an_offer_by_its_file_and_what_the_file_leaves_out(tmp_path):
    rows = ["on_demand,2027-01,40", "on_demand,2027-02,30", "b,2027-02,800", "b,2027-01,900"]
    rows += ["both.hourly,2027-01,14", "both.hourly,2027-02,13"]
    loaded = loaded_with(
        tmp_path,
        {"p.csv": "option,period,price\n" + "\n".join(rows)},
        offer=OFFER | {"prices": "p.csv", "price_trend_per_year": 1.0},
        providers={"aws": {"discount": 0.5}},
    )
    prices = offer_prices(loaded, "p5", timeline(loaded))
    trend = np.array([1, 2 ** (1 / 12)])
    assert prices.on_demand == pytest.approx(np.array([20, 15]))
    assert prices.spot == pytest.approx(10 * trend)
    assert prices.upfront["b"] == pytest.approx(np.array([450, 400]))
    assert prices.hourly["a"] == pytest.approx(15 * trend)
    assert prices.upfront["both"] == pytest.approx(250 * trend)
    assert prices.hourly["both"] == pytest.approx(np.array([7, 6.5]))


def test_what_is_not_sold_has_no_price(tmp_path):
    loaded = loaded_with(tmp_path, {}, offer=OFFER | {"spot": None, "on_demand": None})
    prices = offer_prices(loaded, "p5", timeline(loaded))
    assert (prices.on_demand, prices.spot) == (None, None)


def test_another_providers_discount_changes_nothing(tmp_path):
    loaded = loaded_with(tmp_path, {}, providers={"gcp": {"discount": 0.9}})
    prices = offer_prices(loaded, "p5", timeline(loaded))
    assert prices.on_demand is not None
    assert prices.on_demand.tolist() == [50, 50]


def test_periods_that_files_leave_out_are_listed_together(tmp_path):
    files = {
        "s.csv": "period,price\n2027-02,70\n",
        "o.csv": "option,period,price\non_demand,2027-01,40\nspot,Jan 2027,3\n",
        "e.csv": "timestamp,price\n2027-01-02,1\n2027-01-03,1\n",
    }
    loaded = loaded_with(
        tmp_path,
        files,
        server=SERVER | {"prices": "s.csv"},
        offer=OFFER | {"prices": "o.csv"},
        site=SITE | {"electricity_price": "e.csv"},
    )
    problems = price_file_problems(loaded, calendar(6))
    assert [(item.file, item.place, item.value) for item in problems] == [
        ("e.csv", "column timestamp", "prices from 2027-01-02 to 2027-01-03"),
        ("s.csv", "column period", "nothing for 2027-01, 2027-03, 2027-04 and 2 more"),
        ("o.csv", "column period", "on_demand: nothing for 2027-02, 2027-03, 2027-04 and 2 more"),
        ("o.csv", "column period", "spot: nothing for 2027-01, 2027-02, 2027-03 and 3 more"),
    ]
    assert problems[1].expected == "a price for every period of the horizon, 2027-01 … 2027-06"
    for call in (
        lambda: server_prices(loaded, "box", timeline(loaded, 6)),
        lambda: offer_prices(loaded, "p5", timeline(loaded, 6)),
    ):
        with pytest.raises(InputError, match="nothing for 2027"):
            call()


def test_check_says_what_files_leave_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.csv").write_text("period,price\n2027-02,70\n")
    forecast = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], "workload": "chat", "gpu_hours": 5})
    with pytest.raises(InputError, match=r"s\.csv: column period: found nothing for 2027-01; expected a price"):
        check(forecast, tree(server=SERVER | {"prices": "s.csv"}))


def test_kept_files_make_the_same_inputs_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder, price in (("x", 3), ("y", 4)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "p.csv").write_text(f"period,price\n2027-01,{price}\n")
    (tmp_path / "y" / "p.csv.gz").write_bytes(gzip.compress(b"option,period,price\nspot,2027-01,5\n"))
    loaded = loaded_with(
        tmp_path,
        {},
        site=SITE | {"electricity_price": "x/p.csv"},
        server=SERVER | {"prices": "y/p.csv"},
        offer=OFFER | {"prices": "y/p.csv.gz"},
    )
    kept = kept_files(loaded, ["forecast.csv", "P.csv"])
    assert {file.name: file.said for file in kept} == {
        "p-2.csv": "x/p.csv",
        "p-3.csv": "y/p.csv",
        "p-4.csv": "y/p.csv.gz",
    }
    again_folder = tmp_path / "again"
    again_folder.mkdir()
    for file in kept:
        (again_folder / file.name).write_text(file.text)
    again = load(with_kept_names(loaded.raw, kept), ["chat"], folder=again_folder)
    assert {key: file.by_period for key, file in again.price_files.items()} == {
        key: file.by_period for key, file in loaded.price_files.items()
    }


def test_a_plan_keeps_its_files_of_prices(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    text = "period,price\n2027-01,80\n2027-02,70\n"
    (tmp_path / "in" / "s.csv").write_text(text)
    forecast = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], "workload": "chat", "gpu_hours": 5})
    made = plan(forecast, tree(server=SERVER | {"prices": "in/s.csv"}), baselines=False)
    made.save(tmp_path / "out")
    assert (tmp_path / "out" / "inputs" / "s.csv").read_text() == text
    assert made.inputs["assumptions"]["servers"]["box"]["prices"] == "s.csv"


def test_limits_of_other_years_are_a_warning(tmp_path):
    limits = {"capex": {"per_year": {2026: 1, 2027: 1, 2028: 5}}, "carbon_tonnes": {"per_year": {2027: 5}}}
    forecast = pd.DataFrame({"timestamp": ["2027-01-01", "2027-02-01"], "workload": "chat", "gpu_hours": 5})
    site, offer = SITE | {"carbon_g_per_kwh": 1}, OFFER | {"carbon_g_per_gpu_hour": 1}
    warnings = [text for text in check(forecast, tree(site=site, offer=offer, limits=limits)) if "limits" in text]
    assert warnings == ["limits.capex.per_year: no period of the horizon begins in 2026, 2028, so without effect"]
