"""The files of load shapes that are kept beside a plan, under names that stay inside its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import LoadShape
from planner.forecast.content import COMPRESSIONS, content_of_file


@dataclass(frozen=True)
class KeptShape:
    """A file that assumptions name."""

    said: str
    """As the assumptions name it: with folders, and wherever it is."""
    name: str
    """As it is kept: the last part of that, without a suffix of compression, once only."""
    text: str

    @property
    def sha256(self) -> str:
        """Of what is kept."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def kept_shapes(loaded: Loaded, taken: Collection[str]) -> tuple[KeptShape, ...]:
    """Every file of a load shape, decompressed; `taken` are names of other kept files. Raises InputError."""
    workloads = (loaded.assumptions.workloads or {}).values()
    shapes = [loaded.assumptions.demand.load_shape, *(workload.load_shape for workload in workloads)]
    files = [shape.hour_of_week for shape in shapes if isinstance(shape, LoadShape) and shape.hour_of_week]
    kept: list[KeptShape] = []
    for said in dict.fromkeys(files):
        with content_of_file(loaded.folder / said, said).open() as stream:
            text = stream.read().decode("utf-8")
        name = _free(Path(said), {*taken, *(shape.name for shape in kept)})
        kept.append(KeptShape(said, name, text))
    return tuple(kept)


def _free(said: Path, taken: Collection[str]) -> str:
    path = said.with_suffix("") if said.suffix.lower() in COMPRESSIONS else said
    candidates = [path.name, *(f"{path.stem}-{number}{path.suffix}" for number in range(2, len(taken) + 3))]
    # File systems that ignore case would take one file for another.
    used = {name.casefold() for name in taken}
    return next(name for name in candidates if name.casefold() not in used)


def with_kept_names(raw: Mapping[str, Any], kept: Collection[KeptShape]) -> dict[str, Any]:
    """Assumptions as plain data, their files of load shapes named as they are kept."""
    names = {shape.said: shape.name for shape in kept}

    def renamed(entry: Mapping[str, Any]) -> dict[str, Any]:
        shape = entry.get("load_shape")
        if not isinstance(shape, Mapping) or shape.get("hour_of_week") not in names:
            return dict(entry)
        return {**entry, "load_shape": {**shape, "hour_of_week": names[shape["hour_of_week"]]}}

    result = dict(raw)
    if isinstance(raw.get("demand"), Mapping):
        result["demand"] = renamed(raw["demand"])
    if isinstance(raw.get("workloads"), Mapping):
        result["workloads"] = {name: renamed(entry) for name, entry in raw["workloads"].items()}
    return result
