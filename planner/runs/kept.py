"""One kept run: the content of its plan.json and its inputs, and the plan that they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from planner.identity import code_digest, run_id
from planner.problems import InputError, Problem

if TYPE_CHECKING:
    from planner.result import Plan

PROVEN = ("optimal", "within_gap")
"""Statuses of answers that asking again would not better."""

FORECAST_FILE = "forecast.csv"


class PlanToKeep(Protocol):
    """What is kept of a plan."""

    @property
    def run(self) -> str: ...  # noqa: D102
    @property
    def files(self) -> Mapping[str, str]: ...  # noqa: D102

    def to_dict(self) -> Mapping[str, Any]:
        """The content of plan.json."""


@dataclass(frozen=True)
class KeptRun:
    """A run from a folder or from the store."""

    where: str
    """As messages call it: the folder, or the name of the run."""
    content: Mapping[str, Any]
    """What plan.json holds."""
    files: Mapping[str, str] = field(repr=False)
    """The texts of its inputs, by name: `forecast.csv` and the files that the assumptions name."""
    code: str = ""
    """Digest of the program that made it; empty where that is not known."""
    made_at: str = ""
    """ISO 8601, UTC; empty where that is not known."""

    @classmethod
    def of(cls, plan: PlanToKeep) -> KeptRun:
        """A plan that was made just now, by this program."""
        made_at = datetime.now(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
        return cls(plan.run, plan.to_dict(), dict(plan.files), code_digest(), made_at)

    @property
    def id(self) -> str:
        """32 hexadecimal digits, from its inputs."""
        return run_id(self.inputs)

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self.content["run"])

    @property
    def inputs(self) -> Mapping[str, Any]:
        """`inputs` of plan.json."""
        inputs: Mapping[str, Any] = self.content["inputs"]
        return inputs

    @property
    def is_proven(self) -> bool:
        """Would asking again give no better answer?"""
        return self.content["status"] in PROVEN

    @cached_property
    def plan(self) -> Plan:
        """The plan, with its tables as frames, without its hourly dispatch. Raises InputError where it is damaged."""
        from planner.plan_file import plan_of

        return plan_of(self.content, self.files, self.where)

    def input_problems(self) -> list[Problem]:
        """Why it cannot be made again: inputs that are missing, or are not what they were."""
        expected = {FORECAST_FILE: self.inputs.get("forecast", {}).get("sha256"), **self.inputs.get("files", {})}
        problems = []
        for name, digest in expected.items():
            text = self.files.get(name)
            place = f"inputs/{name}"
            if text is None:
                problems.append(Problem(self.where, place, "no such file", "the inputs beside the plan"))
            elif hashlib.sha256(text.encode()).hexdigest() != digest:
                fix = "plan the changed file anew with `planner plan`"
                problems.append(Problem(self.where, place, "a file that was changed", "the inputs of the plan", fix))
        return problems

    def opened(self) -> KeptRun:
        """The run itself, if its plan can be read. Raises InputError otherwise."""
        _ = self.plan
        return self

    def repeatable(self) -> KeptRun:
        """The run itself, if it can be made again. Raises InputError otherwise."""
        problems = self.opened().input_problems()
        if problems:
            raise InputError(problems)
        return self
