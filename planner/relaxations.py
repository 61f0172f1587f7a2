"""What would make a plan where there is none: the least by which one kind of limit, or several, must give way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil, floor, log10

import numpy as np
from hybrid_lp.certify import Settings, certify
from hybrid_lp.elastic import (
    Elastic,
    Given,
    costless,
    first_needed,
    given_by,
    least_relaxation,
    makes_a_plan,
    relaxed,
    without_slack,
)
from hybrid_lp.holdings import Fractions
from hybrid_lp.instance import Instance
from hybrid_lp.merge import merge
from numpy.typing import NDArray

from planner.levers import Lever, WindowLever, levers, window_levers
from planner.prepare import Prepared
from planner.problems import OtherFigure, Relaxation

Floats = NDArray[np.float64]

GAP = 1e-3
"""To which the least relaxation is proven."""

DIGITS = 4
"""Of a figure that counts nothing whole; it is rounded to the side that makes a plan."""

SHARE_STEPS = 100
"""Shares of spot are told in hundredths."""

ROUNDING = 1e-6
"""Of a step of the last digit, below which a figure is not rounded up."""


@dataclass(frozen=True)
class _Found:
    """A relaxation and how large it is: relative to the figures that it changes."""

    size: float
    relaxation: Relaxation


def relaxations(prepared: Prepared, missing: Floats | None, settings: Settings) -> list[Relaxation]:
    """What would make a plan, the smallest change first; work left undone, which is always a way, comes last.

    missing[hour, workload]: reference GPUs of a least shortfall; None where not even that is known. Each relaxation was
    found by making limits elastic (formulation.md, "When nothing can serve") and tried, with the figures as they are
    told, before it is told. Where no kind of limit is enough alone, the least of all of them together is told.
    """
    search = _Search(prepared, replace(settings, gap=GAP))
    found = list(search.singles())
    if missing is not None:
        found += _more_spot(search, missing)
    if not found:
        found += search.together()
    found.sort(key=lambda one: one.size)
    last = () if missing is None else _undone(prepared, missing)
    return [*(one.relaxation for one in found), *last]


class _Search:
    """The instance with nothing to pay, merged, and its plans under other limits."""

    def __init__(self, prepared: Prepared, settings: Settings) -> None:
        self.prepared = prepared
        self.settings = settings
        self.fractions = Fractions.UNITS if settings.relax else Fractions.NONE
        self.instance, self.membership = merge(costless(prepared.instance))

    def singles(self) -> Iterator[_Found]:
        """For each kind of limit, the least relaxation of it alone."""
        by_kind: dict[object, list[Lever]] = {}
        for lever in levers(self.prepared):
            by_kind.setdefault(lever.kind, []).append(lever)
        for chosen in by_kind.values():
            yield from self.least(chosen, [])
        if windows := window_levers(self.prepared):
            yield from self.least([], windows)

    def together(self) -> Iterator[_Found]:
        """The least relaxation of all of them."""
        yield from self.least(levers(self.prepared), window_levers(self.prepared))

    def least(self, chosen: list[Lever], windows: list[WindowLever]) -> Iterator[_Found]:
        """The least relaxation of these; nothing where it makes no plan."""
        elastic = Elastic(tuple(lever.slack for lever in chosen), tuple(lever.window for lever in windows))
        certified, _ = certify(least_relaxation(self.instance, elastic), self.settings)
        if not certified.operations:
            return
        holdings = without_slack(self.instance, certified.holdings)
        given = given_by(self.instance, elastic, certified.orders)
        needed = [_needed(lever, amount) for lever, amount in zip(chosen, given.amounts, strict=True)]
        told = [abs(figure - lever.now) / lever.slack.size for lever, figure in zip(chosen, needed, strict=True)]
        if not makes_a_plan(
            relaxed(self.instance, elastic, Given(tuple(told), given.outside)), holdings, self.fractions
        ):
            return
        figures = []
        for lever, figure, amount in zip(chosen, needed, told, strict=True):
            if amount > 0:
                first = first_needed(self.instance, lever.slack, certified, holdings)
                since = "" if first is None else self.prepared.case.calendar.label(first)
                figures.append(OtherFigure(lever.key, lever.now, figure, lever.unit, since))
        figures += [self._moved(lever, wider) for lever, wider in zip(windows, given.outside, strict=True) if wider > 0]
        if figures:
            size = sum(told) + sum(given.outside) / self.instance.periods
            yield _Found(size, Relaxation(tuple(figures)))

    def _moved(self, lever: WindowLever, wider: int) -> OtherFigure:
        """The day on which the order farthest outside can just be made."""
        case = self.prepared.case
        server = case.assumptions.servers[lever.server]
        now = server.available_until if lever.late else server.available_from
        period = next(p for (_, p), order in lever.window.outside.items() if order.distance == wider)
        assert now is not None, "a window that forbids something"
        return OtherFigure(lever.key, _day(now), _day(case.calendar.begins(period)))

    def feasible(self, instance: Instance) -> bool:
        """Is there a plan at all? instance: not merged yet."""
        certified, _ = certify(merge(costless(instance))[0], self.settings)
        return bool(certified.operations)


def _day(moment: object) -> str:
    return f"{moment:%Y-%m-%d}" if f"{moment:%H:%M}" == "00:00" else f"{moment:%Y-%m-%dT%H:%M}"


def _needed(lever: Lever, amount: float) -> float:
    """The figure that gives so much way, rounded to the side that makes a plan."""
    if amount * lever.slack.size <= ROUNDING * max(lever.now, 1e-3):
        return lever.now
    if lever.falls:
        exact = max(lever.now - amount * lever.slack.size, 0.0)
        step = _step(exact, whole=lever.whole)
        return _multiple(floor(exact / step + ROUNDING), step)
    exact = lever.now + amount * lever.slack.size
    step = _step(exact, whole=lever.whole)
    return _multiple(ceil(exact / step - ROUNDING), step)


def _step(value: float, *, whole: bool) -> float:
    """The last digit that is told."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** (floor(log10(value)) + 1 - DIGITS)
    return max(power, 1.0) if whole and value < 10**DIGITS else power


def _multiple(count: int, step: float) -> float:
    return float(f"{count * step:.12g}")


def _more_spot(search: _Search, missing: Floats) -> Iterator[_Found]:
    """For each workload that falls short, the least share of spot, in hundredths, that makes a plan by itself."""
    prepared = search.prepared
    instance, names = prepared.instance, prepared.case.demand.workloads
    for w in np.flatnonzero(missing.any(axis=0)):
        now = float(instance.spot_max_share[w])
        if now >= 1 or not (instance.effectiveness[w, instance.is_spot] > 0).any():
            continue

        def enough(hundredths: int, w: int = int(w)) -> bool:
            share = instance.spot_max_share.copy()
            share[w] = hundredths / SHARE_STEPS
            return search.feasible(replace(instance, spot_max_share=share))

        least, most = floor(now * SHARE_STEPS), SHARE_STEPS
        if not enough(most):
            continue
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (least, middle) if enough(middle) else (middle, most)
        needed = most / SHARE_STEPS
        first = int(instance.period_of_hour[missing[:, w] > 0][0])
        since = prepared.case.calendar.label(first)
        figure = OtherFigure(f"workloads.{names[w]}.spot_max_share", now, needed, "", since)
        yield _Found(abs(needed - now) / max(now, 0.01), Relaxation((figure,)))


def _undone(prepared: Prepared, missing: Floats) -> Iterator[Relaxation]:
    """A price on the work that falls short, so that it may be left undone."""
    short = np.flatnonzero(missing.any(axis=0))
    if len(short):
        calendar, period_of_hour = prepared.case.calendar, prepared.instance.period_of_hour
        figures = [
            OtherFigure(
                f"workloads.{prepared.case.demand.workloads[w]}.unserved_penalty",
                None,
                None,
                "",
                calendar.label(int(period_of_hour[missing[:, w] > 0][0])),
                f"{missing[:, w].sum():,.6g} GPU-hours are left undone at least",
            )
            for w in short
        ]
        yield Relaxation(tuple(figures))
