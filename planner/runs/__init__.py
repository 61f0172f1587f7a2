"""Runs that are kept: plans with everything needed to make them again, in folders or in a store."""

from planner.runs.kept import KeptRun
from planner.runs.reference import load_run

__all__ = ["KeptRun", "load_run"]
