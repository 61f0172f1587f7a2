"""The unit of a figure, by its place in the file."""

from __future__ import annotations

from planner.assumptions.fields import locate, unit_of


def unit_at(path: tuple[str, ...]) -> str:
    """The unit of the key at a path, such as `currency per server`; empty where there is none."""
    info = locate(path).info
    return unit_of(info) if info is not None else ""
