"""Assumptions as a plan recorded them, ready to be read again: the same figures, sources, marks and changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
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


def is_kept_name(name: str) -> bool:
    """Does the name stay inside the folder that it is looked up in, on every system?"""
    path = PureWindowsPath(name)
    return bool(path.parts) and not path.anchor and ".." not in path.parts and "\0" not in name
