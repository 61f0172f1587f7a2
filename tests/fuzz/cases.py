"""One mutated call of the planner by seed and number, and what must be true of it whatever was mutated."""

from __future__ import annotations

import faulthandler
import json
import math
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import subjects as known
from mutations import mutate
from typer.testing import CliRunner, Result

SECONDS = 10
"""Of processor time; more is a hang."""
_BLOCKED = 120
"""Seconds of waiting after which everything ends with a traceback: something waits for what never comes."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MUTATIONS = (1, 1, 1, 1, 2, 2, 3, 5)


@dataclass(frozen=True)
class Case:
    """A call of the planner and the files that it finds."""

    name: str
    arguments: tuple[str, ...]
    files: Mapping[str, bytes]

    def write(self, folder: Path) -> None:
        """Put the files there."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@dataclass(frozen=True)
class Outcome:
    """How a case ended: the exit status, and what is wrong with that, if anything."""

    status: int
    wrong: str


class TookTooLongError(BaseException):
    """The planner hangs. No Exception, so that nothing takes it for one of its own."""


def case(seed: int, number: int) -> Case:
    """The case of that number; the same today and tomorrow."""
    return drawn(Random(f"{seed} {number}"))


def drawn(random: Random) -> Case:
    """A subject, a few of its files mutated."""
    every = known.subjects()
    subject = random.choices(every, [some.weight for some in every])[0]
    files = dict(subject.files)
    for _ in range(random.choice(_MUTATIONS)):
        name = random.choice(list(files))
        beside = random.choice(list(random.choice(every).files.values()))
        files[name] = mutate(random, name, files[name], beside)
    return Case(subject.name, subject.call, files)


def run(case: Case, folder: Path) -> Outcome:
    """Call the planner in a new folder with the files of the case, and look at everything that it leaves behind."""
    from planner.cli.app import app

    case.write(folder)
    before = _contents(folder)
    try:
        with chdir(folder), _limited():
            result = CliRunner().invoke(app, list(case.arguments))
    except TookTooLongError:
        return Outcome(-1, f"more than {SECONDS} s of processor time")
    wrong = _wrong_end(result) or _wrong_words(result)
    if not wrong and result.exit_code != 0 and _contents(folder) != before:
        wrong = "something was written, or changed, without a result"
    elif not wrong and any(_contents(folder).get(name) != content for name, content in before.items()):
        wrong = "an input was changed"
    if not wrong and result.exit_code == 0:
        wrong = _RESULTS[case.arguments[0]](folder, result)
    return Outcome(result.exit_code, wrong)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def _limited() -> Iterator[None]:
    """Raises TookTooLongError within it after too much processor time; ends the process where it waits for ever."""

    def stop(*_: object) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    faulthandler.dump_traceback_later(_BLOCKED, exit=True)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGPROF, before)


def _wrong_end(result: Result) -> str:
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"{type(result.exception).__name__}: {result.exception}"[:500]
    return "" if result.exit_code in (0, 1, 2) else f"exit status {result.exit_code}"


def _wrong_words(result: Result) -> str:
    """Is everything that is said readable, and are problems a list of problems?"""
    steering = _CONTROL.search(result.stderr)
    if steering:
        return f"{steering[0]!r} on stderr"
    longest = max(map(len, result.stderr.splitlines()), default=0)
    if longest > 2000:
        return f"a line of {longest:,} characters on stderr"
    first, *others = result.stderr.splitlines() or [""]
    match result.exit_code:
        case 1 if not first.startswith("no plan (") or not others:
            return f"no plan, without reasons: {first[:200]}"
        case 2:
            bullets = re.fullmatch(r"(\d+) problems? in the inputs:", first)
            if bullets is None or len(others) != int(bullets[1]) or not all(text.startswith("  - ") for text in others):
                return f"no list of problems: {result.stderr[:300]}"
    return ""


# What a result must be


def _plan(folder: Path, _: Result) -> str:
    def no_constant(text: str) -> None:
        raise ValueError(f"{text} in plan.json")

    made = json.loads((folder / known.OUTPUT / "plan.json").read_text(), parse_constant=no_constant)
    if made["audit"]["passed"] is not True:
        return "the audit did not pass"
    if made["status"] not in ("optimal", "within_gap") or not made["gap"] <= 1e-4:
        return f"status {made['status']}, gap {made['gap']}"
    if not math.isfinite(made["total_cost"]) or made["bound"] > made["total_cost"]:
        return f"total cost {made['total_cost']}, bound {made['bound']}"
    return ""


def _checked(_: Path, result: Result) -> str:
    return "" if "no problems found" in result.stdout else "no word of what was found"


def _starter(folder: Path, _: Result) -> str:
    from planner.assumptions.yaml_text import read_yaml

    tree, problems = read_yaml((folder / known.OUTPUT).read_text(encoding="utf-8"), "starter")
    return "" if tree and not problems else f"a starter that is no YAML: {problems[:1]}"


def _overlay(folder: Path, _: Result) -> str:
    """An overlay loads; a list in another currency than the catalogue's is all that may be wrong with it."""
    from planner.assumptions.load import load
    from planner.problems import InputError

    try:
        load(folder / known.OUTPUT, None)
    except InputError as error:
        others = [problem for problem in error.problems if problem.place != "currency"]
        return f"an overlay that does not load: {others[0]}" if others else ""
    return ""


def _forecast(folder: Path, _: Result) -> str:
    from planner.forecast.read import read_forecast
    from planner.problems import InputError

    written = (folder / known.OUTPUT).rename(folder / f"{known.OUTPUT}.csv")
    try:
        read_forecast(written)
    except InputError as error:
        return f"a forecast that cannot be read: {error}"
    return ""


_RESULTS: dict[str, Callable[[Path, Result], str]] = {
    "plan": _plan,
    "check": _checked,
    "init": _starter,
    "prices": _overlay,
    "demand": _forecast,
}
