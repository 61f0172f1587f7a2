"""The hybrid GPU planner: what to buy, what to reserve and what to rent, at least total cost, with a proven gap.

>>> import planner
>>> plan = planner.plan("forecast.csv", "assumptions.yaml")  # doctest: +SKIP
>>> plan.total_cost, plan.gap, plan.purchases  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.api import check, plan
    from planner.break_even_answer import breakeven
    from planner.evaluation.result import Evaluation
    from planner.evaluation.run import evaluate
    from planner.problems import InputError, NoPlanError
    from planner.result import Plan

__version__ = "0.1.0"
__all__ = [
    "Evaluation",
    "InputError",
    "NoPlanError",
    "Plan",
    "__version__",
    "breakeven",
    "check",
    "evaluate",
    "plan",
]

_HOMES = {
    "breakeven": "planner.break_even_answer",
    "check": "planner.api",
    "plan": "planner.api",
    "evaluate": "planner.evaluation.run",
    "Evaluation": "planner.evaluation.result",
    "InputError": "planner.problems",
    "NoPlanError": "planner.problems",
    "Plan": "planner.result",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used: `import planner` loads nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'planner' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
