"""Files of prices: what is read at load, and every mistake in them in the one list."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from planner.assumptions.load import load
from planner.assumptions.loaded import Source

LAB = {"electricity_price": "power.csv", "pue": 1.2}
RESERVED = {
    "1y": {"term": "12 months", "hourly": 30},
    "all": {"term": "12 months", "upfront": 200000},
    "half": {"term": "12 months", "upfront": 100000, "hourly": 15},
}


def test_a_server(write, tree, server):
    write("period,price\n2027-01,300\n2027-02,290.5\n", "prices.csv")
    file = load(tree(servers=server(prices="prices.csv")), ["chat"]).price_files["servers.box.prices"]
    assert file.by_period == {"": {"2027-01": 300, "2027-02": 290.5}}
    assert (file.name, file.text) == ("prices.csv", "period,price\n2027-01,300\n2027-02,290.5\n")


def test_a_server_without_a_price_of_its_own(write, tree, server):
    write("period,price\n2027-01,300\n2027-02,290\n", "prices.csv")
    loaded = load(tree(servers=server(price=None, prices="prices.csv")), ["chat"])
    assert loaded.assumptions.servers["box"].price == 300
    assert loaded.sources["servers.box.price"] == Source("prices.csv")
    assert load(loaded.raw, ["chat"]).assumptions == loaded.assumptions


def test_a_file_takes_the_place_of_prices_of_the_catalogue(write, tree):
    write("period,price\n2027-01,300\n", "prices.csv")
    write("option,period,price\non_demand,2027-01,3\n", "cloud.csv")
    source = tree(
        currency="EUR",
        servers={"hgx-h100-8": {"prices": "prices.csv", "install_cost": 5}},
        cloud={"runpod-h100": {"prices": "cloud.csv", "storage_per_gb_month": 0.1}},
    )
    loaded = load(source, ["chat"])
    assert loaded.assumptions.servers["hgx-h100-8"].price == 300
    assert "servers.hgx-h100-8.price" not in loaded.catalogue_keys
    assert loaded.assumptions.cloud["runpod-h100"].on_demand == 3


def test_an_offer(write, tree, offer):
    rows = ["on_demand,2027-01,50", "spot,2027-01,20", "1y,2027-01,29", "all,2027-01,190000"]
    rows += ["half.upfront,2027-01,99000", "half.hourly,2027-01,14"]
    write("option,period,price\n" + "\n".join(rows) + "\n", "p.csv")
    loaded = load(tree(cloud=offer(reserved=RESERVED, spot={"price": 23}, prices="p.csv")), ["chat"])
    prices = loaded.price_files["cloud.p5.prices"].by_period
    assert {name: path["2027-01"] for name, path in prices.items()} == {
        "on_demand": 50, "spot": 20, "1y.hourly": 29, "all.upfront": 190000, "half.upfront": 99000, "half.hourly": 14,
    }  # fmt: skip
    assert loaded.assumptions.cloud["p5"].on_demand == 55.04


def test_what_an_offer_sells_may_be_said_by_its_file_alone(write, tree, offer):
    write("period,option,price\n2027-01,on_demand,50\n2027-01,spot,20\n2027-01,1y.hourly,30\n", "p.csv")
    loaded = load(tree(cloud=offer(on_demand=None, prices="p.csv", reserved={"1y": {"term": "1 year"}})), ["chat"])
    sold = loaded.assumptions.cloud["p5"]
    assert sold.spot is not None
    assert (sold.on_demand, sold.spot.price, sold.reserved["1y"].hourly) == (50, 20, 30)


def test_electricity_by_period(write, tree):
    write("period,price\n2027-01,0.1\n2027-02,0\n", "power.csv")
    loaded = load(tree(sites={"lab": LAB}), ["chat"])
    file = loaded.price_files["sites.lab.electricity_price"]
    assert file.by_period == {"": {"2027-01": 0.1, "2027-02": 0}}
    assert file.by_time is None
    assert loaded.assumptions.sites["lab"].electricity_price == "power.csv"


def test_electricity_by_timestamp_in_any_order(write, tree):
    write("timestamp,price\n2027-01-01T01:00,0.2\n2027-01-01,0.1\n2027-01-01T02:00Z,0.3\n", "power.csv")
    timed = load(tree(sites={"lab": LAB}), ["chat"]).price_files["sites.lab.electricity_price"].by_time
    assert timed is not None
    assert timed.prices.tolist() == [0.1, 0.2, 0.3]
    assert timed.starts[0] == np.datetime64("2027-01-01T00:00")


def test_a_compressed_file_is_kept_as_text(tmp_path, monkeypatch, tree, server):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress("period,price\n2027-01,3\n".encode("utf-8-sig")))
    file = load(tree(servers=server(prices="p.csv.gz")), ["chat"]).price_files["servers.box.prices"]
    assert file.text == "period,price\n2027-01,3\n"


@pytest.mark.parametrize("off", [None, "no", False])
def test_no_file(tree, server, offer, off):
    loaded = load(tree(servers=server(prices=off), cloud=offer(prices=off)), ["chat"])
    assert loaded.price_files == {}
    assert loaded.assumptions.servers["box"].prices is None


def test_names_follow_the_file_that_says_them(write):
    write("period,price\n2027-01,3\n", "common/p.csv")
    write("period,price\n2027-01,0.1\n", "common/power.csv")
    write(
        "version: 1\nsites: {lab: {electricity_price: power.csv, pue: 1}}\n"
        "servers: {box: {from: hgx-h100-8, prices: p.csv}, other: {from: l40s-8, prices: no}}\n",
        "common/base.yaml",
    )
    loaded = load(write("extends: ../common/base.yaml", "mine/a.yaml"), ["w"])
    assert {key: file.name for key, file in loaded.price_files.items()} == {
        "sites.lab.electricity_price": "../common/power.csv",
        "servers.box.prices": "../common/p.csv",
    }
    again = load(loaded.raw, ["w"], folder=loaded.folder)
    assert again.assumptions == loaded.assumptions


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("period,price\n", "row 2", "at least one row below the header"),
        ("", "row 1", "a header"),
        ("perod,price\n2027-01,3\n", "row 1", "expected a column period (did you mean 'perod'?)"),
        ("timestamp,price\n2027-01-01,3\n", "row 1", "expected a column period"),
        ("period,price,note\n2027-01,3,x\n", "row 1, column note", "the columns period, price alone (remove it)"),
        ("period,price,price\n2027-01,3,4\n", "row 1, column price", "the columns period, price alone (remove it)"),
        ("period,price\n2027-01,-3\n", "row 2, column price", "found -3; expected a number of 0 or above"),
        ("period,price\n2027-01,0\n", "row 2, column price", "found 0; expected a number above 0"),
        ("period,price\n2027-01,\n", "row 2, column price", "leave a row out where nothing is sold"),
        ("period,price\n2027-01,nan\n", "row 2, column price", "leave a row out where nothing is sold"),
        ("period,price\n2027-01,inf\n", "row 2, column price", "a finite number"),
        ("period,price\n2027-01,\"1,000\"\n", "row 2, column price", "write 1000, without separators"),
        ("period,price\n,3\n", "row 2, column period", "the label of a period, such as 2027-04"),
        ("period,price\n2027-01,3\n2027-01,4\n", "row 3, column period", "found 2027-01, as in row 2; expected each"),
        ("period,price\n2027-01,3,4\n", "row 2", "3 fields"),
    ],
)  # fmt: skip
def test_files_of_servers_that_are_wrong(write, tree, server, problems, text, place, words):
    write(text, "p.csv")
    found = problems(tree(servers=server(prices="p.csv")))
    assert {item.file for item in found} == {"p.csv"}
    assert place in [item.place for item in found], found
    assert any(words in str(item) for item in found), found


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("on-demand,2027-01,3", "found 'on-demand'; expected a price of this offer ("),
        ("on-demand,2027-01,3", "did you mean 'on_demand'?"),
        ("half,2027-01,3", "say which of its prices: write half.upfront or half.hourly"),
        (",2027-01,3", "found ''; expected a price of this offer ("),
    ],
)
def test_options_that_are_not_sold(write, tree, offer, problem, row, words):
    write(f"option,period,price\n{row}\n", "p.csv")
    with_options = tree(cloud=offer(reserved=RESERVED, prices="p.csv"))
    assert words in str(problem(with_options, "row 2, column option"))


def test_one_price_by_two_names(write, tree, offer, problem):
    write("option,period,price\n1y,2027-01,3\n1y.hourly,2027-01,3\n", "p.csv")
    found = problem(tree(cloud=offer(reserved=RESERVED, prices="p.csv")), "row 3, column period")
    assert found.value == "2027-01, as in row 2"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("time,price\n2027-01-01,3\n", "row 1", "expected a column period or timestamp"),
        ("timestamp,price\n2027-01-01,3\n", "row 2, column timestamp", "two timestamps or more"),
        ("timestamp,price\nsoon,3\n", "row 2, column timestamp", "a time as in ISO 8601"),
        ("timestamp,price\n2027-01-01,3\n2027-01-01,4\n", "row 3, column timestamp", "each timestamp once"),
        (
            "timestamp,price\n2027-01-01T00:00,3\n2027-01-01T00:30,4\n",
            "column timestamp",
            "found steps of 30 minutes; expected steps of an hour or longer",
        ),
        (
            "timestamp,price\n2027-01-01T00,3\n2027-01-01T01,3\n2027-01-01T02,3\n2027-01-01T04,3\n",
            "row 5, column timestamp",
            "nothing for 2027-01-01T03:00",
        ),
        (
            "timestamp,period,price\n2027-01-01,2027-01,3\n",
            "row 1, column period",
            "the columns timestamp, price alone",
        ),
    ],
)
def test_files_of_electricity_that_are_wrong(write, tree, problems, text, place, words):
    write(text, "power.csv")
    found = problems(tree(sites={"lab": LAB}))
    assert place in [item.place for item in found], found
    assert any(words in str(item) for item in found), found
    assert not any("demand" in str(item) for item in found), found


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("gone.csv", "found 'gone.csv'; expected a file of that name (there is none)"),
        ("gone.xlsx", "expected a file of prices as CSV (save the table as CSV)"),
        ("0.09", "found '0.09'; expected a number, or the name of a CSV file of prices (write it without quotes)"),
        ("0,09", "expected a number, or the name of a CSV file of prices (write 0.09)"),
        ("$0.09", "write the number alone; units and currency are fixed"),
        (-0.1, "found -0.1; expected a number of at least 0"),
        (float("nan"), "found .nan; expected a finite number"),
        (True, "expected a number"),
        ([1], "found [1]; expected a number"),
        ("", "expected a name that is not empty"),
        ("a\0b.csv", "expected a CSV file that can be read"),
    ],
)
def test_electricity_that_is_neither_a_price_nor_a_file(tree, problem, price, words):
    found = problem(tree(sites={"lab": LAB | {"electricity_price": price}}), "sites.lab.electricity_price")
    assert words in str(found)
    assert found.file == "assumptions"


def test_a_missing_file_of_a_server_is_one_problem(tree, server, problem):
    found = problem(tree(servers=server(price=None, prices="gone.csv")), "servers.box.prices")
    assert (found.file, found.value) == ("assumptions", "'gone.csv'")


def test_mistakes_of_all_files_come_at_once(write, tree, server, offer, problems):
    write("period,price\n2027-01,-1\n", "p.csv")
    write("option,period,price\nspto,2027-01,1\n", "c.csv")
    write("timestamp,price\n2027-01-01,x\n", "power.csv")
    source = tree(
        nmae="x", sites={"lab": LAB}, servers=server(prices="p.csv", gpus=0), cloud=offer(prices="c.csv", on_demand=-1)
    )
    assert {(item.file, item.place) for item in problems(source)} == {
        ("assumptions", "nmae"),
        ("assumptions", "servers.box.gpus"),
        ("assumptions", "cloud.p5.on_demand"),
        ("p.csv", "row 2, column price"),
        ("c.csv", "row 2, column option"),
        ("power.csv", "row 2, column price"),
    }


@pytest.mark.parametrize("spot", [5, [1], "x"])
def test_a_file_beside_an_entry_of_the_wrong_kind(write, tree, offer, problem, spot):
    write("option,period,price\nspot,2027-01,1\n", "p.csv")
    problem(tree(cloud=offer(spot=spot, prices="p.csv")), "cloud.p5.spot")
