"""Changes of assumptions (`--set`, variants), made on the completed tree: the catalogue's figures change as well.

A change sees what those before it made: variants first, in the order in which they were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from typing import Any

from planner.assumptions.change import Change, parse
from planner.assumptions.complete import FileOf
from planner.assumptions.figures import Figure, Path, Tree, bare, dotted, settle, show, unwrap, wrap
from planner.assumptions.keys import Key, Presence, general, keys_of, matching
from planner.assumptions.loaded import Changed, Source
from planner.problems import Problem, nearest

_SHOWN = 3
"""Keys that a message names; the rest is counted."""


@dataclass
class Changes:
    """A tree with changes made in it."""

    tree: Tree
    made: list[Changed] = field(default_factory=list)
    applied: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def file_of(self, before: FileOf) -> FileOf:
        """Who gave the key at a path: the last change of it, else the file."""
        labels = {made.path: made.label for made in self.made}

        def giver(path: Path) -> str:
            lengths = range(len(path), 0, -1)
            return next((labels[path[:length]] for length in lengths if path[:length] in labels), before(path))

        return giver


def make_changes(tree: Tree, variants: Sequence[str], changes: Sequence[str]) -> Changes:
    """Make the changes of the named variants, then the others. The tree that is given stays as it is."""
    result = Changes(tree)
    for change in [*_of_variants(tree, variants, result.problems), *(parse(text) for text in changes)]:
        if isinstance(change, Problem):
            result.problems.append(change)
        else:
            _make(change, result)
    result.tree = settle(result.tree)
    return result


def _of_variants(tree: Tree, names: Sequence[str], problems: list[Problem]) -> Iterator[Change | Problem]:
    known = unwrap(tree.get("variants") or {})
    known = known if isinstance(known, dict) else {}
    for name in names:
        if name not in known:
            there = "there are " + ", ".join(known) if known else "the assumptions have none"
            expected = "the name of a variant in the assumptions"
            problems.append(Problem("variant", "", f"'{name}'", expected, nearest(name, known) or there))
        elif isinstance(known[name], list):
            yield from (parse(text, f"variant {name}") for text in known[name] if isinstance(text, str))


def _make(change: Change, result: Changes) -> None:
    keys = keys_of(result.tree)
    named = matching(change.pattern, keys)
    if not named:
        expected = "a pattern that matches a key"
        fix = _nearest_keys(change.pattern, keys)
        result.problems.append(Problem(change.origin, change.pattern, f"'{change.text}'", expected, fix))
        return
    if change.is_relative:
        numbers = [key for key in named if _is_number(bare(key.value))]
        others = [key for key in named if key.presence is Presence.GIVEN and key not in numbers]
        if others or not numbers:
            result.problems.append(_no_number(change, others or named))
            return
        named = numbers
    result.applied.append(change)
    for key in named:
        _put(key, change, result)


def _put(key: Key, change: Change, result: Changes) -> None:
    given = key.presence is Presence.GIVEN
    before = unwrap(key.value) if given else None
    old = bare(key.value)
    if change.is_relative:
        after: Any = change.of(old)
        source = Source(f"changed by {change.text} from {show(old)}{_whence(key)}")
        leaf: Any = Figure(after, source)
    else:
        source = Source(f"set by {change.text}{f', was {show(before)}' if given else ''}")
        name = dotted(key.path)
        wrapped, problems = wrap({name: change.value}, change.label)
        result.problems += problems
        leaf = wrapped[name]
        after = unwrap(leaf)
        if not isinstance(leaf, dict | list | Figure) and leaf is not None:
            leaf = Figure(leaf, source)
    result.tree = _with(result.tree, key.path, leaf)
    result.made.append(Changed(key.path, before, after, change.text, change.label))


def _whence(key: Key) -> str:
    """Where the figure that a change starts from came from."""
    if key.presence is not Presence.GIVEN:
        return " (default)"
    source = key.value.source if isinstance(key.value, Figure) else None
    if source is None:
        return ""
    return f" ({', '.join(part for part in (source.source, source.as_of) if part)})"


def _with(item: Any, path: Path, leaf: Any) -> Any:
    """A copy of the tree with another value at a path; entries that are not there are made."""
    if not path:
        return leaf
    name, below = path[0], path[1:]
    if isinstance(item, list):
        place = int(name) - 1
        return [_with(part, below, leaf) if number == place else part for number, part in enumerate(item)]
    inner = item if isinstance(item, dict) else {}
    return {**inner, name: _with(inner.get(name), below, leaf)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _no_number(change: Change, keys: Sequence[Key]) -> Problem:
    """A relative change has nothing to start from."""
    names = [dotted(key.path) for key in keys]
    absent = all(key.presence is not Presence.GIVEN for key in keys)
    found = "no value there" if absent else show(unwrap(keys[0].value))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    expected = f"a number to start from at {', '.join(names[:_SHOWN])}{more}"
    inner = next((key for key in keys if isinstance(key.value, dict) and not absent), None)
    fix = "set a value instead" if inner is None else f"name the figures in it, such as {change.pattern}.*"
    return Problem(change.origin, change.pattern, found, expected, fix)


def _nearest_keys(pattern: str, keys: Iterable[Key]) -> str:
    """The keys that were probably meant, in full and as patterns."""
    known: dict[str, None] = {}
    for key in keys:
        known.setdefault(general(key.path) if "*" in pattern else dotted(key.path))
    close = get_close_matches(pattern, known, n=_SHOWN, cutoff=0.6) or get_close_matches(pattern, known, n=1, cutoff=0)
    return "the nearest: " + ", ".join(f"'{name}'" for name in close)
