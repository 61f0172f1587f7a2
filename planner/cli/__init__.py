"""The commands, as users call them."""

from planner.cli.app import main

__all__ = ["main"]
