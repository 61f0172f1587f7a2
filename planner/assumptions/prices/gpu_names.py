"""GPU names as price lists write them → the names of the catalogue's table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from planner.assumptions.prices.quotes import Refused
from planner.catalogue.gpu import Gpu

_NOISE = re.compile(
    r"\b(nvidia|amd|instinct|tesla|geforce|hgx|sxm[0-9]?|pcie|oam|nvl|mega|hbm[0-9]?e?|generation|tensor|core|gpus?)\b"
)
_GLUED = re.compile(r"(?<=[0-9])(nvl|sxm|pcie)")
_MEMORY = re.compile(r"\b([0-9]{1,4}) ?gi?b\b")
_MAKER = re.compile(r"\b(nvidia|amd|instinct|tesla|geforce)\b")
_ALSO = {"rtxa6000": "A6000"}
"""What lists call a GPU of the table, squeezed, where it is not the table's name."""
_LIKE = Decimal("0.12")
"""Sizes that differ by less are the same memory: 22,888 MiB is what a 24 GB GPU reports."""
_SLICE = Decimal("0.7")
"""A GPU of the table with less than this share of its memory is a part of one."""
_CLOSE = Decimal("0.02")
"""As `_LIKE`, between memories of one GPU that are near each other."""
_VARIANTS = {"A100": (80, _LIKE, "A100-80GB"), "H100": (94, _CLOSE, "H100-NVL")}
"""GPUs that the table has under two names: the memory of the second, how close, its name."""
_LARGER = (("V100", 32),)
"""Variants with more memory that the table has under one name."""


@dataclass(frozen=True)
class GpuName:
    """A GPU under the name to plan with."""

    name: str
    memory_gb: Decimal | None
    """Per GPU; None: as in the catalogue's table."""


def resolve(said: str, memory_gb: Decimal | None, table: Mapping[str, Gpu]) -> GpuName:
    """The GPU that a list means by a name and, where it says so, the memory per GPU.

    Raises Refused for a part of a GPU, and for a GPU outside the table whose memory is not known.
    """
    words = _GLUED.sub(r" \1", re.sub(r"[\s_/-]+", " ", said.strip().lower()))
    stated = _MEMORY.search(words)
    if memory_gb is None and stated:
        memory_gb = Decimal(stated[1])
    words = _MEMORY.sub(" ", words)
    # With its form first: the table has one GPU in two of them.
    name = _known(_MAKER.sub(" ", words), table) or _known(_NOISE.sub(" ", words), table)
    if name is None:
        kept = _kept(said)
        if memory_gb is None or memory_gb <= 0:
            raise Refused("GPU outside the catalogue's table whose memory the list does not say", kept)
        return GpuName(kept, _rounded(memory_gb))
    if memory_gb is None:
        return GpuName(name, None)
    if name in _VARIANTS:
        size, within, variant = _VARIANTS[name]
        if variant in table and _close(memory_gb, Decimal(size), within):
            return GpuName(variant, None)
    own = Decimal(str(table[name].memory_gb))
    if memory_gb < _SLICE * own:
        raise Refused("part of a GPU", f"{name} with {memory_gb:.4g} GB")
    for variant_of, size in _LARGER:
        if variant_of == name and _close(memory_gb, Decimal(size), _CLOSE):
            return GpuName(name, Decimal(size))
    # Anything else is the memory of all GPUs together, or a slip (one list gives L4s 179 GB): the table knows better.
    return GpuName(name, None)


def _known(words: str, table: Mapping[str, Gpu]) -> str | None:
    squeezed = words.replace(" ", "")
    squeezed = _ALSO.get(squeezed, squeezed).lower()
    return next((name for name in table if name.lower().replace("-", "") == squeezed), None)


def _kept(said: str) -> str:
    """The name as the list has it, without the maker."""
    text = re.sub(r"^(nvidia|amd)[\s_-]+|\b(geforce|tesla|instinct)[\s_-]+", "", said.strip(), flags=re.IGNORECASE)
    return text or said


def _close(one: Decimal, other: Decimal, within: Decimal = _LIKE) -> bool:
    return abs(one - other) <= within * other


def _rounded(memory_gb: Decimal) -> Decimal:
    return memory_gb.quantize(Decimal("0.01")).normalize()
