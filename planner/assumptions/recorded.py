"""Assumptions as a plan recorded them, ready to be read again: the same figures, sources, marks and changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from planner.assumptions.figures import Figure, Tree, dotted
from planner.assumptions.loaded import History, Source


@dataclass(frozen=True)
class Recorded:
    """What `inputs` of a plan.json says about its assumptions."""

    tree: Mapping[str, Any]
    """Complete: nothing of it is left to the catalogue."""
    file: str
    """As the user wrote it."""
    folder: Path
    """Where the files are that the assumptions name."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    catalogue_keys: frozenset[str] = frozenset()
    history: History = field(default_factory=History)

    def layer(self) -> Tree:
        """The tree with its figures, as merging takes it."""
        return {name: self._figures(item, (name,)) for name, item in self.tree.items()}

    def _figures(self, item: Any, path: tuple[str, ...]) -> Any:
        if isinstance(item, dict) and item:
            return {name: self._figures(below, (*path, name)) for name, below in item.items()}
        if isinstance(item, list) and any(isinstance(part, dict) for part in item):
            return [self._figures(part, (*path, str(number))) for number, part in enumerate(item, 1)]
        key = dotted(path)
        source, catalogue = self.sources.get(key), key in self.catalogue_keys
        return Figure(item, source, catalogue) if catalogue or source is not None else item


def kept_names(names: Iterable[str], reserved: Collection[str] = ()) -> dict[str, str]:
    """Files that assumptions name → names under which they are kept: the same, unless they would leave the folder.

    `reserved` are the names of other files there.

    >>> kept_names(["shape.csv", "../shape.csv", "/home/me/week.csv"])
    {'shape.csv': 'shape.csv', '../shape.csv': 'shape-2.csv', '/home/me/week.csv': 'week.csv'}
    """
    wanted = list(dict.fromkeys(names))
    kept = {name: name for name in wanted if is_kept_name(name) and name not in reserved}
    taken = {*kept, *reserved}
    for name in wanted:
        if name in kept:
            continue
        base = PureWindowsPath(name).name or "file"
        stem, suffix = PurePosixPath(base).stem, PurePosixPath(base).suffix
        number = 1
        while base in taken:
            number += 1
            base = f"{stem}-{number}{suffix}"
        kept[name] = base
        taken.add(base)
    return {name: kept[name] for name in wanted}


def is_kept_name(name: str) -> bool:
    """Does the name stay inside the folder that it is looked up in, on every system?"""
    path = PureWindowsPath(name)
    return bool(path.parts) and not path.anchor and ".." not in path.parts and "\0" not in name


def renamed(item: Any, names: Mapping[str, str]) -> Any:
    """Plain assumptions with other names for the files that they name."""
    if isinstance(item, dict):
        return {name: renamed(below, names) for name, below in item.items()}
    if isinstance(item, list):
        return [renamed(below, names) for below in item]
    return names.get(item, item) if isinstance(item, str) else item
