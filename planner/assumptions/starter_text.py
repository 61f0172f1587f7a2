"""Writing an assumptions tree as YAML for people: every key with its unit and meaning, every figure with its source."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml
from pydantic.fields import FieldInfo

from planner.assumptions.fields import entry_of, fields_of, list_of, map_of, unit_of
from planner.assumptions.figures import Figure, Path, Tree, plain
from planner.assumptions.schema import Assumptions
from planner.assumptions.values import Entry
from planner.assumptions.yaml_text import read_yaml

TODO = "TODO"
"""Stands where a value is missing: no number, so that `planner check` asks for it."""

_WIDTH = 110
_LONGEST_SIMPLE_KEY = 400
_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/-]*[A-Za-z0-9])?")
_HEAD = """\
# Assumptions to begin with, from the planner's catalogue. Nothing in it is about your organisation: put in your own
# prices, and begin with what is marked CHECK or TODO. `planner check FORECAST -a THIS_FILE` says what is wrong.
# Keys that begin with # are optional: they show what the planner takes without them. Shares are fractions of 1.
# Any figure may be a plain number, or {value: 55.04, source: "AWS price list", as_of: 2026-09-10}.
"""


def write(tree: Tree, notes: Mapping[Path, str], currency: str) -> str:
    """The tree as YAML. Each key is explained where it stands first. `notes`: what else to say above a key."""
    writer = _Writer(notes, currency)
    writer.entry(tree, Assumptions, (), "")
    return _HEAD + "\n".join(writer.lines) + "\n"


class _Writer:
    """Gathers the lines."""

    def __init__(self, notes: Mapping[Path, str], currency: str) -> None:
        self.lines: list[str] = []
        self._notes, self._currency = notes, currency
        self._explained: set[type[Entry]] = set()

    def entry(self, tree: Tree, model: type[Entry], path: Path, pad: str) -> None:
        """The keys of an entry; the first of its kind also shows the keys that are not given."""
        explain = model not in self._explained
        self._explained.add(model)
        for name, info in fields_of(model).items():
            given = name in tree
            if not path and any(kind(info.annotation) is not None for kind in (entry_of, map_of, list_of)):
                self.lines.append("")
            if explain and (given or not info.is_required()):
                self._comment(self._meaning(info), pad)
            if note := self._notes.get((*path, name)):
                self._comment(note, pad)
            if given:
                self._key(name, tree[name], info, (*path, name), pad, "" if explain else self._unit(info))
            elif explain and not info.is_required():
                self.lines.append(f"{pad}# {name}: {_default(info)}")

    def _key(self, name: str, value: Any, info: FieldInfo, path: Path, pad: str, unit: str) -> None:
        inner, mapping = entry_of(info.annotation), map_of(info.annotation)
        if inner is not None and isinstance(value, dict):
            self.lines.append(f"{pad}{name}:")
            self.entry(value, inner, path, pad + "  ")
        elif mapping is not None and isinstance(value, dict) and value:
            self.lines.append(f"{pad}{name}:" + (f"  # {unit}" if unit else ""))
            for key, below in value.items():
                self._item(key, below, entry_of(mapping[1]), (*path, key), pad + "  ")
        else:
            self.lines.append(f"{pad}{name}: {_scalar(value)}" + (f"  # {unit}" if unit else ""))

    def _item(self, key: str, value: Any, model: type[Entry] | None, path: Path, pad: str) -> None:
        """One of the entries, or values, of a key with free names."""
        text = quoted(key)
        # YAML allows a key before a colon no more than 1,024 characters.
        start = f"{pad}{text}:" if len(text) <= _LONGEST_SIMPLE_KEY else f"{pad}? {text}\n{pad}:"
        if model is None:
            self.lines.append(f"{start} {_scalar(value)}")
            return
        self.lines.append(start)
        self.entry(value, model, path, pad + "  ")

    def _comment(self, text: str, pad: str) -> None:
        self.lines += [f"{pad}# {line}" for line in textwrap.wrap(text, _WIDTH - len(pad))]

    def _meaning(self, info: FieldInfo) -> str:
        unit = self._unit(info)
        return f"{info.title}{f' [{unit}]' if unit else ''}: {info.description}"

    def _unit(self, info: FieldInfo) -> str:
        return re.sub(r"\bcurrency\b", self._currency, unit_of(info))


def _default(info: FieldInfo) -> str:
    if entry_of(info.annotation) is not None and info.default is not None:
        return "{}"
    value = plain(info.get_default(call_default_factory=True))
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A value on one line."""
    match value:
        case Figure(source=None):
            return _scalar(value.value)
        case Figure():
            source = value.source
            as_of = f", as_of: {source.as_of}" if source and source.as_of else ""
            return f"{{value: {_scalar(value.value)}, source: {quoted(source.source if source else '')}{as_of}}}"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case list():
            return "[" + ", ".join(_scalar(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{quoted(str(key))}: {_scalar(item)}" for key, item in value.items()) + "}"
    return value.isoformat() if isinstance(value, date) else repr(value)


def _is_text(text: str) -> bool:
    """Do readers of older YAML take it for text too? By its form alone: `2027-02-30` they take for a day."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str" and node.value == text


def quoted(text: str) -> str:
    r"""Text as YAML on one line, in quotes where it would be read as something else.

    >>> quoted("chat-70b"), quoted("no: 1"), quoted("2027"), quoted("a\nb")
    ('chat-70b', '"no: 1"', '"2027"', '"a\\nb"')
    """
    if _SAFE.fullmatch(text) and read_yaml(f"key: {text}", "")[0] == {"key": text} and _is_text(text):
        return text
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return dumped.removesuffix("\n")
