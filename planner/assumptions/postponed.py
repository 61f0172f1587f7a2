"""Keys of the format that this version does not plan with: dropped where they are off, refused where they are not."""

from __future__ import annotations

from typing import Any

from planner.assumptions.complete import FileOf
from planner.assumptions.fields import entries_in
from planner.assumptions.figures import Tree, dotted, show, unwrap
from planner.problems import Problem


def drop_postponed(tree: Tree, file_of: FileOf) -> list[Problem]:
    """Take such keys out of the tree, in place; a problem for each one that would change the plan."""
    problems: list[Problem] = []
    for path, entry, model in entries_in(tree):
        for name, purpose in model.later.items():
            if name not in entry:
                continue
            value = unwrap(entry.pop(name))
            # A limit of 0 is the tightest there is, not one that is off.
            if not (is_empty(value) if name == "limits" else is_off(value)):
                place = (*path, name)
                problems.append(
                    Problem(
                        file_of(place),
                        dotted(place),
                        show(value),
                        f"nothing here yet: {name} ({purpose}) is part of the format, "
                        "but this version does not plan with it",
                        "leave it out",
                    )
                )
    return problems


def is_empty(value: Any) -> bool:
    """Is there nothing in it?"""
    if isinstance(value, dict | list):
        return all(is_empty(item) for item in (value.values() if isinstance(value, dict) else value))
    return value is None


def is_off(value: Any) -> bool:
    """Does that value say that the key is not used?"""
    match value:
        case dict():
            return all(is_off(item) for item in value.values())
        case list():
            return all(is_off(item) for item in value)
        case str():
            return value.strip().lower() in ("", "no")
        case None | bool() | int() | float():
            return not value
    return False
