"""An assumptions file to begin with: filled in from the catalogue for one forecast, every key explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from typing import Any

import numpy as np

from planner.assumptions.durations import PeriodUnit
from planner.assumptions.fields import fields_of
from planner.assumptions.figures import Figure, Path, Tree, bare, plain, wrap
from planner.assumptions.lengths import fit_lengths
from planner.assumptions.loaded import Source
from planner.assumptions.schema import Finance, Workload
from planner.assumptions.starter_text import TODO, write
from planner.catalogue.reader import Catalogue, catalogue
from planner.forecast.conversion import RATES
from planner.forecast.demand import Quantity
from planner.forecast.intervals import Interval, IntervalUnit
from planner.forecast.table import Forecast
from planner.problems import InputError, Problem

_MOST_PERIODS = 120
_PROJECTED_PERIODS = 36
_SHORT_HISTORY_MONTHS = 12
"""Hours of fewer months are what was used, not a plan's horizon: nothing that is ordered would be in service in it."""
_TOKENS_PER_REQUEST = 1000


class Size(StrEnum):
    """How much there is to choose from."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


_COUNTS = {Size.SMALL: (1, 3), Size.MEDIUM: (3, 8)}
"""Servers and offers; a large file has all."""


@dataclass(frozen=True)
class Starter:
    """The file, and what in it is not to be taken as it stands."""

    text: str
    checks: tuple[str, ...]
    """Keys that stand in for what only the user knows, and why."""
    missing: tuple[str, ...]
    """Keys that have to be filled in."""


@dataclass
class _Making:
    """The tree so far, and the notes on it."""

    book: Catalogue
    tree: Tree = field(default_factory=dict)
    checks: dict[Path, str] = field(default_factory=dict)
    todo: dict[Path, str] = field(default_factory=dict)


def starter(forecast: Forecast, size: Size) -> Starter:
    """Assumptions for a forecast, as YAML. Raises InputError for a forecast of less than an hour."""
    making = _Making(catalogue())
    name = PurePath(forecast.file).name
    making.tree = {
        "version": 1,
        "name": "" if name.startswith("(") or name == "DataFrame" else f"Plan for {name}",
        "currency": making.book.currency,
        "horizon": _horizon(forecast, making),
        "finance": {key: plain(info.default) for key, info in fields_of(Finance).items()},
        "demand": _demand(forecast, making),
        "workloads": {workload: _workload(workload, forecast, making) for workload in forecast.workloads},
    }
    _choose(making, size)
    fit_lengths(making.tree, lambda _: "catalogue")
    named = {path: f"TODO: {why}" for path, why in making.todo.items()}
    named |= {path: f"CHECK: {why}" for path, why in making.checks.items()}
    return Starter(
        text=write(making.tree, named, making.book.currency),
        checks=tuple(f"{'.'.join(path)}: {why}" for path, why in making.checks.items()),
        missing=tuple(f"{'.'.join(path)}: {why}" for path, why in making.todo.items()),
    )


# Horizon and demand


def _horizon(forecast: Forecast, making: _Making) -> Tree:
    """The whole months that the forecast covers; a shorter one is carried on, or planned by the day or hour.

    Hours of less than a year are carried on too: they are a history, too short to buy anything for.
    """
    path = ("horizon", "periods")
    interval = forecast.interval
    if interval is None:
        making.checks["horizon", "period"] = "the forecast has a single timestamp: its interval is one period"
        return {"period": "month", "periods": 1}
    end = _end(forecast, interval)
    hours = int((end - forecast.start) // np.timedelta64(1, "h"))
    if hours == 0:
        raise InputError([Problem(forecast.file, "", "less than an hour", "a forecast of an hour or more")])
    months = int(Interval(IntervalUnit.MONTH).index_of(forecast.start, np.array([end]))[0])
    if months >= _SHORT_HISTORY_MONTHS or (months and interval.is_coarse):
        if months > _MOST_PERIODS:
            making.checks[path] = f"the forecast covers {months:,} months"
        return {"period": "month", "periods": min(months, _MOST_PERIODS)}
    if hours >= 168:
        making.checks[path] = f"the forecast covers {hours // 168} weeks only: they are carried on, over and over"
        making.checks["horizon", "projection", "growth_per_year"] = "how demand grows is for you to say"
        if not interval.is_coarse:
            making.checks["demand", "forecast_starts"] = (
                f"the plan begins with the forecast, {np.datetime_as_string(forecast.start, unit='D')}; where that is "
                f"past, say when you can order"
            )
        return {"period": "month", "periods": _PROJECTED_PERIODS, "projection": {"growth_per_year": 0}}
    making.checks[path] = "the forecast is shorter than a week: a longer one makes a better plan"
    unit, count = (PeriodUnit.DAY, hours // 24) if hours >= 24 else (PeriodUnit.HOUR, hours)
    return {"period": unit.value, "periods": min(count, _MOST_PERIODS)}


def _end(forecast: Forecast, interval: Interval) -> np.datetime64:
    """The end of the last whole hour of a forecast."""
    count = len(forecast.starts)
    if interval.is_coarse:
        end: np.datetime64 = interval.at(forecast.start, np.array([count]))[0]
        return end
    return forecast.start + np.timedelta64(count * (interval.minutes or 60) // 60, "h")


def _demand(forecast: Forecast, making: _Making) -> Tree:
    if forecast.interval is None or forecast.interval.is_coarse:
        per = forecast.interval or "period"
        making.checks["demand", "load_shape"] = (
            f"the forecast is given per {per}: spread evenly, its peaks are invisible; "
            f"{{peak_to_mean: 2}} makes the busiest hour of the week twice as busy as the mean"
        )
    return {"load_shape": "flat"}


# Workloads


def _workload(name: str, forecast: Forecast, making: _Making) -> Tree:
    """The profile of that name, or the default one; where throughput is needed, one that has it."""
    book = making.book
    columns = list(forecast.amounts) if forecast.quantity in (Quantity.TOKENS, Quantity.REQUESTS) else []
    profile = name if name in book.workloads else book.default_workload
    entry = _from_catalogue("workloads", profile, book)
    path = ("workloads", name)
    if columns and not _serves(entry, columns):
        stand_in = next((other for other in book.workloads if _serves(_profile(other, book), columns)), None)
        if stand_in is not None and name not in book.workloads:
            entry = _profile(stand_in, book)
            making.checks[(*path, "throughput")] = f"that of {stand_in} in the catalogue: put in your own"
        else:
            entry |= _borrowed(path, columns, stand_in, making)
    if "reference_gpu" not in entry:
        entry["reference_gpu"] = fields_of(Workload)["reference_gpu"].default
        if not columns:
            making.checks[(*path, "reference_gpu")] = "the GPU whose hours the forecast counts"
    return entry


def _profile(name: str, book: Catalogue) -> Tree:
    return _from_catalogue("workloads", name, book)


def _from_catalogue(section: str, name: str, book: Catalogue) -> Tree:
    tree, _ = wrap(dict(book.entries(section)[name]), "catalogue", catalogue=True)
    return tree


def _reference(entry: Tree) -> str:
    return str(bare(entry.get("reference_gpu")) or fields_of(Workload)["reference_gpu"].default)


def _serves(entry: Tree, columns: Sequence[str]) -> bool:
    """Does a profile say what its reference GPU delivers of what the forecast counts?"""
    rates = entry.get("throughput", {}).get(_reference(entry), {})
    return any(RATES[column] in rates for column in columns)


def _borrowed(path: Path, columns: Sequence[str], stand_in: str | None, making: _Making) -> Tree:
    """Reference GPU and throughput of another profile; for requests, derived from tokens; else left to be filled in."""
    book = making.book
    where = (*path, "throughput")
    if stand_in is not None:
        making.checks[where] = f"that of {stand_in} in the catalogue: put in your own"
        entry = _profile(stand_in, book)
        return {key: entry[key] for key in ("reference_gpu", "throughput") if key in entry}
    source = next((other for other in book.workloads if _serves(_profile(other, book), ["output_tokens"])), None)
    if columns == ["requests"] and source is not None:
        why = f"that of {source} in the catalogue at {_TOKENS_PER_REQUEST:,} output tokens a request: put in your own"
        making.checks[where] = why
        entry = _profile(source, book)
        return {
            "reference_gpu": _reference(entry),
            "throughput": {gpu: _per_request(rates, source) for gpu, rates in entry["throughput"].items()},
        }
    gpu = fields_of(Workload)["reference_gpu"].default
    rate = RATES[columns[-1]]
    making.todo[(*where, gpu, rate)] = f"what one {gpu} delivers of this workload; the catalogue does not say"
    return {"reference_gpu": gpu, "throughput": {gpu: {rate: TODO}}}


def _per_request(rates: Tree, source: str) -> Tree:
    leaf = rates["output_tokens_per_s"]
    rate, said = bare(leaf), leaf.source if isinstance(leaf, Figure) else None
    text = f"assumption: {rate:g} output tokens per second of {source}, {_TOKENS_PER_REQUEST:,} tokens a request"
    return {"requests_per_s": Figure(rate / _TOKENS_PER_REQUEST, Source(text, said.as_of if said else ""))}


# Sites, servers and offers


def _choose(making: _Making, size: Size) -> None:
    """The site of the catalogue, and servers and offers that suit the workloads."""
    book, tree = making.book, making.tree
    wanted = list(dict.fromkeys(_reference(entry) for entry in tree["workloads"].values()))
    servers, offers = list(book.servers), list(book.cloud)
    if size in _COUNTS:
        most_servers, most_offers = _COUNTS[size]
        servers = _pick(servers, most_servers, _server_rank(book, wanted))
        gpus = {*wanted, *(str(bare(book.servers[name]["gpu"])) for name in servers)}
        offers = _pick(offers, most_offers, _offer_rank(book, gpus, wanted))
    tree["sites"] = {book.default_site: _from_catalogue("sites", book.default_site, book)}
    tree["servers"] = {name: _from_catalogue("servers", name, book) for name in servers}
    tree["cloud"] = {name: _from_catalogue("cloud", name, book) for name in offers}


_Rank = Callable[[str, Sequence[str]], tuple[float, ...]]
"""How well an entry suits, beside those that were picked before; less is better."""


def _pick(names: Iterable[str], most: int, rank: _Rank) -> list[str]:
    """The best, one after the other."""
    left, picked = list(names), list[str]()
    while left and len(picked) < most:
        best = min(left, key=lambda name: rank(name, picked))
        picked.append(best)
        left.remove(best)
    return picked


def _figure(entries: Mapping[str, Mapping[str, Any]], name: str, key: str) -> Any:
    value = entries[name].get(key)
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _server_rank(book: Catalogue, wanted: Sequence[str]) -> _Rank:
    """The reference GPU first, then other GPUs; those of the default set before others."""

    def rank(name: str, picked: Sequence[str]) -> tuple[float, ...]:
        gpu = _figure(book.servers, name, "gpu")
        taken = [_figure(book.servers, other, "gpu") for other in picked]
        missing = [other for other in wanted if other not in taken]
        return (
            gpu in taken,
            gpu not in missing,
            name not in book.default_servers,
            -_figure(book.servers, name, "gpus"),
        )

    return rank


def _offer_rank(book: Catalogue, gpus: Iterable[str], wanted: Sequence[str]) -> _Rank:
    """On-demand offers of suitable GPUs, the reference GPU first, from many providers; the default set first."""
    suitable = set(gpus)

    def rank(name: str, picked: Sequence[str]) -> tuple[float, ...]:
        gpu, provider = _figure(book.cloud, name, "gpu"), _figure(book.cloud, name, "provider")
        taken = [_figure(book.cloud, other, "gpu") for other in picked]
        providers = [_figure(book.cloud, other, "provider") for other in picked]
        missing = [other for other in wanted if other not in taken]
        return (
            gpu not in suitable or "on_demand" not in book.cloud[name],
            bool(missing) and gpu not in missing,
            providers.count(provider) + taken.count(gpu) / 2,
            name not in book.default_cloud,
            -_figure(book.cloud, name, "gpus"),
        )

    return rank
