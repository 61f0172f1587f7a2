"""What `planner init` writes is a plan's assumptions: complete, the catalogue's figures, every key explained."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import api
from planner.assumptions.fields import entries_in, fields_of, section_model
from planner.assumptions.figures import dotted, leaves, unwrap, wrap
from planner.assumptions.load import load
from planner.assumptions.schema import Assumptions
from planner.assumptions.starter import Size, Starter, starter
from planner.assumptions.starter_text import quoted
from planner.assumptions.yaml_text import read_yaml
from planner.catalogue.reader import catalogue
from planner.forecast.read import read_forecast
from planner.problems import InputError

NASTY = [
    *("no", "null", "~", "<<", "a: b", "- x", "#c", "{x}", "*a", "&a", "!t", "%", "@", "`", "'", '"', "\\", "1e3"),
    *(
        "2027-01-01",
        "a\nb",
        "\x00",
        "a\x85b",
        "a\u2028b",
        "é🙂",
        "x" * 5000,
        "from",
        "default",
        "a.b",
        "true",
        "|",
        ">",
    ),
]


def months(count: int = 3) -> pd.DatetimeIndex:
    return pd.date_range("2027-01-01", periods=count, freq="MS")


def long(quantity: str, workloads: list[str], count: int = 3, amount: float = 1000.0) -> pd.DataFrame:
    rows = [(start, workload, amount) for workload in workloads for start in months(count)]
    return pd.DataFrame(rows, columns=["timestamp", "workload", quantity])


def hourly(hours: int) -> pd.DataFrame:
    times = pd.date_range("2027-01-04", periods=hours, freq="h")
    return pd.DataFrame({"timestamp": times, "gpus": np.arange(hours) % 24 / 4})


FORECASTS = {
    "gpu-hours": long("gpu_hours", ["training", "own"]),
    "gpus": long("gpus", ["research"]),
    "wide": pd.DataFrame({"timestamp": months(), "a": 100.0, "b: c": [1.0, 2.0, 3.0]}),
    "tokens": long("output_tokens", ["chat-70b", "own", "training"], amount=1e9).assign(input_tokens=2e9),
    "requests": long("requests", ["own", "chat-70b"], amount=1e6),
    "hourly": hourly(24 * 62),
    "two weeks": hourly(24 * 14),
    "a year of hours": hourly(24 * 366),
    "two days": hourly(48),
    "five hours": hourly(5),
    "one month": long("gpu_hours", ["own"], count=1),
    "years": pd.DataFrame({"timestamp": ["2027-01-01", "2028-01-01"], "gpu_hours": [1e4, 2e4]}),
    "quarters": pd.DataFrame({"timestamp": ["2027-01-01", "2027-04-01"], "gpu_hours": [1e3, 2e3]}),
    "nasty names": long("gpu_hours", NASTY, count=2),
}


def made(frame: pd.DataFrame, size: Size = Size.MEDIUM) -> Starter:
    return starter(read_forecast(frame), size)


def written(frame: pd.DataFrame, folder: Path, size: Size = Size.MEDIUM) -> Path:
    path = folder / "a.yaml"
    path.write_text(made(frame, size).text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", FORECASTS)
@pytest.mark.parametrize("size", Size)
def test_it_passes_the_check(tmp_path: Path, name: str, size: Size) -> None:
    api.check(FORECASTS[name], written(FORECASTS[name], tmp_path, size))


@pytest.mark.parametrize("name", ["gpu-hours", "wide", "tokens", "requests", "hourly", "two weeks", "two days"])
def test_it_can_be_planned_with(tmp_path: Path, name: str) -> None:
    plan = api.plan(FORECASTS[name], written(FORECASTS[name], tmp_path, Size.SMALL), gap=0.01, baselines=False)
    assert plan.audit.passed
    assert plan.total_cost > 0


@pytest.mark.parametrize("size", Size)
def test_figures_and_sources_are_the_catalogues(tmp_path: Path, size: Size) -> None:
    loaded = load(written(FORECASTS["gpu-hours"], tmp_path, size), ["training", "own"])
    book = catalogue()
    assert not loaded.catalogue_keys & {f"servers.{name}.price" for name in book.servers}
    names = {section: list(loaded.raw[section]) for section in ("sites", "servers", "cloud")}
    for section, profile, name in [
        *((section, name, name) for section, entries in names.items() for name in entries),
        ("workloads", "training", "training"),
        ("workloads", "default", "own"),
    ]:
        tree, _ = wrap(dict(book.entries(section)[profile]), "catalogue", catalogue=True)
        entry = {key: value for key, value in loaded.raw[section][name].items() if value is not None}
        if profile == "default" and section == "workloads":
            assert entry.pop("reference_gpu") == "H100"
        assert entry == unwrap(tree)
        for path, leaf in leaves(tree):
            assert loaded.sources.get(dotted((section, name, *path))) == leaf.source


def test_numbers_of_servers_and_offers(tmp_path: Path) -> None:
    book = catalogue()
    expected = {Size.SMALL: (1, 3), Size.MEDIUM: (3, 8), Size.LARGE: (len(book.servers), len(book.cloud))}
    for size, counts in expected.items():
        loaded = load(written(FORECASTS["gpu-hours"], tmp_path, size), None)
        assert (len(loaded.raw["servers"]), len(loaded.raw["cloud"])) == counts
        reference = loaded.raw["workloads"]["training"]["reference_gpu"]
        assert next(iter(loaded.raw["servers"].values()))["gpu"] == reference
        assert next(iter(loaded.raw["cloud"].values()))["gpu"] == reference or size is Size.LARGE


def test_every_key_is_explained_once_with_its_unit() -> None:
    text = made(FORECASTS["tokens"], Size.LARGE).text
    tree, problems = read_yaml(text, "a.yaml")
    assert tree is not None
    assert not problems
    for model in {model for _, _, model in entries_in(tree)}:
        for name, info in fields_of(model).items():
            if name in ("sites", "servers", "cloud", "version") or not info.is_required():
                words = re.escape(f"{info.title}")
                assert re.search(rf"# {words}( \[[^]]*\])?: ", text), (model, name)
    assert "# Price [USD per server]: delivered\n" in text
    assert "currency per" not in text
    assert text.count("# Lifetime: in service for this long") == 1


def test_optional_keys_can_be_uncommented_and_change_nothing(tmp_path: Path) -> None:
    path = written(FORECASTS["gpu-hours"], tmp_path, Size.SMALL)
    text = path.read_text()
    uncommented = re.sub(r"^( *)# ([a-z_]+: \S+)$", r"\1\2", text, flags=re.MULTILINE)
    assert uncommented.count("\n  ") == text.count("\n  ")
    assert uncommented != text
    before = load(path, ["own", "training"])
    path.write_text(uncommented)
    assert load(path, ["own", "training"]).assumptions == before.assumptions


# Throughput


def test_throughput_of_another_profile_is_marked(tmp_path: Path) -> None:
    starting = made(FORECASTS["tokens"])
    assert starting.missing == ()
    assert [key.partition(": ")[0] for key in starting.checks] == [
        "demand.load_shape",
        "workloads.own.throughput",
        "workloads.training.throughput",
    ]
    assert starting.text.count("# CHECK: that of chat-70b in the catalogue: put in your own") == 2
    loaded = load(written(FORECASTS["tokens"], tmp_path), None)
    assert loaded.raw["workloads"]["training"]["storage_gb"] == 20000
    assert loaded.raw["workloads"]["training"]["throughput"] == loaded.raw["workloads"]["chat-70b"]["throughput"]


def test_requests_are_derived_from_tokens_and_say_so(tmp_path: Path) -> None:
    loaded = load(written(FORECASTS["requests"], tmp_path), None)
    profile = catalogue().workloads["chat-70b"]["throughput"]["H100"]["output_tokens_per_s"]
    rate = loaded.raw["workloads"]["own"]["throughput"]["H100"]["requests_per_s"]
    assert rate == pytest.approx(profile["value"] / 1000)
    source = loaded.sources["workloads.own.throughput.H100.requests_per_s"]
    assert "assumption" in source.source
    assert "1,000 tokens a request" in source.source


def test_what_the_catalogue_cannot_say_is_a_todo_that_the_check_asks_for(tmp_path: Path) -> None:
    frame = long("input_tokens", ["own"], amount=1e9)
    starting = made(frame)
    assert [key.partition(": ")[0] for key in starting.missing] == ["workloads.own.throughput.H100.input_tokens_per_s"]
    path = written(frame, tmp_path)
    with pytest.raises(InputError) as caught:
        api.check(frame, path)
    (problem,) = caught.value.problems
    assert (problem.place, problem.value) == ("workloads.own.throughput.H100.input_tokens_per_s", "'TODO'")
    path.write_text(path.read_text().replace("input_tokens_per_s: TODO", "input_tokens_per_s: 5000"))
    api.check(frame, path)


# Horizon


@pytest.mark.parametrize(
    ("name", "period", "periods"),
    [
        ("gpu-hours", "month", 3),
        ("hourly", "month", 36),
        ("two weeks", "month", 36),
        ("a year of hours", "month", 12),
        ("two days", "day", 2),
        ("five hours", "hour", 5),
        ("one month", "month", 1),
        ("years", "month", 24),
    ],
)
def test_the_horizon_is_what_the_forecast_covers_or_a_short_history_carried_on(
    tmp_path: Path, name: str, period: str, periods: int
) -> None:
    horizon = load(written(FORECASTS[name], tmp_path), None).assumptions.horizon
    assert (horizon.period.value, horizon.periods) == (period, periods)
    assert (horizon.projection is not None) == (name in ("hourly", "two weeks"))


def test_a_short_history_is_to_be_moved_to_where_it_is_planned_for(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(hourly(24 * 62).to_csv(index=False))
    checks = starter(read_forecast(tmp_path / "f.csv"), Size.SMALL).checks
    assert [check for check in checks if check.startswith("horizon.periods: the forecast covers 8 weeks only")]
    assert [check for check in checks if check.startswith("demand.forecast_starts: ") and "2027-01-04" in check]


def test_less_than_an_hour_is_refused() -> None:
    frame = pd.DataFrame({"timestamp": ["2027-01-01T00:00", "2027-01-01T00:15"], "gpus": [1, 1]})
    with pytest.raises(InputError, match="less than an hour"):
        made(frame)


# Names


@settings(max_examples=100, deadline=None)
@given(text=st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=30)))
def test_any_text_is_read_back_by_every_reader(text: str) -> None:
    if re.search("[\ud800-\udfff]", text):
        return
    line = f"? {quoted(text)}\n: {quoted(text)}"
    assert "\n" not in quoted(text)
    assert read_yaml(line, "")[0] == {text: text}
    assert yaml.safe_load(line) == {text: text}


def test_the_sections_of_the_file_are_those_of_the_format() -> None:
    tree, _ = read_yaml(made(FORECASTS["nasty names"]).text, "a.yaml")
    assert tree is not None
    assert set(tree) <= set(fields_of(Assumptions))
    workloads = tree["workloads"]
    assert isinstance(workloads, dict)
    assert set(workloads) == set(NASTY)
    assert set(workloads["a: b"]) <= set(fields_of(section_model("workloads")))


@pytest.mark.parametrize("name", ["2027-02-30", "0000-00-00", "1:99", "=", "0o9", "09", "1_", "2027-13-01T00:00:00Z"])
def test_names_like_days_that_there_are_not(name):
    assert yaml.safe_load(quoted(name)) == name
    assert read_yaml(f"key: {quoted(name)}", "")[0] == {"key": name}
