"""plan.json → the plan: the way back from `Plan.to_dict`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planner.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from planner.plan_schema import Column
    from planner.result import Plan

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "run": str,
    "name": str,
    "status": str,
    "currency": str,
    "total_cost": (int, float),
    "proof": dict,
    "horizon": dict,
    "audit": dict,
    "inputs": dict,
    "warnings": list,
    "reasons": list,
}


def plan_of(content: Mapping[str, Any], files: Mapping[str, str], file: str) -> Plan:
    """The plan that a plan.json holds, without its hourly dispatch. `files`: its inputs, by name below `inputs/`.

    A table, or a column, that the version which wrote it did not have yet is empty. Raises InputError, with `file` as
    the place of the problems, where it is no plan.
    """
    from planner.plan_schema import TABLES
    from planner.result import Plan

    problems = _problems(content, file)
    if problems:
        raise InputError(problems)
    try:
        tables: dict[str, Any] = {name: _frame(content.get(name, []), cols) for name, (_, cols) in TABLES.items()}
        return Plan(
            **tables,
            total_cost=float(content["total_cost"]),
            run=content["run"],
            name=content["name"],
            status=content["status"],
            bound=_number(content.get("bound")),
            gap=_number(content.get("gap")),
            path=str(content["proof"]["path"]),
            rounds=int(content["proof"]["rounds"]),
            currency=content["currency"],
            calendar=_calendar(content["horizon"]),
            warnings=tuple(str(text) for text in content["warnings"]),
            reasons=tuple(str(reason["text"]) for reason in content["reasons"]),
            audit=_audit(content["audit"]),
            inputs=dict(content["inputs"]),
            defaults=_defaults(content["inputs"].get("defaults", [])),
            files=dict(files),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found = f"something that is none ({type(error).__name__}: {error})"
        raise InputError([Problem(file, "", found, "a plan.json as the planner wrote it")]) from error


def _problems(content: Mapping[str, Any], file: str) -> list[Problem]:
    from planner.result import SCHEMA

    if content.get("schema") != SCHEMA:
        found = f"schema {content['schema']!r}" if "schema" in content else "no schema"
        return [Problem(file, "schema", found, f"a plan: {SCHEMA}")]
    return [
        Problem(file, key, "nothing" if key not in content else str(content[key])[:60], "a key of plan.json")
        for key, kind in _KINDS.items()
        if not isinstance(content.get(key), kind)
    ]


def _frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> pd.DataFrame:
    import pandas as pd

    names = [column.name for column in columns]
    frame = pd.DataFrame([[row.get(name) for name in names] for row in rows], columns=names)
    for column in columns:
        if column.type.startswith("number") and len(frame):
            frame[column.name] = pd.to_numeric(frame[column.name])
    return frame


def _calendar(horizon: Mapping[str, Any]) -> Any:
    import pandas as pd

    from planner.assumptions.durations import PeriodUnit
    from planner.periods import Calendar

    return Calendar(PeriodUnit(horizon["period"]), pd.Timestamp(horizon["start"]), int(horizon["periods"]))


def _audit(audit: Mapping[str, Any]) -> Any:
    from planner.audit import Audit, Check

    checks = [Check(check["name"], bool(check["passed"]), str(check["detail"])) for check in audit["checks"]]
    return Audit(bool(audit["passed"]), tuple(checks))


def _defaults(entries: Sequence[Mapping[str, Any]]) -> Any:
    from planner.assumptions.loaded import Default

    return tuple(Default(entry["key"], entry["value"], entry["unit"], entry["origin"]) for entry in entries)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
