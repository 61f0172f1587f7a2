"""The JSON Schema of an assumptions file, as a user writes it, made from `schema.py`.

What a reader of JSON Schema cannot see stays with the planner: required keys of entries that may start from the
catalogue or from another file, names that must exist, whole numbers of periods.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from planner.assumptions.fields import (
    CATALOGUE_SECTIONS,
    alternatives,
    entry_of,
    fields_of,
    is_entry,
    list_of,
    map_of,
    section_model,
    unit_of,
)
from planner.assumptions.schema import Assumptions, Decision, FleetEntry, HeldCommitment, Quota, Reserved
from planner.assumptions.values import Entry

Json = dict[str, Any]

_SOURCE: Json = {"description": "where the figure is from", "type": ["string", "null"]}
_AS_OF: Json = {
    "description": "when the figure held: 2026-09-10, 2026-09 or 2026",
    "anyOf": [{"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}, {"type": "integer"}],
}
_MOMENT: Json = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}(:\d{2}(:\d{2})?)?(Z|[+-]\d{2}:\d{2})?)?$"}
_NULL: Json = {"type": "null"}
_KEPT_REQUIRED = (Reserved, Decision, FleetEntry, HeldCommitment, Quota)
"""Entries that are always written whole: elsewhere a key may come from the catalogue or from another file."""


def json_schema() -> Json:
    """The schema, draft 2020-12."""
    made = Assumptions.model_json_schema()
    definitions: Json = dict(made.pop("$defs"))
    for model in entry_models():
        if model is not Assumptions:
            definitions[model.__name__] = _entry(model, definitions[model.__name__])
    top = _entry(Assumptions, made)
    top["properties"] = {"extends": _extends(), **top["properties"]}
    top.pop("title", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Assumptions of a GPU purchase plan, version 1",
        **top,
        "anyOf": [{"required": ["version"]}, {"required": ["extends"]}],
        "$defs": {**definitions, "Source": _SOURCE, "AsOf": _AS_OF},
    }


def entry_models() -> list[type[Entry]]:
    """All classes of entries, each before those that it holds."""
    return list(dict.fromkeys(_models(Assumptions)))


def _models(model: type[Entry]) -> Iterator[type[Entry]]:
    yield model
    for info in fields_of(model).values():
        inner = _inner(info.annotation)
        if inner is not None:
            yield from _models(inner)


def _inner(annotation: Any) -> type[Entry] | None:
    """The class of the entries that a key holds, directly or by name."""
    for kind in alternatives(annotation):
        if is_entry(kind):
            found: type[Entry] = kind
            return found
    mapping = map_of(annotation)
    below = mapping[1] if mapping is not None else list_of(annotation)
    return _inner(below) if below is not None else None


def _entry(model: type[Entry], made: Json) -> Json:
    properties: Json = {}
    if model in [section_model(section) for section in CATALOGUE_SECTIONS]:
        properties["from"] = {
            "title": "From",
            "description": "name of an entry of the catalogue, whose figures hold where none is given here",
            "anyOf": [{"type": "string", "minLength": 1}, _NULL],
        }
    for name, schema in made["properties"].items():
        properties[name] = _key(model, name, schema)
    result = {**made, "properties": properties, "additionalProperties": False}
    if model not in _KEPT_REQUIRED:
        result.pop("required", None)
    return result


def _key(model: type[Entry], name: str, made: Json) -> Json:
    info = fields_of(model)[name]
    core = {key: value for key, value in made.items() if key not in ("title", "description", "default", "unit", "cost")}
    head: Json = {"title": info.title, "description": info.description}
    if unit_of(info):
        head["unit"] = unit_of(info)
    if made.get("default") is not None and entry_of(info.annotation) is None:
        head["default"] = made["default"]
    mapping = map_of(info.annotation)
    if alternatives(info.annotation) == (datetime,):
        core = _MOMENT
    elif model is Decision and name == "period":
        core = {"type": ["string", "integer"]}
    if _inner(info.annotation) is not None and mapping is None:
        choices = [core, _NULL]
    elif mapping is not None:
        choices = [_map(core, mapping[1]), _NULL]
    elif list_of(info.annotation) is not None:
        choices = [core, _NULL]
    else:
        choices = [core, _figure(core), _NULL]
    return {**head, "anyOf": choices}


def _map(made: Json, values: Any) -> Json:
    """A map with free names; its figures may have sources, its entries may be null."""
    core = next((part for part in made["anyOf"] if part.get("type") == "object"), {}) if "anyOf" in made else dict(made)
    if "additionalProperties" in core:
        below = core["additionalProperties"]
        core["additionalProperties"] = {"anyOf": [below, _NULL if _inner(values) is not None else _figure(below)]}
    if "patternProperties" in core:
        core["patternProperties"] = {
            pattern: {"anyOf": [below, _figure(below)]} for pattern, below in core["patternProperties"].items()
        }
        core["additionalProperties"] = False
    return core


def _figure(value: Json) -> Json:
    """`{value: ..., source: ..., as_of: ...}`."""
    return {
        "type": "object",
        "properties": {
            "value": value,
            "source": {"$ref": "#/$defs/Source"},
            "as_of": {"$ref": "#/$defs/AsOf"},
        },
        "required": ["value"],
        "additionalProperties": False,
    }


def _extends() -> Json:
    return {
        "title": "Extends",
        "description": "another assumptions file, relative to this one, whose figures hold where none is given here",
        "anyOf": [{"type": "string", "minLength": 1}, _NULL],
    }
