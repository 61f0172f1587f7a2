"""Moved: see planner.result."""

from planner.result import Schedule

__all__ = ["Schedule"]
