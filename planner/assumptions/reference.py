"""The reference of the assumptions file, for people and for editors, made from `schema.py`.

`python -m planner.assumptions.reference` in the root of the repository writes both files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from planner.assumptions import merge
from planner.assumptions.durations import Duration
from planner.assumptions.fields import entry_of, fields_of, list_of, map_of, unit_of
from planner.assumptions.figures import plain
from planner.assumptions.json_schema import entry_models, json_schema
from planner.assumptions.schema import Assumptions
from planner.assumptions.values import Entry

MARKDOWN = Path("docs/reference-assumptions.md")
SCHEMA = Path("planner/schemas/assumptions.schema.json")

_HEAD = """# Reference: assumptions

<!-- Made by `python -m planner.assumptions.reference` from `planner/assumptions/schema.py`: change that, not this. -->

An assumptions file is YAML. `version: 1` is the one key that every file needs (or the file that it extends).
Numbers are written plainly: `290000`, `0.1`, `1e6`; not `290,000`, `10 %` or `$5`. Shares are fractions of 1.

**Sources.** Any figure may be written `{value: 55.04, source: "AWS price list", as_of: 2026-09-10}`.

**Durations** are text: `36 months`, `1 year`, `2 weeks`, `24 hours`. Hours, days and weeks convert among each other,
months, quarters and years among each other; across the two families a month is 730 h. Lifetimes, terms and lead times
must be whole numbers of periods; a figure of the catalogue is rounded (lead times up, the others down), with a warning.

**The catalogue.** Where `servers` or `cloud` is absent, the catalogue's default set is taken; where `sites` is, its
site `default`; where `workloads` is, for each name in the forecast the profile of that name, else the profile
`default`. `{}` means none. `from: NAME` inside an entry of these four, or an entry named as in the catalogue, starts
from the catalogue's figures. Present `workloads` must list every name in the forecast.

**Other files.** `extends: other.yaml` starts from another file, named relative to the one that says it, in
whatever folder; it must be a file, no pipe or device. At most 50 files, each extending the next, of at most 8 MiB and
1,000,000 values (aliases counted as often as they are used) in at most 40 levels. Numbers are at most 1e15. Tags such
as `!!python/object` are refused, and never run.
"""


def markdown() -> str:
    """`docs/reference-assumptions.md`."""
    rule = (merge.__doc__ or "").split("The rule, here only:\n\n")[1].strip()
    parts = [_HEAD + "\nWhere two of them, or a file and the catalogue, give the same key:\n\n" + rule + "\n"]
    parts += [_section(model) for model in entry_models()]
    return "\n".join(parts)


def _section(model: type[Entry]) -> str:
    title = "The file" if model is Assumptions else f"{_where(model)}"
    rows = ["| key | title | unit | default | meaning |", "|---|---|---|---|---|"]
    rows += [_row(name, info) for name, info in fields_of(model).items()]
    intro = "Everything that a plan assumes beside the forecast." if model is Assumptions else (model.__doc__ or "")
    return f"## {title}\n\n{intro.strip()}\n\n" + "\n".join(rows) + "\n"


def _where(model: type[Entry]) -> str:
    """Where entries of a class stand in a file: `servers.NAME`, `cloud.NAME.spot`."""
    places: dict[type[Entry], str] = {Assumptions: ""}
    shared = {"LoadShape": "`demand.load_shape`, `workloads.NAME.load_shape`"}
    for owner in entry_models():
        for name, info in fields_of(owner).items():
            start = f"{places[owner]}.{name}".strip(".") if owner in places else name
            inner, mapping = entry_of(info.annotation), map_of(info.annotation)
            if inner is not None:
                places.setdefault(inner, start)
            elif mapping is not None and (below := entry_of(mapping[1])) is not None:
                places.setdefault(below, f"{start}.NAME")
            elif (item := entry_of(list_of(info.annotation))) is not None:
                places.setdefault(item, start)
    return shared.get(model.__name__) or f"`{places[model]}`"


def _row(name: str, info: FieldInfo) -> str:
    cells = (f"`{name}`", info.title or "", unit_of(info), _default(info), info.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "see meaning" if "default:" in (info.description or "") else "**required**"
    if entry_of(info.annotation) is not None and info.default is not None:
        return "see below"
    if info.default is None and "default:" in (info.description or ""):
        return "see meaning"
    return _text(info.default)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Duration) and not value.amount:
        return "0"
    return "none" if value in ({}, []) else str(plain(value))


def schema_text() -> str:
    """`planner/schemas/assumptions.schema.json`."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def main(root: Path) -> None:
    """Write both files below the root of the repository."""
    for file, text in ((MARKDOWN, markdown()), (SCHEMA, schema_text())):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path())
