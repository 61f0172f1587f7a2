"""What the keys of the assumptions file are made of: kinds of values, and the base of all entries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

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
Label = Annotated[str, BeforeValidator(_label)]
"""The label of a period."""
DurationField = Annotated[
    Duration,
    BeforeValidator(_duration),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
Whole = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
"""A count: 100 years have fewer hours."""


class Entry(BaseModel):
    """Base of all entries: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    later: ClassVar[dict[str, str]] = {}
    """Keys of the format that this version refuses unless empty → what they are for."""
