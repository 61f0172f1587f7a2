"""A plan as it was written, read back for reports: a typed document with its tables as frames."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from planner.assumptions.durations import PeriodUnit
from planner.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from planner.periods import Calendar
    from planner.result import Plan

PLAN_FILE = "plan.json"


class _Part(BaseModel):
    """A part of plan.json; keys that reports do not read are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Horizon(_Part):
    """Unit, begin and number of the periods."""

    period: PeriodUnit
    start: str
    periods: int = Field(gt=0)


class Check(_Part):
    """One check of the audit."""

    name: str
    passed: bool
    detail: str = ""


class AuditResult(_Part):
    """What the audit found."""

    passed: bool
    checks: tuple[Check, ...] = ()


class Reason(_Part):
    """Why, in words."""

    text: str


class Origin(_Part):
    """Where a figure is from."""

    source: str = ""
    as_of: str = ""


class Defaulted(_Part):
    """A figure that the user did not give."""

    key: str
    value: JsonValue = None
    unit: str = ""
    origin: str = ""


class PlanInputs(_Part):
    """What the plan was made from."""

    assumptions: dict[str, JsonValue] = Field(default_factory=dict)
    assumptions_file: str = ""
    defaults: tuple[Defaulted, ...] = ()
    sources: dict[str, Origin] = Field(default_factory=dict)
    files: dict[str, JsonValue] = Field(default_factory=dict)
    planner: str = ""


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


Figure = Annotated[float, BeforeValidator(_known)]
"""A number; null in the file is not a number here."""


class PlanHead(_Part):
    """Everything of plan.json but its tables."""

    run: str
    name: str
    status: str
    total_cost: float
    bound: Figure
    gap: Figure
    currency: str
    horizon: Horizon
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[str, ...] = ()
    audit: AuditResult
    inputs: PlanInputs = PlanInputs()


@dataclass(frozen=True)
class PlanDocument:
    """A plan read back from plan.json."""

    head: PlanHead
    tables: Mapping[str, pd.DataFrame]
    """Every table of the plan's schema, empty where the file has none; tables that are not known here are left out."""
    dispatch: Path | None = None
    """dispatch.parquet, where the hourly operation was kept."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The texts of the files that the assumptions name, by name, as far as they are kept beside the plan."""

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name in plan.json. Raises KeyError for a name that the schema does not have."""
        return self.tables[name]

    @cached_property
    def calendar(self) -> Calendar:
        """The periods."""
        import pandas as pd

        from planner.periods import Calendar

        horizon = self.head.horizon
        return Calendar(horizon.period, pd.Timestamp(horizon.start), horizon.periods)


def plan_document(reference: Path | str) -> PlanDocument:
    """The plan of a folder with plan.json, of that file itself, or a kept run by the beginning of its id or name.

    Raises InputError when there is none to read.
    """
    path = Path(reference)
    if not path.exists():
        from planner.runs.reference import load_run

        kept = load_run(reference)
        return document_of(kept.content, str(reference), files=kept.files)
    try:
        file = path / PLAN_FILE if path.is_dir() else path
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        expected = "a folder with plan.json, as `planner plan -o DIR` writes it"
        raise InputError([Problem(str(path), "", reason, expected)]) from error
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError([Problem(str(file), "", str(error), "JSON, as `planner plan` writes it")]) from error
    if not isinstance(content, dict):
        raise InputError([Problem(str(file), "", "something else", "a plan: an object with its tables")])
    hourly = file.parent / "dispatch.parquet"
    document = document_of(content, str(file), hourly if hourly.is_file() else None)
    return replace(document, files=_texts(file.parent / "inputs", document.head.inputs.files))


def _texts(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Those of the files that are there, and can be read; names that lead out of the folder are left out."""
    from planner.assumptions.recorded import is_kept_name

    texts = {}
    for name in names:
        if is_kept_name(name) and (folder / name).is_file():
            with contextlib.suppress(OSError, ValueError):
                texts[name] = (folder / name).read_text(encoding="utf-8")
    return texts


def document_of_plan(plan: Plan) -> PlanDocument:
    """The document of a plan that was just made: through the same reading as from a file."""
    return document_of(json.loads(json.dumps(plan.to_dict())), "plan", files=plan.files)


def document_of(
    content: Mapping[str, JsonValue], file: str, hourly: Path | None = None, files: Mapping[str, str] | None = None
) -> PlanDocument:
    """The document of plan.json's content. Raises InputError with everything that is not as the schema has it."""
    from planner.plan_schema import TABLES
    from planner.result import SCHEMA

    if content.get("schema") != SCHEMA:
        found = f"{content.get('schema')}"
        raise InputError([Problem(file, "schema", found, SCHEMA, "plan again with this version")])
    problems: list[Problem] = []
    try:
        head = PlanHead.model_validate(content)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            place = ".".join(str(part) for part in detail["loc"])
            problems.append(Problem(file, place, "", detail["msg"].lower(), "plan again with this version"))
        raise InputError(problems) from error
    tables: dict[str, pd.DataFrame] = {}
    for name, (_, columns) in TABLES.items():
        try:
            tables[name] = _frame(content.get(name, []), {column.name: column.type for column in columns})
        except (TypeError, ValueError) as error:
            problems.append(Problem(file, name, f"{error}", "rows as in docs/reference-plan.md"))
    if problems:
        raise InputError(problems)
    return PlanDocument(head, tables, hourly, files or {})


_TYPES = {"text": "str", "text or null": "object", "number": "float64", "number or null": "float64"}


def _frame(rows: JsonValue, columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a frame with these columns and types; columns that are not known here are left out."""
    import pandas as pd

    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError("not a list of rows")
    entries = [row for row in rows if isinstance(row, dict)]
    data = {name: [row.get(name) for row in entries] for name in columns}
    types = {name: _TYPES.get(kind, "bool") for name, kind in columns.items()}
    return pd.DataFrame(data, columns=list(columns)).astype(types)
