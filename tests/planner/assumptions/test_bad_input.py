"""Every way in which a file can be wrong: where it is said to be, and how it is said."""

from __future__ import annotations

import pytest

from planner.assumptions.load import load
from planner.problems import InputError


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"", "", "an empty file; expected assumptions, beginning with 'version: 1'"),
        (b"- 1", "line 1, column 1", "found a list; expected keys and values"),
        (b"a: [1", "line 2, column 1", "expected valid YAML"),
        (b"version: 1\nname: caf\xe9\n", "line 2", "byte 0xe9; expected text in UTF-8 (save the file as UTF-8)"),
    ],
)
def test_files_that_cannot_be_read(write, problem, content, place, words):
    found = problem(write(content), place)
    assert found.file == "a.yaml"
    assert words in str(found)


@pytest.mark.parametrize("reference", [{"a": 1}, ["H100"], [{}], 3])
def test_a_reference_gpu_of_any_kind(tree, problems, reference):
    rates = {"H100": {"output_tokens_per_s": 1}}
    (found,) = problems(tree(workloads={"chat": {"reference_gpu": reference, "throughput": rates}}))
    assert found.place == "workloads.chat.reference_gpu"
    assert found.expected == "text"


@pytest.mark.parametrize("periods", [10**400, 10**20, 1_000_001])
def test_counts_without_end(tree, problem, periods):
    found = problem(tree(horizon={"periods": periods}), "horizon.periods")
    assert found.expected == "a number of at most 1000000"


@pytest.mark.parametrize(
    ("keys", "place", "expected"),
    [
        ({"speed": {"H100": 5e-324}}, "speed.H100", "a number of at least 1e-09"),
        ({"throughput": {"H100": {"requests_per_s": 1e-10}}}, "throughput.H100.requests_per_s", "at least 1e-09"),
        ({"unserved_penalty": 1e308}, "unserved_penalty", "a number of at most 1e+15"),
    ],
)
def test_figures_that_would_not_stay_finite(tree, problem, keys, place, expected):
    assert expected in problem(tree(workloads={"chat": keys}), f"workloads.chat.{place}").expected


def test_an_availability_of_next_to_nothing(tree, server, problem):
    found = problem(tree(servers=server(availability=1e-300)), "servers.box.availability")
    assert found.expected == "a number of at least 1e-09"


def test_long_values_are_cut_in_messages(tree, problems):
    (found,) = problems(tree(horizon={"x" * 10_000: 1}))
    assert len(str(found)) < 1000


def test_a_missing_file(write, problem):
    assert "no such file; expected an existing file" in str(problem("nowhere.yaml", ""))


def test_a_folder_is_no_file(tmp_path, problem):
    assert "expected a file that can be read" in str(problem(tmp_path, ""))


def test_byte_order_mark_is_fine(write):
    name = write("version: 1\n".encode("utf-8-sig"))
    assert load(name, ["a"]).file == "a.yaml"


def test_duplicate_keys_come_with_everything_else(write, problems):
    found = problems(write("version: 1\nversion: 1\nhorizon: {period: fortnight}\nnmae: x\n"))
    assert [item.place for item in found] == ["line 2, column 1", "horizon.period", "nmae"]


@pytest.mark.parametrize(
    ("keys", "place", "words"),
    [
        ({"price": None}, "price", "expected a value, the key is required: delivered, currency per server"),
        ({"price": -3}, "price", "found -3; expected a number above 0"),
        ({"price": 0}, "price", "found 0; expected a number above 0"),
        ({"price": "290,000"}, "price", "found '290,000'; expected a number (write 290000)"),
        ({"price": "1_000"}, "price", "expected a number (write 1000)"),
        ({"price": "290000"}, "price", "expected a number (write it without quotes)"),
        ({"price": "$5"}, "price", "write the number alone"),
        ({"price": "0,5"}, "price", "write 0.5"),
        ({"price": "cheap"}, "price", "found 'cheap'; expected a number"),
        ({"price": True}, "price", "found true; expected a number"),
        ({"price": float("nan")}, "price", "found .nan; expected a finite number"),
        ({"price": float("inf")}, "price", "found .inf; expected a finite number"),
        ({"price": [1, 2]}, "price", "found [1, 2]; expected a number"),
        (
            {"price": {"valeu": 3, "source": "x"}},
            "price",
            "expected a number, or {value: ..., source: ..., as_of: ...}",
        ),
        ({"price": {"valeu": 3, "source": "x"}}, "price", "did you mean 'value'?"),
        ({"gpus": 7.5}, "gpus", "found 7.5; expected a whole number"),
        ({"gpus": 0}, "gpus", "expected a number of at least 1"),
        ({"availability": 97}, "availability", "found 97; expected a number of at most 1 (97 % is written 0.97)"),
        ({"maintenance_per_year": "10%"}, "maintenance_per_year", "expected a number (write 0.1)"),
        ({"whole_servers": "maybe"}, "whole_servers", "found 'maybe'; expected true or false"),
        ({"lifetime": "5 yeras"}, "lifetime", "expected a duration such as '36 months'"),
        ({"lifetime": 60}, "lifetime", "found 60; expected a duration such as '36 months'"),
        ({"lifetime": "0 months"}, "lifetime", "found '0 months'; expected a whole number of periods, at least 1"),
        ({"gpu": 4090}, "gpu", "found 4090; expected text"),
        ({"gpu": ""}, "gpu", "expected a name that is not empty"),
        ({"idle_power_kw": 11}, "", "expected idle_power_kw (11) no larger than power_kw (10.2)"),
        ({"available_from": 2027}, "available_from", "found 2027; expected a day such as 2027-01-01"),
        ({"available_from": "2027-02-30"}, "available_from", "found '2027-02-30'; expected a day"),
        ({"available_from": "2027-02-01T00:30"}, "available_from", "or a full hour"),
        ({"sites": "lab"}, "sites", "expected a list, such as [a, b]"),
        ({"sites": ["labb"]}, "sites", "found 'labb'; expected a site of this plan (lab) (did you mean 'lab'?)"),
        ({"pricee": 3}, "pricee", "found 3; expected a key of the format; this one is unknown (did you mean 'price'?)"),
        ({"colour": "red"}, "colour", "known here: gpu, gpus"),
        ({"resale": {"12 moons": 0.5}}, "resale.12 moons", "expected a duration such as"),
        ({"resale": {"12 months": 1.5}}, "resale.12 months", "expected a number of at most 1"),
        ({"resale": {"12 months": 0.5, "1 year": 0.4}}, "resale.1 year", "it is the same as '12 months'"),
        ({"gpu": "H10O"}, "gpu", "found 'H10O'; expected a GPU of the catalogue's table (H100, "),
        ({"gpu": "H10O"}, "gpu", "or gpu_memory_gb beside it (did you mean 'H100'?)"),
        ({"from": "hgx-h100"}, "from", "found 'hgx-h100'; expected a name of the catalogue's servers (did you mean"),
        ({"from": "zzz"}, "from", "the catalogue has hgx-h100-8, "),
        ({"price": {"value": 3, "surce": "x"}}, "price.surce", "only value, source and as_of beside a value (did you"),
        ({"price": {"value": 3, "source": 7}}, "price.source", "found 7; expected text: where the figure is from"),
        ({"price": {"value": 3, "as_of": "May"}}, "price.as_of", "found 'May'; expected a date such as 2026-09-10"),
    ],
)
def test_servers(tree, server, problem, keys, place, words):
    found = problem(tree(servers=server(**keys)), f"servers.box.{place}".rstrip("."))
    assert found.file == "assumptions"
    assert words in str(found)


@pytest.mark.parametrize(
    ("keys", "place", "words"),
    [
        ({"on_demand": None}, "", "expected at least one of on_demand, spot and reserved, with its price"),
        ({"on_demand": 0}, ".on_demand", "found 0; expected a number above 0"),
        ({"spot": 3}, ".spot", "found 3; expected keys below it: price, lost_work, max_gpus"),
        ({"spot": {"lost_work": 0.1}}, ".spot.price", "expected a value, the key is required"),
        ({"reserved": {"1y": {"term": "12 months"}}}, ".reserved.1y", "upfront or hourly above 0 (an option with no"),
        ({"reserved": {"1y": {"hourly": 3}}}, ".reserved.1y.term", "expected a value, the key is required"),
        ({"reserved": {"1y": 3}}, ".reserved.1y", "expected names, each with its value below it"),
        ({"reserved": [1]}, ".reserved", "found [1]; expected names, each with its value below it"),
        ({"reserved": {"1y": {"term": "30 days", "hourly": 1}}}, ".reserved.1y.term", "where horizon.period is month"),
        ({"reserved": {"1y": {"term": "30 days", "hourly": 1}}}, ".reserved.1y.term", "the nearest is '1 month'"),
        ({"egress_per_gb": -1}, ".egress_per_gb", "found -1; expected a number of at least 0"),
    ],
)
def test_offers(tree, offer, problem, keys, place, words):
    assert words in str(problem(tree(cloud=offer(**keys)), f"cloud.p5{place}"))


@pytest.mark.parametrize(
    ("keys", "place", "words"),
    [
        (
            {"reference_gpu": "H10O"},
            ".reference_gpu",
            "a GPU that the catalogue's table, a server or an offer names (did",
        ),
        ({"speed": {"A100-80": 0.4}}, ".speed.A100-80", "did you mean 'A100-80GB'?"),
        ({"speed": {"H100": -1}}, ".speed.H100", "found -1; expected a number of at least 0"),
        ({"throughput": {"H10": {"requests_per_s": 1}}}, ".throughput.H10", "found 'H10'; expected a GPU that"),
        ({"throughput": {"H100": {}}}, ".throughput.H100", "expected at least one of input_tokens_per_s"),
        ({"bound_by": "memroy"}, ".bound_by", "expected one of compute, memory (did you mean 'memory'?)"),
        ({"load_shape": "falt"}, ".load_shape", "expected flat, {peak_to_mean: 2.5} or {hour_of_week: profile.csv}"),
        (
            {"load_shape": 3},
            ".load_shape",
            "found 3; expected flat, {peak_to_mean: 2.5} or {hour_of_week: profile.csv}",
        ),
        (
            {"load_shape": {"peak_to_mean": 2, "peek": 2}},
            ".load_shape.peek",
            "this one is unknown (known here: peak_to",
        ),
        (
            {"load_shape": {"peak_to_mean": 0.5}},
            ".load_shape.peak_to_mean",
            "found 0.5; expected a number of at least 1",
        ),
        ({"load_shape": {"peak_to_mean": None}}, ".load_shape", "exactly one of peak_to_mean and hour_of_week"),
        (
            {"load_shape": {"hour_of_week": "x.csv"}},
            ".load_shape.hour_of_week",
            "found 'x.csv'; expected an existing file",
        ),
        ({"spot_max_share": 50}, ".spot_max_share", "50 % is written 0.5"),
        ({"regions": [7]}, ".regions.1", "found 7; expected text"),
        (3, "", "found 3; expected an entry with keys of its own below it"),
    ],
)
def test_workloads(tree, problem, keys, place, words):
    assert words in str(problem(tree(workloads={"chat": keys}), f"workloads.chat{place}"))


@pytest.mark.parametrize(
    ("sections", "place", "words"),
    [
        ({"version": None}, "version", "expected a value, the key is required: of the format: 1"),
        ({"version": 2}, "version", "found 2; expected 1"),
        ({"version": "1"}, "version", "found '1'; expected 1 (write it without quotes)"),
        ({"verison": 1}, "verison", "did you mean 'version'?"),
        ({"servers": ["a"]}, "servers", "found ['a']; expected names, each with its value below it"),
        ({"horizon": 36}, "horizon", "found 36; expected keys below it: period, start, periods, projection"),
        ({"horizon": {"period": "months"}}, "horizon.period", "expected one of hour, day, week, month, quarter, year"),
        ({"horizon": {"periods": 0}}, "horizon.periods", "expected a number of at least 1"),
        ({"horizon": {"periods": 36.5}}, "horizon.periods", "found 36.5; expected a whole number"),
        ({"horizon": {"projection": {}}}, "horizon.projection.growth_per_year", "the key is required"),
        ({"finance": {"discount_rate": -1}}, "finance.discount_rate", "expected a number above -1"),
        ({"demand": {"load_shape": {}}}, "demand.load_shape", "expected exactly one of peak_to_mean and hour_of_week"),
        ({"sites": {"lab": {"electricity_price": 0.1}}}, "sites.lab.pue", "the key is required"),
        ({"sites": {"lab": {"electricity_price": 0.1, "pue": 0.9}}}, "sites.lab.pue", "a number of at least 1"),
        ({"variants": {"cheap": "x"}}, "variants.cheap", "expected a list, such as [a, b]"),
        ({"currency": ""}, "currency", "expected a name that is not empty"),
    ],
)
def test_the_rest(tree, problem, sections, place, words):
    assert words in str(problem(tree(**sections), place))


@pytest.mark.parametrize(
    ("decision", "place", "words"),
    [
        (
            {"server": "bax", "site": "lab"},
            ".server",
            "found 'bax'; expected a server of this plan (box) (did you mean",
        ),
        ({"server": "box", "site": "lob"}, ".site", "expected a site of this plan (lab)"),
        ({"offer": "p6", "option": "1y"}, ".offer", "expected an offer of this plan (p5)"),
        ({"offer": "p5", "option": "3y"}, ".option", "found '3y'; expected a reserved option of p5 (1y)"),
        ({"server": "box", "option": "1y"}, "", "expected either server and site, or offer and option, or"),
        ({"server": "box", "site": "lab", "min": 3, "max": 2}, "", "expected max (2) no smaller than min (3)"),
        (
            {"server": "box", "site": "lab", "period": True},
            ".period",
            "expected the label of a period, such as 2027-04",
        ),
        ({"server": "box", "site": "away"}, ".site", "expected a site where box may stand (lab)"),
    ],
)
def test_decisions(tree, server, offer, problem, decision, place, words):
    source = tree(
        sites={
            name: {"electricity_price": 0.1, "pue": 1.2}
            for name in ("lab", "away")[: 2 if "away" in str(decision) else 1]
        },
        servers=server(sites=["lab"]),
        cloud=offer(reserved={"1y": {"term": "1 year", "hourly": 30}}),
        decisions=[{"period": "2027-01"} | decision],
    )
    assert words in str(problem(source, f"decisions.1{place}"))


def test_unlisted_workloads_are_named(tree, problem):
    found = problem(tree(workloads={"chat": {}, "trainn": {}}), "workloads", ["chat", "train", "batch"])
    assert found.value == ""
    assert found.expected == "an entry for every workload of the forecast; missing: 'train', 'batch'"
    assert found.fix == "train: did you mean 'trainn'?"


def test_a_forecast_that_cannot_be_read_skips_what_needs_it(tree):
    assert set(load(tree(), None).assumptions.workloads or {}) == {"chat"}
    assert load(tree(workloads=None), None).assumptions.workloads == {}


@pytest.mark.parametrize(
    ("unit", "lead", "life", "expected"),
    [
        ("quarter", "4 months", "60 months", ["servers.box.lead_time"]),
        ("year", "3 months", "30 months", ["servers.box.lead_time", "servers.box.lifetime"]),
        ("week", "3 weeks", "5 years", ["servers.box.lifetime"]),
    ],
)
def test_durations_of_the_user_must_be_whole_periods(tree, server, problems, unit, lead, life, expected):
    found = problems(tree(horizon={"period": unit}, servers=server(lead_time=lead, lifetime=life)))
    assert [item.place for item in found] == expected
    assert all(f"where horizon.period is {unit}" in item.expected for item in found)


def test_the_nearest_whole_durations_are_said(tree, server, problem):
    source = tree(horizon={"period": "quarter"}, servers=server(lead_time="4 months"))
    assert problem(source, "servers.box.lead_time").fix == "the nearest are '1 quarter' and '2 quarters'"


def test_everything_at_once(tree, server, offer, problems):
    found = problems(
        tree(
            versoin=1,
            horizon={"period": "weak"},
            servers=server(gpu="H10O", price=None, sites=["nowhere"], prise=3),
            cloud=offer(on_demand="6.88"),
            workloads={"chatt": {"reference_gpu": "H1"}},
            limits={"capex": {"totl": 3}},
        )
    )
    assert {item.place for item in found} == {
        "versoin", "horizon.period", "servers.box.gpu", "servers.box.price", "servers.box.sites", "servers.box.prise",
        "cloud.p5.on_demand", "workloads", "workloads.chatt.reference_gpu", "limits.capex.totl",
    }  # fmt: skip
    assert len(found) == 10


def test_an_entry_that_looks_like_the_catalogues_is_told_so(tree, server, problem):
    source = tree(servers={"hgx-h100": server(price=None)["box"]})
    assert problem(source, "servers.hgx-h100.price").fix == "or, from the catalogue, from: 'hgx-h100-8'"


def test_the_message_counts_problems(tree):
    with pytest.raises(InputError, match="2 problems in the inputs"):
        load(tree(a=1, b=2), ["chat"])


@pytest.mark.parametrize("text", ["srvers:", "finance: {bogus: }", "servers:\n  hgx-h100-8: {bogus: null}"])
def test_an_unknown_key_without_a_value(tmp_path, text):
    file = tmp_path / "a.yaml"
    file.write_text(f"version: 1\n{text}\n")
    with pytest.raises(InputError, match="this one is unknown"):
        load(file, ["chat"])


def test_a_comma_inside_braces_is_not_a_price(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("version: 1\nservers:\n  hgx-h100-8: {price: 290,000, lead_time: 3 months}\n")
    with pytest.raises(InputError) as error:
        load(file, ["chat"])
    (problem,) = error.value.problems
    assert problem.place == "servers.hgx-h100-8.000"
    assert "write 290000" in problem.fix


def test_sites_may_be_missing_from_a_server_entry_with_other_mistakes(tree, server, problems):
    found = problems(tree(sites={}, servers=server(sites=["lab"])))
    assert found[0].expected == "a site of this plan (there is none)"


def test_foreign_currency_with_prices_of_the_catalogue(tree, problem):
    source = tree(currency="EUR", servers={"hgx-h100-8": {"price": 1, "install_cost": 2}}, cloud={"runpod-h100": {}})
    found = problem(source, "currency")
    assert found.value == "'EUR'"
    assert found.expected.startswith("USD, as prices of the catalogue are in use")
    assert found.fix == "give these in EUR: cloud.runpod-h100.on_demand, cloud.runpod-h100.storage_per_gb_month"


def test_foreign_currency_with_own_prices(tree):
    assert load(tree(currency="EUR"), ["chat"]).assumptions.currency == "EUR"


def test_many_keys_in_a_foreign_currency_are_cut_short(problem):
    assert "more" in problem({"version": 1, "currency": "EUR"}, "currency").fix
