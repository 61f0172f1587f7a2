"""What users can get wrong, said all at once: one class of error, carrying a list of problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the inputs: where, what was found, what was expected, and the fix."""

    file: str
    """Name of the file, as the user wrote it (or `DataFrame`, `assumptions`)."""
    place: str
    """`row 12, column gpu_hours`, or a dotted key such as `servers.hgx-h100-8.price`."""
    value: str
    """The offending value as text; empty when something is missing."""
    expected: str
    """What should have been there."""
    fix: str = ""
    """What to do, when the expectation alone does not say it."""

    def __str__(self) -> str:
        where = ": ".join(shortened(part, _QUOTED) for part in (self.file, self.place) if part)
        found = f"found {shortened(self.value, _QUOTED)}; " if self.value else ""
        fix = f" ({shortened(self.fix, _SAID)})" if self.fix else ""
        return f"{where}: {found}expected {shortened(self.expected, _SAID)}{fix}"


_QUOTED = 200
"""Most characters of what a user wrote, in a message."""
_SAID = 500
"""Most characters of what is said about it, which may quote too."""


def shortened(text: str, most: int) -> str:
    """The text if it is no longer than that, else its beginning and end."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end - 3]} … {text[-end:]}"


class InputError(ValueError):
    """The inputs, or the call, are wrong. Carries every problem that was found.

    >>> raise InputError([Problem("a.yaml", "servers.x.price", "-3", "a price above 0")])
    Traceback (most recent call last):
    planner.problems.InputError: 1 problem in the inputs:
      - a.yaml: servers.x.price: found -3; expected a price above 0
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        count = len(self.problems)
        lines = [f"{count} problem{'s' if count != 1 else ''} in the inputs:"]
        lines += [f"  - {problem}" for problem in self.problems]
        super().__init__("\n".join(lines))


@dataclass(frozen=True)
class OtherFigure:
    """One key of the assumptions with a figure that would do."""

    key: str
    """Dotted, as `--set` takes it: `sites.lab.power_limit_kw`."""
    now: float | str | None
    """What it is; None where the key is not there."""
    needed: float | str | None
    """What it would have to be; None: any price that is yours to choose."""
    unit: str = ""
    since: str = ""
    """Label of the first period in which the present figure is not enough; empty where the key itself says it."""
    note: str = ""
    """What else is to be known of it."""

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        needed = "a price" if self.needed is None else f"{_figure(self.needed)}{unit}"
        now = "nothing" if self.now is None else _figure(self.now)
        since = f", from {self.since}" if self.since else ""
        note = f" ({self.note})" if self.note else ""
        return f"{self.key}: {needed} instead of {now}{since}{note}"

    @property
    def change(self) -> str | None:
        """As `--set` takes it; None where the figure is the reader's to choose."""
        return None if self.needed is None else f"{self.key}={_plain(self.needed)}"


@dataclass(frozen=True)
class Relaxation:
    """Figures that together would make a plan, nothing else being changed."""

    figures: tuple[OtherFigure, ...]

    def __str__(self) -> str:
        return ", and ".join(str(figure) for figure in self.figures)


class NoPlanError(Exception):
    """The inputs are right but no plan can be given: `status` says why, `reasons` in words.

    relaxations: what would make a plan, each by itself, the smallest change first.
    """

    def __init__(self, status: str, reasons: Sequence[str], relaxations: Sequence[Relaxation] = ()) -> None:
        self.status = status
        self.reasons: tuple[str, ...] = tuple(reasons)
        self.relaxations: tuple[Relaxation, ...] = tuple(relaxations)
        lines = [f"no plan ({status}):", *(f"  - {reason}" for reason in reasons)]
        if relaxations:
            lines += ["what would make one, each by itself:", *(f"  - {relaxation}" for relaxation in relaxations)]
        super().__init__("\n".join(lines))


def _figure(value: float | str) -> str:
    """`4,012,000` for people."""
    return value if isinstance(value, str) else f"{value:,.10g}"


def _plain(value: float | str) -> str:
    """`4012000` for `--set`."""
    return value if isinstance(value, str) else f"{value:.15g}"


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for the known name closest to `name`, or an empty string."""
    choices = list(known)
    matches = [choice for choice in choices if choice.casefold() == name.casefold()]
    matches = matches or get_close_matches(name, choices, n=1, cutoff=0.6)
    return f"did you mean '{matches[0]}'?" if matches else ""
