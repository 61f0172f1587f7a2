"""The files that assumptions name, kept beside a plan under names that stay inside its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from planner.assumptions.loaded import Loaded
from planner.assumptions.schema import LoadShape
from planner.forecast.content import COMPRESSIONS, content_of_file

_PRICE_KEYS = {"sites": "electricity_price", "servers": "prices", "cloud": "prices"}
"""Section → the key of its entries that names a file of prices."""


@dataclass(frozen=True)
class KeptFile:
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


def kept_files(loaded: Loaded, taken: Collection[str]) -> tuple[KeptFile, ...]:
    """Every load shape and every file of prices, decompressed; `taken` are names of other kept files.

    Raises InputError for a file that can no longer be read.
    """
    texts: dict[str, str] = {}
    for said in _shapes(loaded):
        with content_of_file(loaded.folder / said, said).open() as stream:
            texts[said] = stream.read().decode("utf-8-sig")
    texts |= {file.name: file.text for file in loaded.price_files.values()}
    kept: list[KeptFile] = []
    for said, text in texts.items():
        kept.append(KeptFile(said, free_name(said, {*taken, *(file.name for file in kept)}), text))
    return tuple(kept)


def _shapes(loaded: Loaded) -> Iterator[str]:
    workloads = (loaded.assumptions.workloads or {}).values()
    for shape in (loaded.assumptions.demand.load_shape, *(workload.load_shape for workload in workloads)):
        if isinstance(shape, LoadShape) and shape.hour_of_week:
            yield shape.hour_of_week


def free_name(said: str, taken: Collection[str]) -> str:
    """The last part of a file's name, without a suffix of compression, and unlike the names that are taken.

    >>> free_name("../shape.csv.gz", ["shape.csv"])
    'shape-2.csv'
    """
    path = PurePosixPath(PureWindowsPath(said).name or "file")
    path = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
    candidates = [path.name, *(f"{path.stem}-{number}{path.suffix}" for number in range(2, len(taken) + 3))]
    # File systems that ignore case would take one file for another.
    used = {name.casefold() for name in taken}
    return next(name for name in candidates if name.casefold() not in used)


def with_kept_names(raw: Mapping[str, Any], kept: Collection[KeptFile]) -> dict[str, Any]:
    """Assumptions as plain data, their files named as they are kept."""
    names = {file.said: file.name for file in kept}

    def shaped(entry: Any) -> Any:
        shape = entry.get("load_shape") if isinstance(entry, Mapping) else None
        if not isinstance(shape, Mapping) or shape.get("hour_of_week") not in names:
            return entry
        return {**entry, "load_shape": {**shape, "hour_of_week": names[shape["hour_of_week"]]}}

    def priced(entry: Any, key: str) -> Any:
        named = isinstance(entry, Mapping) and isinstance(entry.get(key), str) and entry[key] in names
        return {**entry, key: names[entry[key]]} if named else entry

    result = dict(raw)
    if "demand" in raw:
        result["demand"] = shaped(raw["demand"])
    if isinstance(raw.get("workloads"), Mapping):
        result["workloads"] = {name: shaped(entry) for name, entry in raw["workloads"].items()}
    for section, key in _PRICE_KEYS.items():
        if isinstance(raw.get(section), Mapping):
            result[section] = {name: priced(entry, key) for name, entry in raw[section].items()}
    return result
