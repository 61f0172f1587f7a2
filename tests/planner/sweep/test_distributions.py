from __future__ import annotations

import numpy as np
import pytest
import yaml

from planner.problems import InputError
from planner.sweep.distributions import read_distributions


@pytest.fixture
def read(tmp_path):
    def reader(assumptions, **more):
        file = tmp_path / "spread.yaml"
        file.write_text(yaml.safe_dump({"assumptions": assumptions, **more}))
        return read_distributions(file)

    return reader


def drawn(distributions, count=4000, seed=1):
    points = distributions.draws(count, seed, 1)
    return {name: np.array([point.varied[name] for point in points]) for name in points[0].varied}


KEYS = {"keys": ["cloud.*.on_demand"]}


@pytest.mark.parametrize(
    ("kind", "mean", "deviation"),
    [
        ({"normal": {"mean": 1.1, "sd": 0.2}}, 1.1, 0.2),
        ({"lognormal": {"sigma": 0.3}}, np.exp(0.045), np.exp(0.045) * np.sqrt(np.exp(0.09) - 1)),
        ({"uniform": {"low": 0.5, "high": 1.5}}, 1, 1 / np.sqrt(12)),
        ({"triangular": {"low": 0.8, "mode": 1, "high": 1.5}}, 1.1, np.sqrt((0.64 + 1 + 2.25 - 0.8 - 1.2 - 1.5) / 18)),
    ],
    ids=["normal", "lognormal", "uniform", "triangular"],
)
def test_moments(read, kind, mean, deviation):
    values = drawn(read({"a": KEYS | kind}), 20_000)["a"]
    assert values.mean() == pytest.approx(mean, rel=0.01)
    assert values.std() == pytest.approx(deviation, rel=0.03)


def test_empirical_factors_are_changes_that_were_seen(read, tmp_path):
    rows = ["month,region,od", "2024-02,a,2", "2024-01,a,1", "2024-03,a,3", "2024-01,b,10", "2024-02,b,", "2024-03,b,5"]
    (tmp_path / "prices.csv").write_text("\n".join(rows))
    entry = {"file": "prices.csv", "price": "od", "time": "month", "series": ["region"], "over": 1}
    values = drawn(read({"a": KEYS | {"empirical": entry}}))["a"]
    assert set(values) == {1.5, 2.0}
    entry = entry | {"over": 2, "where": {"region": "b"}}
    assert set(drawn(read({"a": KEYS | {"empirical": entry}}))["a"]) == {0.5}


def test_groups_move_together_and_others_do_not(read):
    entry = KEYS | {"lognormal": {"sigma": 0.3}}
    grouped = entry | {"group": "g"}
    values = drawn(read({"a": grouped, "b": grouped, "c": entry}, correlation={"g": 0.8}), 20_000)
    logs = np.corrcoef([np.log(values[name]) for name in "abc"])
    assert logs[0, 1] == pytest.approx(0.8, abs=0.02)
    assert abs(logs[0, 2]) < 0.03


def test_more_draws_begin_with_the_same_ones_and_other_seeds_are_others(read):
    distributions = read({"a": KEYS | {"uniform": {"low": 0.5, "high": 1.5}}})
    few, many = distributions.draws(5, 7, 1), distributions.draws(9, 7, 1)
    assert few == many[:5]
    assert few != distributions.draws(5, 8, 1)


def test_changes_and_demand(read):
    entry = {"keys": ["demand", "servers.*.price", "cloud.c.on_demand"], "uniform": {"low": 2, "high": 2.000001}}
    (point,) = read({"a": entry}).draws(1, 1, 1)
    assert point.demand == pytest.approx(2)
    assert [change.split("=")[0] for change in point.changes] == ["servers.*.price", "cloud.c.on_demand"]


def test_ends_are_quantiles(read):
    low, high = read({"a": KEYS | {"uniform": {"low": 0, "high": 2}}}).ends(1)
    assert (low.varied["a"], high.varied["a"]) == pytest.approx((0.1, 1.9))


@pytest.mark.parametrize(
    ("entry", "more"),
    [
        ({"keys": [], "normal": {"sd": 1}}, {}),
        (KEYS, {}),
        (KEYS | {"normal": {"sd": 1}, "uniform": {"low": 0, "high": 1}}, {}),
        (KEYS | {"normal": {"sd": -1}}, {}),
        (KEYS | {"normal": {"sigma": 1}}, {}),
        (KEYS | {"uniform": {"low": 2, "high": 1}}, {}),
        (KEYS | {"triangular": {"low": 1, "mode": 3, "high": 2}}, {}),
        (KEYS | {"normal": {"sd": 1}, "group": "g"}, {}),
        (KEYS | {"normal": {"sd": 1}}, {"correlation": {"g": 0.5}}),
        (KEYS | {"normal": {"sd": 1}, "group": "g"}, {"correlation": {"g": 2}}),
        (KEYS | {"normal": {"sd": 1}}, {"more": 1}),
        (KEYS | {"empirical": {"file": "none.csv", "price": "p", "time": "t", "over": 1}}, {}),
    ],
)
def test_what_is_wrong_is_said(read, entry, more):
    with pytest.raises(InputError) as caught:
        read({"a": entry}, **more)
    assert caught.value.problems


@pytest.mark.parametrize(
    ("content", "wrong"),
    [("t,q\n1,2\n", "no column 'p'"), ("t,p\n1,x\n", "found x"), ("t,p\n1,2\n", "no change"), ("", "none.csv")],
)
def test_what_is_wrong_with_a_history_is_said(read, tmp_path, content, wrong):
    (tmp_path / "none.csv").write_text(content)
    with pytest.raises(InputError, match=wrong):
        read({"a": KEYS | {"empirical": {"file": "none.csv", "price": "p", "time": "t", "over": 1}}})


def test_a_file_that_is_not_there_and_one_that_is_no_yaml(tmp_path):
    with pytest.raises(InputError):
        read_distributions(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(InputError):
        read_distributions(tmp_path / "bad.yaml")
