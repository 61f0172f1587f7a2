"""The page of the example: its words with every figure computed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from planner.catalogue.assumed import Standing, doubts
from planner.catalogue.listing import rows
from worked_example import text, tokens, traces
from worked_example.example import HISTORY, PRICES, PRICES_AS_OF, REGION, Example


def page(example: Example) -> str:
    """The whole page."""
    months = example.periods
    commands = text.COMMANDS.format(
        commands="\n".join(ran.command for ran in example.ran),
        assumptions=example.assumptions,
        said=example.ran[0].said.rstrip(),
    )
    parts = (_demand(example), _tokens(example), commands, _plan(example), _distrust(example))
    return "\n".join((text.HEAD.format(months=months), *parts))


def _demand(example: Example) -> str:
    head = ["file", "what a row counts", "from", "weeks used", "from Monday"]
    cells = [
        [f"`{used.trace.file}`", used.trace.counts, used.trace.origin, str(used.weeks), f"{used.first:%Y-%m-%d}"]
        for used in example.weeks
    ]
    demand = []
    for name, hours in example.demand.items():
        gpu = tokens.GPUS[0] if name in tokens.PROFILES else "V100"
        sizes = (hours.mean(), hours.max(), hours.max() / hours.mean())
        demand.append([name, gpu, *(f"{size:,.1f}" for size in sizes)])
    return text.DEMAND.format(
        table=_table(head, cells),
        start=traces.STARTS,
        weeks=traces.WEEKS,
        months=example.periods,
        served=f"`{traces.SERVEGEN.file}`",
        left_out=_listed(f"`{name}`" for name in example.left_out),
        demand=_table(["workload", "GPU", "busy on average", "at the peak", "peak to mean"], demand),
    )


def _tokens(example: Example) -> str:
    ratios = example.totals["input_tokens"] / example.totals["output_tokens"]
    cells = []
    for name, profile in tokens.PROFILES.items():
        speeds = tokens.speeds(profile, *example.totals.loc[name])
        for gpu in tokens.GPUS:
            rate = tokens.rates(profile, gpu)
            both = (f"{rate.input_tokens_per_s:,.0f}", f"{rate.output_tokens_per_s:,.0f}")
            cells.append([name, profile, gpu, *both, f"{speeds[gpu]:.2f}"])
    return text.TOKENS.format(
        ratios=f"{ratios.min():.1f} to {ratios.max():.1f}",
        profiles=_listed(f"`{name}` as `{profile}`" for name, profile in tokens.PROFILES.items()),
        table=_table(["service", "profile", "GPU", "input tokens/s", "output tokens/s", "speed"], cells),
    )


def _plan(example: Example) -> str:
    plan = json.loads((example.plan / "plan.json").read_text(encoding="utf-8"))
    currency, checks = plan["currency"], plan["audit"]["checks"]
    costs = _read(example.plan, "costs").groupby("component", sort=False)[["amount", "discounted"]].sum()
    costs = costs.sort_values("discounted", ascending=False)
    costs.loc["**total**"] = costs.sum()
    of_components = [[str(name), *map(_money, amounts)] for name, *amounts in costs.itertuples()]
    baselines = [
        [name, _money(cost), _money(saving), "" if pd.isna(reason) else reason]
        for name, cost, saving, _, reason in _read(example.plan, "baselines").itertuples(index=False)
    ]
    return text.PLAN.format(
        cost=_money(plan["total_cost"]),
        currency=currency,
        orders=_table(["period", "what", "GPUs", "from", "to", currency], _orders(example.plan)),
        rentals=_table(["offer", "option", "GPU-hours", currency], _rentals(example.plan)),
        costs=_table(["component", currency, "discounted"], of_components),
        baselines=_table(["restriction", "costs", "the plan saves", "why there is none"], baselines),
        status=plan["status"],
        exact=f"{plan['total_cost']:,.2f}",
        bound=f"{plan['bound']:,.2f}",
        gap=f"{plan['gap']:.2g}",
        checks=f"{sum(check['passed'] for check in checks)} of {len(checks)} checks passed",
        unserved=_money(_read(example.plan, "unserved")["gpu_hours"].sum()),
        printed=example.ran[-1].printed.rstrip(),
    )


def _orders(plan: Path) -> list[list[str]]:
    """The schedule: what is bought and reserved when."""
    bought = [
        [period, f"buy {count:g} × {server} for {site}", f"{gpus:g}", str(in_service), "", _money(cost)]
        for period, site, server, count, gpus, in_service, cost in _read(plan, "purchases").itertuples(index=False)
    ]
    reserved = [
        [period, f"reserve {count:,.2f} × {offer}, {option}", f"{gpus:,.2f}", period, str(until), _money(cost)]
        for period, offer, option, count, gpus, until, cost in _read(plan, "commitments").itertuples(index=False)
    ]
    return sorted(bought + reserved)


def _rentals(plan: Path) -> list[list[str]]:
    """What is rented by the hour, over all periods."""
    sums = _read(plan, "rentals").groupby(["offer", "option"], sort=False)[["gpu_hours", "cost"]].sum()
    return [[offer, option, _money(hours), _money(cost)] for (offer, option), hours, cost in sums.itertuples()]


def _distrust(example: Example) -> str:
    shorter = [used for used in example.weeks if used.weeks < traces.WEEKS]
    return text.DISTRUST.format(
        repeats=_listed(f"{used.weeks} weeks of `{used.trace.file}`" for used in shorter),
        weeks=traces.WEEKS,
        prices=f"`{PRICES}`",
        as_of=PRICES_AS_OF,
        region=REGION,
        history_file=f"`{HISTORY}`",
        history=_history(example.history),
        assumed=_assumed(example.plan),
    )


def _history(table: pd.DataFrame) -> str:
    """First and last price on demand of each instance, and the least and most between."""
    cells = []
    for instance, prices in table.sort_values("month").groupby("instance"):
        known = prices.dropna(subset="od")
        first, last = known.iloc[0], known.iloc[-1]
        ends = (f"{first.od:,.2f} ({first.month})", f"{last.od:,.2f} ({last.month})")
        cells.append([str(instance), *ends, f"{last.od / first.od - 1:+.0%}", f"{known.od.min():,.2f}",
                      f"{known.od.max():,.2f}"])  # fmt: skip
    return _table(["instance, on demand per hour", "first", "last", "change", "least", "most"], cells)


def _assumed(plan: Path) -> str:
    """Which figures of the servers that are bought have no source."""
    bought = dict.fromkeys(_read(plan, "purchases")["server"])
    said = []
    for name in bought:
        found = doubts(rows(name), Standing.ASSUMED)
        said.append(f"of `{name}`: {_listed(f'`{doubt.key}` ({doubt.value})' for doubt in found)}")
    return "; ".join(said) if said else "none is bought"


def _read(plan: Path, table: str) -> pd.DataFrame:
    return pd.read_csv(plan / f"{table}.csv")


def _table(head: Sequence[str], cells: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _listed(names: Iterable[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last


def _money(amount: float) -> str:
    return "" if pd.isna(amount) else f"{amount:,.0f}"
