"""What validation found, in words for people who do not program."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from planner.assumptions.complete import FileOf
from planner.assumptions.fields import (
    CATALOGUE_SECTIONS,
    Where,
    alternatives,
    entry_of,
    fields_of,
    list_of,
    locate,
    map_of,
    unit_of,
)
from planner.assumptions.figures import Path, dotted, show
from planner.assumptions.schema import Assumptions, LoadShape
from planner.assumptions.values import Entry
from planner.catalogue.reader import catalogue
from planner.problems import Problem, nearest

_SHAPE = "flat, {peak_to_mean: 2.5} or {hour_of_week: profile.csv}"


def explain(error: ValidationError, file_of: FileOf, unfounded: Collection[Path] = ()) -> list[Problem]:
    """One problem for every thing that is wrong.

    `unfounded` are entries whose start in the catalogue was not found: what they lack is no problem of its own.
    """
    problems: dict[tuple[str, str], Problem] = {}
    for detail in error.errors(include_url=False):
        where = locate(detail["loc"])
        if _is_other_alternative(detail):
            continue
        if where.path[:2] in unfounded and (detail["type"] == "missing" or _is_whole_entry(detail)):
            continue
        expected, fix = _words(detail, where)
        value = "" if detail["type"] == "missing" or _is_whole_entry(detail) else show(detail["input"])
        path = where.path
        problem = Problem(file_of(path), dotted(path), value, expected, fix)
        problems.setdefault((problem.place, expected), problem)
    return list(problems.values())


def _is_whole_entry(detail: ErrorDetails) -> bool:
    """Is it about keys that do not go together? Then the message names them."""
    return detail["type"] == "value_error" and isinstance(detail["input"], dict)


def _is_other_alternative(detail: ErrorDetails) -> bool:
    """Of a key that takes text or an entry, pydantic reports both: is this one about the kind that is not there?"""
    prices = [str(tag) for name, tag in pairwise(detail["loc"]) if name == "electricity_price"]
    if prices:
        return prices[0].endswith("str") is not isinstance(detail["input"], str)
    tags = [str(tag) for name, tag in pairwise(detail["loc"]) if name == "load_shape"]
    if any(tag.startswith("literal[") for tag in tags):
        return isinstance(detail["input"], dict)
    return detail["type"] == "model_type" and any(LoadShape.__name__ in tag for tag in tags)


def _words(detail: ErrorDetails, where: Where) -> tuple[str, str]:
    """What was expected, and the fix where the expectation does not say it."""
    kind, context, found = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "literal_error" and where.info is not None and LoadShape in alternatives(where.info.annotation):
        return _SHAPE, ""
    if kind == "missing":
        return _missing(where)
    if kind == "extra_forbidden":
        return _unknown(where)
    if kind in ("enum", "literal_error"):
        return _choice(context, found)
    if kind == "value_error":
        return str(context["error"]), ""
    if kind in _BOUNDS:
        return _bound(kind, context, found, where)
    if kind in ("float_type", "int_type", "finite_number", "int_from_float"):
        return _number(kind, found, where)
    if kind in ("model_type", "dict_type"):
        return _entry(where), ""
    return _PLAIN.get(kind, detail["msg"].lower()), ""


_PLAIN = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "string_too_short": "a name that is not empty",
    "list_type": "a list, such as [a, b]",
}

_BOUNDS = {
    "greater_than": "a number above {}",
    "greater_than_equal": "a number of at least {}",
    "less_than": "a number below {}",
    "less_than_equal": "a number of at most {}",
}


def _missing(where: Where) -> tuple[str, str]:
    info = where.info
    if info is None:
        return "a value: the key is required", ""
    unit = f", {unit_of(info)}" if unit_of(info) else ""
    fix = ""
    if len(where.path) == 3 and where.path[0] in CATALOGUE_SECTIONS:
        close = nearest(where.path[1], catalogue().entries(where.path[0]))
        fix = close.replace("did you mean", "or, from the catalogue, from:").replace("?", "") if close else ""
    return f"a value, the key is required: {info.description}{unit}", fix


def _unknown(where: Where) -> tuple[str, str]:
    known = list(fields_of(where.owner))
    if where.owner is Assumptions:
        known.append("extends")
    elif len(where.path) == 3 and where.path[0] in CATALOGUE_SECTIONS:
        known.append("from")
    fix = nearest(where.path[-1], known) or "known here: " + ", ".join(known)
    return "a key of the format; this one is unknown", fix


def _choice(context: dict[str, Any], found: object) -> tuple[str, str]:
    words = str(context["expected"]).replace(" or ", ", ")
    choices = [word.strip().strip("'") for word in words.split(",")]
    if len(choices) == 1:
        return choices[0], "write it without quotes" if isinstance(found, str) and found == choices[0] else ""
    return "one of " + ", ".join(choices), nearest(found, choices) if isinstance(found, str) else ""


def _bound(kind: str, context: dict[str, Any], found: object, where: Where) -> tuple[str, str]:
    limit = next(value for name, value in context.items() if name in ("gt", "ge", "lt", "le"))
    fix = ""
    shares = where.info is not None and unit_of(where.info).startswith("share")
    if shares and kind.startswith("less") and isinstance(found, int | float) and 1 < found <= 100:
        fix = f"{found:g} % is written {found / 100:g}"
    return _BOUNDS[kind].format(limit if isinstance(limit, int) else f"{limit:g}"), fix


def _number(kind: str, found: object, where: Where) -> tuple[str, str]:
    expected = "a finite number" if kind == "finite_number" else "a number"
    if kind.startswith("int"):
        expected = "a whole number"
    if isinstance(found, str):
        return expected, number_fix(found.strip())
    if isinstance(found, dict):
        wrong = [nearest(name, ("value", "source", "as_of")) for name in found]
        fix = next((text for text in wrong if text), "")
        return f"{expected}, or {{value: ..., source: ..., as_of: ...}}", "" if "value" in found else fix
    return expected, ""


def number_fix(text: str) -> str:
    """How to write what was probably meant."""
    if text.endswith("%") and _is_number(text[:-1].strip()):
        return f"write {float(text[:-1]) / 100:g}"
    if re.fullmatch(r"[-+]?\d{1,3}([_,' ]\d{3})+(\.\d+)?", text) or re.fullmatch(r"\d+(_\d+)+", text):
        return "write " + re.sub(r"[_,' ]", "", text)
    if re.fullmatch(r"\d+,\d+", text):
        return "write " + text.replace(",", ".")
    if _is_number(text):
        return "write it without quotes"
    if _is_number(re.sub(r"^[^\d]+|[^\d]+$", "", text).replace(",", "")):
        return "write the number alone; units and currency are fixed"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _holds_entries(info: FieldInfo) -> bool:
    """Is it a key whose names, or whose items, are entries?"""
    mapping = map_of(info.annotation)
    below = mapping[1] if mapping is not None else list_of(info.annotation)
    return entry_of(below) is not None


def _entry(where: Where) -> str:
    model: type[Entry] | None = None
    if where.info is not None:
        model = entry_of(where.info.annotation)
        if model is None and (len(where.path) == 2 or where.path[-1].isdigit()) and _holds_entries(where.info):
            return "an entry with keys of its own below it"
    if model is not None:
        return "keys below it: " + ", ".join(fields_of(model))
    return "names, each with its value below it"
