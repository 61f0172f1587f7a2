"""Every key that a change may name: those that a completed tree has, and those of the format that it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from pydantic.fields import FieldInfo

from planner.assumptions.fields import alternatives, entries_in, fields_of, is_entry, list_of, map_of
from planner.assumptions.figures import Path, Tree, bare, dotted, plain
from planner.assumptions.schema import Assumptions
from planner.assumptions.values import Entry

_BETWEEN = "\x1f"
"""Between the names of a path where patterns are matched: unlike the dot, it is part of no name."""


class Presence(Enum):
    """Is a key there?"""

    GIVEN = "given"
    ABSENT = "absent"
    """Its entry is there, the key is not."""
    BELOW_ABSENT = "below absent"
    """Nor is the entry that it belongs to (`spot.price` of an offer without spot): only its full name means it."""


@dataclass(frozen=True)
class Key:
    """One key of a tree, or one that could be in it."""

    path: Path
    """Items of lists count from 1: `decisions.1.min`."""
    presence: Presence
    value: Any
    """The leaf (a `Figure` where it has a source), the mapping or list below it, or the format's default."""

    @cached_property
    def joined(self) -> str:
        """The path as patterns are matched against it."""
        return _BETWEEN.join(self.path)


def keys_of(tree: Tree) -> list[Key]:
    """All keys of a completed tree, those that are there first."""
    given = [Key(path, Presence.GIVEN, value) for path, value in _nodes(tree, ())]
    return given + list(_absent(tree))


def matching(pattern: str, keys: list[Key]) -> list[Key]:
    """The keys that a pattern names. `*` stands for any part of one name; names may have dots in them.

    >>> keys = keys_of({"cloud": {"aws-p5.48xlarge": {"on_demand": 55.04, "spot": {"price": 23.12}}}})
    >>> [dotted(key.path) for key in matching("cloud.*.on_demand", keys)]
    ['cloud.aws-p5.48xlarge.on_demand']
    """
    parts = {".": f"[.{_BETWEEN}]", "*": f"[^{_BETWEEN}]*"}
    expression = re.compile("".join(parts.get(character, re.escape(character)) for character in pattern))
    return [
        key
        for key in keys
        if (key.presence is not Presence.BELOW_ABSENT or "*" not in pattern) and expression.fullmatch(key.joined)
    ]


def general(path: Path) -> str:
    """The key as a pattern for all of its kind: `servers.hgx-h100-8.price` → `servers.*.price`."""
    annotation: Any = Assumptions
    names: list[str] = []
    for name in path:
        inner = next((kind for kind in alternatives(annotation) if is_entry(kind)), None)
        mapping, item = map_of(annotation), list_of(annotation)
        if inner is not None:
            names.append(name)
            info = fields_of(inner).get(name)
            annotation = object if info is None else info.annotation
        elif mapping is not None or item is not None:
            names.append("*")
            annotation = mapping[1] if mapping is not None else item
        else:
            names.append(name)
    return dotted(tuple(names))


def _nodes(item: Any, above: Path) -> Iterator[tuple[Path, Any]]:
    """Everything below a node, inner nodes too."""
    if isinstance(item, dict):
        below = item.items()
    elif isinstance(item, list) and any(isinstance(part, dict) for part in item):
        below = {str(number): part for number, part in enumerate(item, 1)}.items()
    else:
        return
    for name, value in below:
        yield (*above, name), value
        yield from _nodes(value, (*above, name))


def _absent(tree: Tree) -> Iterator[Key]:
    for path, entry, model in entries_in(tree):
        for name, info in fields_of(model).items():
            value = entry.get(name)
            if bare(value) is None:
                yield Key((*path, name), Presence.ABSENT, _default(info))
            if not isinstance(value, dict):
                yield from _below_absent(info, (*path, name))


def _below_absent(info: FieldInfo, above: Path) -> Iterator[Key]:
    """The keys of an entry that is not there."""
    for kind in alternatives(info.annotation):
        if not is_entry(kind):
            continue
        model: type[Entry] = kind
        for name, inner in fields_of(model).items():
            yield Key((*above, name), Presence.BELOW_ABSENT, _default(inner))
            yield from _below_absent(inner, (*above, name))


def _default(info: FieldInfo) -> Any:
    if info.is_required():
        return None
    value = info.get_default(call_default_factory=True)
    return None if isinstance(value, Entry) else plain(value)
