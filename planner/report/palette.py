"""The same supply has the same colour and the same place in every picture of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from planner.loads import UNSERVED
from planner.report.source import PlanDocument
from planner.terminal.text import clean

SHOWN = 12
"""Supplies with a colour of their own; more are not told apart."""

_SHADES: Mapping[str, tuple[str, ...]] = {
    "server": ("#1f5fa8", "#6ea6dc", "#123f75", "#4584c4", "#93bfe8", "#2f72bd"),
    "reserved": ("#2b7a4b", "#7cbf95", "#16532f", "#4f9e6e", "#a0d3b3", "#3a8c5b"),
    "on_demand": ("#c66a00", "#f0ab55", "#8f4a00", "#dd8a24", "#f7c78a", "#b25f00"),
    "spot": ("#7b4fa3", "#b492d4", "#53307a", "#9670bd", "#cbb2e3", "#68409a"),
}
_OTHER_KINDS = ("#7a6a53", "#b3a58f", "#5b4e3b", "#948469", "#cabda8", "#6d5d46")
_REST, _LEFT = "#8a8f96", "#b3261e"


@dataclass(frozen=True)
class Palette:
    """Supplies in the order in which they are stacked, with their colours."""

    names: tuple[str, ...]
    """Names as they are shown, from the bottom of a stack to its top."""
    colours: tuple[str, ...]
    shown_as: Mapping[str, str]
    """Supply's label → name in pictures; those that are not there are shown as `rest`."""
    rest: str
    """What all supplies without a colour of their own are shown as."""

    def name(self, supply: str) -> str:
        """How a supply is called in pictures."""
        return self.shown_as.get(supply, self.rest)


def palette_of(document: PlanDocument) -> Palette:
    """Servers, reservations, on-demand, spot, other kinds, what is left undone; within a kind the most used first."""
    options = document.table("options")
    kinds = dict(zip(options["name"].tolist(), options["kind"].tolist(), strict=True))
    hours = gpu_hours_of(document)
    considered = [name for name in kinds if name not in hours.index]
    ranked = [*hours.sort_values(ascending=False, kind="stable").index, *considered]
    own = ranked if len(ranked) <= SHOWN else ranked[: SHOWN - 1]
    order = [*_SHADES]
    place = {name: number for number, name in enumerate(own)}

    def position(name: str) -> tuple[int, int]:
        kind = kinds.get(name, "")
        return (order.index(kind) if kind in order else len(order), place[name])

    names, colours, taken = [], [], dict[str, int]()
    for name in sorted(own, key=position):
        kind = kinds.get(name, "")
        shades = _SHADES.get(kind, _OTHER_KINDS)
        number = taken.get(kind, 0)
        taken[kind] = number + 1
        names.append(name)
        colours.append(shades[number % len(shades)])
    unique = _unique([clean(name)[:60] for name in names])
    shown_as = dict(zip(names, unique, strict=True)) | {UNSERVED: UNSERVED}
    rest = f"{len(ranked) - len(own)} other supplies"
    if len(ranked) > len(own):
        unique.append(rest)
        colours.append(_REST)
    return Palette((*unique, UNSERVED), (*colours, _LEFT), shown_as, rest)


def gpu_hours_of(document: PlanDocument) -> pd.Series[float]:
    """GPU-hours by supply that the plan uses."""
    return carried(document).groupby("supply", sort=False)["gpu_hours"].sum().drop(UNSERVED, errors="ignore")


def carried(document: PlanDocument) -> pd.DataFrame:
    """columns period, supply, gpu_hours: what each supply carries, and what is left undone."""
    use, rentals, unserved = (document.table(name) for name in ("use", "rentals", "unserved"))
    parts = [
        use.rename(columns={"pool": "supply"})[["period", "supply", "gpu_hours"]],
        rentals.assign(supply=rentals["offer"] + "/" + rentals["option"])[["period", "supply", "gpu_hours"]],
        unserved.assign(supply=UNSERVED)[["period", "supply", "gpu_hours"]],
    ]
    filled = [part for part in parts if len(part)]
    joined = pd.concat(filled, ignore_index=True) if filled else parts[0]
    return joined.groupby(["period", "supply"], sort=False)["gpu_hours"].sum().reset_index()


def _unique(names: list[str]) -> list[str]:
    """Names told apart by a number where cutting them made them equal."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result
