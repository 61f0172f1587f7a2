"""Work bought from APIs: tokens and their price."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from planner.audit.operation import Operation
from planner.audit.records import Tables
from planner.audit.result import CheckName, Finding, differs, number
from planner.audit.setting import ABSOLUTE_SUM, TINY, Setting

FloatArray = NDArray[np.float64]

MILLION = 1e6


def api_use(setting: Setting, done: Operation) -> dict[tuple[str, str], FloatArray]:
    """(api, workload) → [0 = input tokens, 1 = output tokens, 2 = cost; period], for all that the dispatch has.

    The tokens are those of the period's demand, times the share of its work that the API does.
    """
    bought: dict[tuple[str, str], FloatArray] = {}
    for s, supply in enumerate(done.supplies):
        api = setting.api(supply)
        for w, name in enumerate(setting.demand.workloads):
            tokens = setting.tokens(name)
            if api is None or tokens is None:
                continue
            asked = setting.asked[:, w]
            share = np.divide(done.work[:, w, s], asked, out=np.zeros_like(asked), where=asked > 0)
            sent, made = share * tokens
            cost = (sent * api.input_per_million + made * api.output_per_million) / MILLION
            bought[supply.owner, name] = np.stack([sent, made, cost])
    return bought


def check_api_use(tables: Tables, setting: Setting, done: Operation, money: float) -> Iterator[Finding]:
    """The tokens and costs of the table against what the hours come to."""
    expected = {
        (period, api, name): (float(sent), float(made), float(cost))
        for (api, name), rows in api_use(setting, done).items()
        for period, (sent, made, cost) in enumerate(rows.T)
    }
    for key in sorted(expected.keys() | tables.api_use.keys()):
        period, api, name = key
        found, due = tables.api_use.get(key, (0.0, 0.0, 0.0)), expected.get(key, (0.0, 0.0, 0.0))
        tokens = setting.tokens(name)
        absolute = TINY if tokens is None else max(ABSOLUTE_SUM * float(tokens.sum()), TINY)
        place = f"{setting.time.calendar.labels[period]}, {name} by {api}"
        figures = zip(("input tokens", "output tokens", "cost"), found, due, (absolute, absolute, money), strict=True)
        for what, was, should, tolerance in figures:
            if differs(was, should, tolerance):
                yield Finding(CheckName.API_USE, place, f"{number(was)} {what}", number(should))
