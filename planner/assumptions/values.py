"""What the keys of the assumptions file are made of: kinds of values, and the base of all entries."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from planner.assumptions.durations import DURATION_PATTERN, Duration


def key(default: Any = ..., *, title: str, meaning: str, unit: str = "", cost: bool = False, **constraints: Any) -> Any:
    """One key of the format. `cost` marks a cost that is 0 unless given: leaving it out is a warning."""
    extra: dict[str, Any] = {"unit": unit, "cost": cost}
    return Field(default, title=title, description=meaning, json_schema_extra=extra, **constraints)


def _duration(value: object) -> object:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return Duration.parse(value)
    if value == 0 and not isinstance(value, bool):
        return Duration.parse("0 hours")
    raise ValueError("a duration such as '36 months', '2 weeks' or '24 hours'")


def _moment(value: object) -> datetime:
    """A day or a full hour as naive UTC. Never from a number, which pydantic would take for seconds since 1970."""
    moment: object = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
        if (moment.minute, moment.second, moment.microsecond) == (0, 0, 0):
            return moment
    elif isinstance(moment, date):
        return datetime(moment.year, moment.month, moment.day)
    raise ValueError("a day such as 2027-01-01, or a full hour such as 2027-01-01T13:00 (UTC)")


def _label(value: object) -> str:
    """The label of a period as text, though YAML reads `2027` as a number and `2027-01-04` as a date."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
        return str(value).strip()
    raise ValueError("the label of a period, such as 2027-04")


def _deferrable(value: object) -> object:
    """Nothing, `period`, or a whole number of hours."""
    if is_no(value) or value == "period":
        return None if is_no(value) else value
    duration = Duration.parse(value) if isinstance(value, str) and _is_duration(value) else value
    if isinstance(duration, Duration) and duration.hours >= 1 and duration.hours.denominator == 1:
        return duration
    raise ValueError("a whole number of hours, at least 1, such as '24 hours'; or period; or no")


def _is_duration(text: str) -> bool:
    return re.match(DURATION_PATTERN, text) is not None


def is_no(value: object) -> bool:
    """Does it say that a key is not used: nothing, `no` or `false`?"""
    return value is None or value is False or (isinstance(value, str) and value.strip().lower() == "no")


def _file_name(value: object) -> object:
    return None if is_no(value) else value


def _year(value: object) -> int:
    """A calendar year; keys of a mapping are text once a file is read."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and re.fullmatch(YEAR_PATTERN, value):
        return int(value)
    raise ValueError("a calendar year, such as 2027")


YEAR_PATTERN = r"^[12][0-9]{3}$"


def _no_trifle(value: float) -> float:
    """0, or enough to be divided by."""
    if 0 < value < LEAST:
        raise ValueError(f"a number of at least {LEAST:g}")
    return value


LEAST = 1e-9
"""Of what is above 0 and divides something else."""
MOST = 1e15
"""Of anything: sums and products of such figures stay finite."""
Finite = Field(strict=True, allow_inf_nan=False)
Amount = Annotated[float, Finite, Field(ge=0, le=MOST)]
"""A number that is not negative."""
Positive = Annotated[float, Finite, Field(gt=0, le=MOST), AfterValidator(_no_trifle)]
Rate = Annotated[float, Finite, Field(ge=0, le=MOST), AfterValidator(_no_trifle)]
"""A number that is 0 or can be divided by."""
Share = Annotated[float, Finite, Field(ge=0, le=1)]
Trend = Annotated[float, Finite, Field(gt=-1, le=100)]
"""A share per year: beyond a hundredfold a year it is a percentage that was meant."""
Name = Annotated[str, Field(strict=True, min_length=1)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A day or a full hour, naive UTC."""
FileName = Annotated[
    Name | None,
    BeforeValidator(_file_name),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"const": False}]}),
]
"""The name of a file, relative to the file that says it; None where there is none."""
PriceOrFile = Amount | Name
"""A price, or the name of a file of prices."""
Year = Annotated[int, BeforeValidator(_year), WithJsonSchema({"type": "string", "pattern": YEAR_PATTERN})]
"""A calendar year."""
Label = Annotated[str, BeforeValidator(_label)]
"""The label of a period."""
DurationField = Annotated[
    Duration,
    BeforeValidator(_duration),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
Deferrable = Annotated[
    DurationField | Literal["period"] | None,
    BeforeValidator(_deferrable),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"enum": ["period", "no", False]}]}),
]
"""How long work may wait: the length of its blocks, `period`, or None where it may not."""
Whole = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
"""A count: 100 years have fewer hours."""


class Entry(BaseModel):
    """Base of all entries: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
