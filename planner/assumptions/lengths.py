"""Lifetimes, terms and lead times in whole periods (formats.md, Durations).

In the user's file anything else is a problem; a figure of the catalogue is rounded, lead times up, lifetimes and terms
down, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

from planner.assumptions.complete import FileOf
from planner.assumptions.durations import Duration, PeriodUnit
from planner.assumptions.figures import Figure, Path, Tree, bare, dotted, show
from planner.problems import Problem


@dataclass
class Lengths:
    """What came of fitting all durations."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def fit_lengths(tree: Tree, file_of: FileOf) -> Lengths:
    """Make every lifetime, term and lead time whole, in place; entries that last less than a period are dropped.

    Durations that cannot be read, and those of an unknown period, are left to validation.
    """
    lengths = Lengths()
    horizon = tree.get("horizon")
    period = bare(horizon.get("period", "month")) if isinstance(horizon, dict) else "month"
    try:
        unit = PeriodUnit(period)
    except ValueError:
        return lengths
    for name, server in _entries(tree.get("servers")):
        fits = [_fit(server, key, ("servers", name), unit, file_of, lengths) for key in ("lead_time", "lifetime")]
        if not all(fits):
            del tree["servers"][name]
    for name, offer in _entries(tree.get("cloud")):
        for option, terms in _entries(offer.get("reserved")):
            if not _fit(terms, "term", ("cloud", name, "reserved", option), unit, file_of, lengths):
                del offer["reserved"][option]
                if not offer["reserved"] and "on_demand" not in offer and "spot" not in offer:
                    del tree["cloud"][name]
    for name, spend in _entries(tree.get("spend_commitments")):
        _fit(spend, "term", ("spend_commitments", name), unit, file_of, lengths)
    return lengths


def _entries(section: Any) -> Iterator[tuple[str, Tree]]:
    if isinstance(section, dict):
        yield from [(name, entry) for name, entry in section.items() if isinstance(entry, dict)]


def _fit(entry: Tree, key: str, above: Path, unit: PeriodUnit, file_of: FileOf, lengths: Lengths) -> bool:
    """Is there anything left of it in whole periods? Replaces a rounded figure in the entry."""
    leaf = entry.get(key)
    text = bare(leaf)
    if not isinstance(text, str):
        return True
    try:
        periods = Duration.parse(text).periods(unit)
    except ValueError:
        return True
    least = 0 if key == "lead_time" else 1
    path = (*above, key)
    if periods.denominator == 1 and periods >= least:
        return True
    if not (isinstance(leaf, Figure) and leaf.catalogue):
        lengths.problems.append(_problem(text, periods, least, unit, path, file_of))
        return True
    whole = ceil(periods) if key == "lead_time" else floor(periods)
    rounded = str(Duration(Fraction(whole), unit))
    if whole < least:
        lengths.warnings.append(
            f"{dotted(above)} is left out: its {key}, {text} in the catalogue, is shorter than a {unit}"
        )
        return False
    direction = "up" if key == "lead_time" else "down"
    lengths.warnings.append(f"{dotted(path)} is {text} in the catalogue, rounded {direction} to {rounded}")
    entry[key] = Figure(rounded, leaf.source, catalogue=True)
    return True


def _problem(text: str, periods: Fraction, least: int, unit: PeriodUnit, path: Path, file_of: FileOf) -> Problem:
    choices = sorted({max(least, floor(periods)), max(least, ceil(periods))})
    near = " and ".join(f"'{Duration(Fraction(count), unit)}'" for count in choices)
    fix = f"the nearest are {near}" if len(choices) > 1 else f"the nearest is {near}"
    expected = f"a whole number of periods, at least {least}, where horizon.period is {unit}"
    return Problem(file_of(path), dotted(path), show(text), expected, fix)
