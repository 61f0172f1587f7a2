"""YAML text → plain data: every key once, numbers as people write them, problems with line and column.

Differs from PyYAML's own reading, on purpose: duplicate keys are problems; `1e6` is a number; `yes`, `no`, `on`, `off`,
`1_000` and `1:30` are text; keys are always text; a moment with a time zone becomes naive UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import yaml
from yaml.composer import Composer

from planner.problems import Problem

MOST_VALUES = 1_000_000
"""Values and keys in a file, counted as often as aliases repeat them: a small file can stand for any number."""
_MAX_DEPTH = 40
_TAG = "tag:yaml.org,2002:"


if TYPE_CHECKING or not hasattr(yaml, "CSafeLoader"):
    _Base = yaml.SafeLoader
else:

    class _Base(Composer, yaml.CSafeLoader):
        """The parser in C, ten times as fast; its composer, also in C, ends the whole process on deep nesting."""

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)


class _TooMuchError(yaml.MarkedYAMLError):
    """More than anybody writes. `problem` says what at most, `problem_mark` where."""


class _Loader(_Base):
    """PyYAML's parser with the resolution of plain scalars of YAML 1.2, plus dates and `<<`."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  (PyYAML adds to it per class)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node, with all below it. Raises _TooMuchError."""
        self._depth += 1
        self._count += 1
        most = _NESTING if self._depth > _MAX_DEPTH + 1 else _VALUES if self._count > MOST_VALUES else ""
        if most:
            raise _TooMuchError(problem=most, problem_mark=self._mark())
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _mark(self) -> yaml.Mark | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        mark: yaml.Mark | None = event.start_mark  # type: ignore[assignment]
        return mark


_NESTING = f"no more than {_MAX_DEPTH} levels of nesting"
_VALUES = f"no more than {MOST_VALUES:,} values, each counted as often as an alias repeats it"


for _name, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (
        "timestamp",
        r"\d{4}-\d{2}-\d{2}([Tt ]+\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?[ \t]*(Z|[-+]\d{1,2}(:?\d{2})?)?)?",
        "0123456789",
    ),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"^(?:{_pattern})$"), list(_first))


@dataclass
class _Reading:
    """What is gathered while nodes become data."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def counted(self, node: yaml.Node) -> None:
        """One more value. Raises _TooMuchError."""
        self.count += 1
        if self.count > MOST_VALUES:
            raise _TooMuchError(problem=_VALUES, problem_mark=node.start_mark)


def read_yaml(text: str, file: str) -> tuple[dict[str, object] | None, list[Problem]]:
    """The mapping that the text holds, and everything wrong with the text itself.

    The mapping is None where nothing can be read: bad syntax, an empty file, something else than a mapping.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except _TooMuchError as error:
        return None, [_too_much(error, file)]
    except yaml.YAMLError as error:
        return None, [_syntax(error, text, file)]
    finally:
        loader.dispose()
    if node is None:
        return None, [Problem(file, "", "an empty file", "assumptions, beginning with 'version: 1'")]
    if not isinstance(node, yaml.MappingNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
        return None, [Problem(file, _place(node), kind, "keys and values, beginning with 'version: 1'")]
    reading = _Reading(file)
    try:
        tree = _mapping(node, reading, ())
    except _TooMuchError as error:
        return None, [_too_much(error, file)]
    return tree, reading.problems


def _too_much(error: _TooMuchError, file: str) -> Problem:
    mark = error.problem_mark
    place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
    return Problem(file, place, "", str(error.problem))


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it is something else")
    place, line = "", ""
    if mark is not None:
        place = f"line {mark.line + 1}, column {mark.column + 1}"
        line = text.split("\n")[mark.line][: mark.column + 1] if mark.line < text.count("\n") + 1 else ""
    advice = "check indentation, colons and quotes here and just above"
    if "\t" in line:
        advice = "indent with spaces, not tabs"
    elif "document" in what:
        advice = "one file holds one document: remove the line ---"
    return Problem(file, place, "", f"valid YAML, but {what}", advice)


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}"


def _value(node: yaml.Node, reading: _Reading, above: tuple[yaml.Node, ...]) -> object:
    reading.counted(node)
    if node in above or len(above) > _MAX_DEPTH:
        reading.problems.append(Problem(reading.file, _place(node), "", _NESTING))
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, reading, above)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, reading, (*above, node)) for item in node.value]
    return _scalar(node, reading)


def _mapping(node: yaml.MappingNode, reading: _Reading, above: tuple[yaml.Node, ...]) -> dict[str, object]:
    """The mapping of a node; of a key given twice the first counts, and each further one is a problem."""
    result: dict[str, object] = {}
    first_line: dict[str, int] = {}
    merged: dict[str, object] = {}
    inside = (*above, node)
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            reading.problems.append(Problem(reading.file, _place(key_node), "", "a name before the colon"))
            continue
        if key_node.tag == _TAG + "merge":
            for part in _merged(value_node, reading, inside):
                merged = part | merged
            continue
        name = key_node.value
        if name in first_line:
            reading.problems.append(
                Problem(
                    reading.file,
                    _place(key_node),
                    f"the key '{name}' a second time",
                    "each key once",
                    f"it was first given in line {first_line[name]}",
                )
            )
            continue
        first_line[name] = key_node.start_mark.line + 1
        result[name] = _value(value_node, reading, inside)
    return merged | result


def _merged(node: yaml.Node, reading: _Reading, above: tuple[yaml.Node, ...]) -> Iterator[dict[str, object]]:
    """The mappings that `<<:` names, the first one counting most."""
    for part in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        value = _value(part, reading, above)
        if isinstance(value, dict):
            yield value
        else:
            reading.problems.append(Problem(reading.file, _place(part), "", "a mapping, or a list of them, after <<:"))


def _scalar(node: yaml.Node, reading: _Reading) -> object:
    text = str(node.value)
    match node.tag.removeprefix(_TAG):
        case "str" | "merge" | "value":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int" | "float" as kind:
            return _number(text, kind)
        case "timestamp":
            return _moment(text)
    reading.problems.append(
        Problem(reading.file, _place(node), f"the tag {node.tag.replace(_TAG, '!!')}", "a plain value without a tag")
    )
    return text


def _number(text: str, kind: str) -> int | float | str:
    """The number, or the text unchanged where a tag only claims that it is one."""
    try:
        if kind == "int":
            return int(text)
        return float(text.replace(".", "", 1) if text.strip("-+.").lower() in ("inf", "nan") else text)
    except ValueError:
        return text


def _moment(text: str) -> date | datetime | str:
    """The day or moment (naive UTC); text stays text where there is no such day, for validation to name."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(re.sub(r"[Tt ]+", "T", text, count=1).replace(" ", "").replace("\t", ""))
    except ValueError:
        return text
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
