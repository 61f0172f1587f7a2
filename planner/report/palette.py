"""The same supply has the same colour and the same place in every picture of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from planner.loads import UNSERVED
from planner.report.api_hours import api_hours
from planner.report.source import PlanDocument
from planner.terminal.text import clean

SHOWN = 12
"""Supplies that are told apart, shared among the kinds; the rest of a kind is one."""
SHADES = 6
"""Colours of a kind."""

_SHADES: Mapping[str, tuple[str, ...]] = {
    "server": ("#1f5fa8", "#6ea6dc", "#123f75", "#4584c4", "#93bfe8", "#2f72bd"),
    "reserved": ("#2b7a4b", "#7cbf95", "#16532f", "#4f9e6e", "#a0d3b3", "#3a8c5b"),
    "on_demand": ("#c66a00", "#f0ab55", "#8f4a00", "#dd8a24", "#f7c78a", "#b25f00"),
    "spot": ("#7b4fa3", "#b492d4", "#53307a", "#9670bd", "#cbb2e3", "#68409a"),
    "drawn": ("#0f7c80", "#6fc3c6", "#0a5558", "#3f9fa3", "#9fdadc", "#1d8a8e"),
    "api": ("#a8326e", "#e08fb8", "#75204b", "#c65a92", "#edb7d2", "#93295f"),
}
_OTHER_KINDS = ("#7a6a53", "#b3a58f", "#5b4e3b", "#948469", "#cabda8", "#6d5d46")
_REST_OF: Mapping[str, str] = {
    "server": "servers",
    "reserved": "reservations",
    "on_demand": "on-demand offers",
    "spot": "spot offers",
    "drawn": "spend commitments",
    "api": "APIs",
}
_LEFT = "#b3261e"


@dataclass(frozen=True)
class Palette:
    """Supplies in the order in which they are stacked, with their colours."""

    names: tuple[str, ...]
    """Names as they are shown, from the bottom of a stack to its top."""
    colours: tuple[str, ...]
    shown_as: Mapping[str, str]
    """Supply's label → name in pictures: its own, or that of the rest of its kind."""

    def name(self, supply: str) -> str:
        """How a supply is called in pictures."""
        return self.shown_as[supply]


def palette_of(document: PlanDocument) -> Palette:
    """Servers, reservations, on-demand, spot, spend commitments, APIs, what is left undone; the most used first."""
    options, purchases = document.table("options"), document.table("purchases")
    kinds = dict(zip(options["name"].tolist(), options["kind"].tolist(), strict=True))
    terms, sales = document.table("commitments"), document.table("sales")
    promises = document.table("spend_commitments")["name"].tolist()
    kinds = dict.fromkeys(promises, "drawn") | kinds
    servers = [*(purchases["site"] + "/" + purchases["server"]), *(sales["site"] + "/" + sales["server"])]
    bought = [*servers, *(terms["offer"] + "/" + terms["option"]), *promises]
    hours = gpu_hours_of(document).sort_values(ascending=False, kind="stable")
    curves = [*document.table("load_duration")["supply"], *document.table("screening")["name"]]
    groups: dict[str, list[str]] = {kind: [] for kind in _SHADES}
    for name in dict.fromkeys([*hours.index, *bought, *kinds, *curves]):
        if name != UNSERVED:
            groups.setdefault(kinds.get(name, ""), []).append(name)
    present = {kind: members for kind, members in groups.items() if members}
    chosen = {*hours[hours > 0].index, *bought}
    places = _places(present, chosen)
    shown: list[tuple[str, str]] = []
    colours: list[str] = []
    rests: list[str] = []
    for kind, members in present.items():
        shades, told = _SHADES.get(kind, _OTHER_KINDS), places[kind]
        own = members if len(members) <= told + 1 else members[:told]  # one more takes no more room than "1 other"
        rest = f"{len(members) - len(own)} other {_REST_OF.get(kind, 'supplies')}"
        shown += [(name, clean(name)[:60]) for name in own] + [(name, rest) for name in members[len(own) :]]
        colours += [shades[number % len(shades)] for number in range(len(own) + (len(members) > len(own)))]
        rests.append(rest)
    names = _told_apart(shown, frozenset(rests))
    order = dict.fromkeys(names.values())
    return Palette((*order, UNSERVED), (*colours, _LEFT), names | {UNSERVED: UNSERVED})


def _places(members: Mapping[str, list[str]], chosen: set[str]) -> dict[str, int]:
    """How many supplies of each kind are told apart: one after the other, what the plan uses first."""
    places, left = dict.fromkeys(members, 0), SHOWN
    for wanted in (
        {kind: sum(name in chosen for name in names) for kind, names in members.items()},
        {kind: len(names) for kind, names in members.items()},
    ):
        while hungry := [kind for kind, number in wanted.items() if places[kind] < min(number, SHADES - 1)][:left]:
            places |= {kind: places[kind] + 1 for kind in hungry}
            left -= len(hungry)
    return places


def gpu_hours_of(document: PlanDocument) -> pd.Series[float]:
    """GPU-hours by supply that the plan uses."""
    return carried(document).groupby("supply", sort=False)["gpu_hours"].sum().drop(UNSERVED, errors="ignore")


def carried(document: PlanDocument) -> pd.DataFrame:
    """columns period, supply, gpu_hours: what each supply carries, and what is left undone."""
    use, rentals, unserved = (document.table(name) for name in ("use", "rentals", "unserved"))
    parts = [
        use.rename(columns={"pool": "supply"})[["period", "supply", "gpu_hours"]],
        rentals.assign(supply=rentals["offer"] + "/" + rentals["option"])[["period", "supply", "gpu_hours"]],
        api_hours(document)[["period", "supply", "gpu_hours"]],
        unserved.assign(supply=UNSERVED)[["period", "supply", "gpu_hours"]],
    ]
    filled = [part for part in parts if len(part)]
    joined = pd.concat(filled, ignore_index=True) if filled else parts[0]
    return joined.groupby(["period", "supply"], sort=False)["gpu_hours"].sum().reset_index()


def _told_apart(shown: list[tuple[str, str]], rests: frozenset[str]) -> dict[str, str]:
    """Supply → its name in pictures, with a number where cutting names made them equal."""
    seen: dict[str, int] = {}
    result = {}
    for supply, name in shown:
        seen[name] = seen.get(name, 0) + 1
        result[supply] = name if seen[name] == 1 or name in rests else f"{name} ({seen[name]})"
    return result
