"""Figures and where they come from: `{value: 55.04, source: "...", as_of: 2026-09-10}` and the trees that hold them.

A tree is nested dictionaries whose keys are text; everything else in it is a leaf. A leaf with a source, or from the
catalogue, is a `Figure` until the trees are merged, so that whoever overrides a figure overrides its source with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from planner.assumptions.durations import Duration
from planner.assumptions.loaded import Source
from planner.problems import Problem, nearest

Tree = dict[str, Any]
Path = tuple[str, ...]

_NOTATION = ("value", "source", "as_of")
_AS_OF = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")


@dataclass(frozen=True)
class Figure:
    """A leaf that knows where it comes from."""

    value: Any
    source: Source | None
    catalogue: bool = False


def dotted(path: Path) -> str:
    """`servers.hgx-h100-8.price`."""
    return ".".join(path)


def bare(leaf: Any) -> Any:
    """The value of a leaf, figure or not."""
    return leaf.value if isinstance(leaf, Figure) else leaf


def plain(value: object) -> Any:
    """Data of any Python origin as plain data: mappings as dictionaries with text as keys, numpy scalars as numbers."""
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo is not None else value
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return plain(value.item())
    return value


def _key(key: object) -> str:
    return key.isoformat() if isinstance(key, date) else str(key.value if isinstance(key, Enum) else key)


def show(value: object) -> str:
    """A value as it stands in a file, short enough for a message."""
    text = _flow(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _flow(value: object) -> str:
    match value:
        case Figure():
            return _flow(value.value)
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}'"
        case float() if value != value or value in (float("inf"), float("-inf")):
            return {"inf": ".inf", "-inf": "-.inf"}.get(str(value), ".nan")
        case float():
            return repr(value)
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(item) for item in value) + "]"
    return value.isoformat() if isinstance(value, date) else str(value)


def wrap(tree: Tree, file: str, *, catalogue: bool = False) -> tuple[Tree, list[Problem]]:
    """The tree with every `{value, source, as_of}` as one `Figure`; of the catalogue, every leaf is a figure."""
    problems: list[Problem] = []
    return {name: _wrapped(item, (name,), file, catalogue, problems) for name, item in tree.items()}, problems


def _wrapped(item: Any, path: Path, file: str, catalogue: bool, problems: list[Problem]) -> Any:
    if isinstance(item, list) and any(isinstance(part, dict) for part in item):
        return [_wrapped(part, (*path, str(n)), file, catalogue, problems) for n, part in enumerate(item, 1)]
    if not isinstance(item, dict):
        return Figure(item, None, catalogue=True) if catalogue else item
    if "value" not in item or isinstance(item["value"], dict):
        return {name: _wrapped(below, (*path, name), file, catalogue, problems) for name, below in item.items()}
    for name in item.keys() - set(_NOTATION):
        place = dotted((*path, name))
        fix = nearest(name, _NOTATION)
        problems.append(Problem(file, place, show(item[name]), "only value, source and as_of beside a value", fix))
    return Figure(item["value"], _source(item, path, file, problems), catalogue)


def _source(item: Tree, path: Path, file: str, problems: list[Problem]) -> Source | None:
    source, as_of = item.get("source"), item.get("as_of")
    if source is not None and not isinstance(source, str):
        problems.append(Problem(file, dotted((*path, "source")), show(source), "text: where the figure is from"))
    if isinstance(as_of, date):
        as_of = as_of.isoformat()[:10]
    elif isinstance(as_of, int) and not isinstance(as_of, bool):
        as_of = str(as_of)
    if as_of is not None and not (isinstance(as_of, str) and _AS_OF.match(as_of)):
        problems.append(Problem(file, dotted((*path, "as_of")), show(as_of), "a date such as 2026-09-10"))
        as_of = None
    if source is None and as_of is None:
        return None
    return Source(str(source or ""), as_of or "")


def leaves(tree: Tree, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All leaves of a tree with their paths; an empty dictionary is a leaf."""
    for name, item in tree.items():
        if isinstance(item, dict) and item:
            yield from leaves(item, (*above, name))
        elif isinstance(item, list) and any(isinstance(part, dict) for part in item):
            yield from leaves({str(n): part for n, part in enumerate(item, 1)}, (*above, name))
        else:
            yield (*above, name), item


def settle(tree: Tree) -> Tree:
    """A copy of the tree without the keys that are set to nothing; figures stay figures."""
    result: Tree = {}
    for name, item in tree.items():
        if isinstance(item, list):
            result[name] = [settle(part) if isinstance(part, dict) else part for part in item]
        elif isinstance(item, dict):
            result[name] = settle(item)
        elif bare(item) is not None:
            result[name] = item
    return result


def unwrap(item: Any) -> Any:
    """The same tree with bare values in place of figures."""
    if isinstance(item, dict):
        return {name: unwrap(below) for name, below in item.items()}
    if isinstance(item, list):
        return [unwrap(below) for below in item]
    return bare(item)


def at(tree: Tree, path: Path) -> Any:
    """The value at a path, or None."""
    item: Any = tree
    for name in path:
        if not isinstance(item, dict):
            return None
        item = item.get(name)
    return bare(item)


def has(tree: Tree, path: Path) -> bool:
    """Does the tree name that path, if only to set it to nothing?"""
    item: Any = tree
    for name in path:
        if not isinstance(item, dict) or name not in item:
            return False
        item = item[name]
    return True
