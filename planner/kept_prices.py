"""The files of prices that are kept beside a plan, under names that stay inside its folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from planner.assumptions.loaded import Loaded
from planner.assumptions.price_file import PriceFile
from planner.forecast.content import COMPRESSIONS

_KEYS = {"sites": "electricity_price", "servers": "prices", "cloud": "prices"}
"""Section → the key of its entries that names a file of prices."""


def kept_prices(loaded: Loaded, taken: Collection[str]) -> dict[str, PriceFile]:
    """Name under which it is kept → file; `taken` are names of other kept files.

    The last part of what the assumptions say, without a suffix of compression, once only.
    """
    kept: dict[str, PriceFile] = {}
    for file in {file.name: file for file in loaded.price_files.values()}.values():
        kept[_free(Path(file.name), {*taken, *kept})] = file
    return kept


def _free(said: Path, taken: Collection[str]) -> str:
    path = said.with_suffix("") if said.suffix.lower() in COMPRESSIONS else said
    candidates = [path.name, *(f"{path.stem}-{number}{path.suffix}" for number in range(2, len(taken) + 3))]
    # File systems that ignore case would take one file for another.
    used = {name.casefold() for name in taken}
    return next(name for name in candidates if name.casefold() not in used)


def with_kept_names(raw: Mapping[str, Any], kept: Mapping[str, PriceFile]) -> dict[str, Any]:
    """Assumptions as plain data, their files of prices named as they are kept."""
    names = {file.name: name for name, file in kept.items()}
    result = dict(raw)
    for section, key in _KEYS.items():
        if isinstance(raw.get(section), Mapping):
            result[section] = {
                name: {**entry, key: names[entry[key]]} if entry.get(key) in names else entry
                for name, entry in raw[section].items()
            }
    return result
