"""Reading the schema: which keys an entry has, and what kind of value each one takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from planner.assumptions.schema import Assumptions
from planner.assumptions.values import Entry

CATALOGUE_SECTIONS = ("workloads", "sites", "servers", "cloud")
"""Sections whose entries may start from the catalogue, by `from` or by their name."""


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The types that an annotation allows, None and `Annotated` taken off."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(part for item in get_args(annotation) for part in alternatives(item) if part is not type(None))
    return (annotation,)


def is_entry(kind: Any) -> bool:
    """Is that type an entry with fixed keys?"""
    return isinstance(kind, type) and issubclass(kind, Entry)


def entry_of(annotation: Any) -> type[Entry] | None:
    """The entry class of a key that takes nothing else (`spot`, `staff`, `horizon`), or None."""
    kinds = alternatives(annotation)
    return kinds[0] if len(kinds) == 1 and is_entry(kinds[0]) else None


def map_of(annotation: Any) -> tuple[Any, Any] | None:
    """Types of the names and values of a key with free names (`servers`, `reserved`, `resale`), or None."""
    kinds = alternatives(annotation)
    if len(kinds) != 1 or get_origin(kinds[0]) is not dict:
        return None
    names, values = get_args(kinds[0])
    return names, values


def list_of(annotation: Any) -> Any | None:
    """The type of the items of a list, or None."""
    kinds = alternatives(annotation)
    return get_args(kinds[0])[0] if len(kinds) == 1 and get_origin(kinds[0]) is list else None


def fields_of(model: type[Entry]) -> dict[str, FieldInfo]:
    """The keys of an entry."""
    return model.model_fields


def extra(info: FieldInfo, name: str) -> Any:
    """`unit` or `cost` of a key."""
    return info.json_schema_extra.get(name) if isinstance(info.json_schema_extra, dict) else None


def unit_of(info: FieldInfo) -> str:
    """The unit of a key, empty where it has none."""
    return str(extra(info, "unit") or "")


def section_model(section: str) -> type[Entry]:
    """The class of the entries of a section with names."""
    mapping = map_of(fields_of(Assumptions)[section].annotation)
    assert mapping is not None
    model = entry_of(mapping[1])
    assert model is not None
    return model


@dataclass(frozen=True)
class Where:
    """Where a path leads in the schema."""

    path: tuple[str, ...]
    """The path without the tags that pydantic puts in for alternatives."""
    owner: type[Entry]
    """The innermost entry on the way."""
    info: FieldInfo | None
    """The innermost key of the schema on the way."""


def locate(loc: tuple[str | int, ...]) -> Where:
    """Follow pydantic's location through the schema."""
    annotation: Any = Assumptions
    owner: type[Entry] = Assumptions
    info: FieldInfo | None = None
    path: list[str] = []
    for part in loc:
        model = entry_of(annotation)
        mapping = map_of(annotation)
        if part == "[key]":
            return Where(tuple(path), owner, info)
        if model is not None:
            owner = model
            path.append(str(part))
            found = fields_of(model).get(str(part))
            if found is None:
                return Where(tuple(path), owner, None)
            info, annotation = found, found.annotation
        elif mapping is not None:
            path.append(str(part))
            annotation = mapping[1]
        elif (item := list_of(annotation)) is not None:
            path.append(str(int(part) + 1))
            annotation = item
        else:
            # A tag of one alternative of a union: not a part of the user's file.
            chosen = [kind for kind in alternatives(annotation) if is_entry(kind) and kind.__name__ in str(part)]
            annotation = chosen[0] if chosen else object
    return Where(tuple(path), owner, info)


def entries_in(tree: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any], type[Entry]]]:
    """Every entry of an assumptions tree, the whole first: path, its mapping, its class."""
    yield from _entries(tree, Assumptions, ())


def _entries(
    tree: dict[str, Any], model: type[Entry], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any], type[Entry]]]:
    yield above, tree, model
    for name, info in fields_of(model).items():
        value = tree.get(name)
        for path, item, kind in _below(value, info.annotation, (*above, name)):
            yield from _entries(item, kind, path)


def _below(
    value: Any, annotation: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any], type[Entry]]]:
    """The entries that a key's value holds."""
    mapping, item = map_of(annotation), list_of(annotation)
    if mapping is not None and isinstance(value, dict):
        for name, below in value.items():
            yield from _below(below, mapping[1], (*path, name))
    elif item is not None and isinstance(value, list):
        for number, below in enumerate(value, 1):
            yield from _below(below, item, (*path, str(number)))
    elif isinstance(value, dict):
        for kind in alternatives(annotation):
            if is_entry(kind):
                yield path, value, kind
