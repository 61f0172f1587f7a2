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
_SPELLINGS = {"rtx 4090": "RTX4090", "rtx 5090": "RTX5090", "rtx 3090": "RTX3090"}
_LIKE = Decimal("0.12")
"""Sizes that differ by less are the same memory: 22,888 MiB is what a 24 GB GPU reports."""
_SLICE = Decimal("0.7")
"""A GPU of the table with less than this share of its memory is a part of one."""
_VARIANTS = {"A100": {80: "A100-80GB"}}
"""GPUs that the table has under two names, by memory."""
_LARGER = (("V100", 32), ("H100", 94))
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
    bare = " ".join(_NOISE.sub(" ", _MEMORY.sub(" ", words)).split())
    name = _known(bare, table)
    if name is None:
        kept = _kept(said)
        if memory_gb is None or memory_gb <= 0:
            raise Refused("GPU outside the catalogue's table whose memory the list does not say", kept)
        return GpuName(kept, _rounded(memory_gb))
    if memory_gb is None:
        return GpuName(name, None)
    for size, variant in _VARIANTS.get(name, {}).items():
        if variant in table and _close(memory_gb, Decimal(size)):
            return GpuName(variant, None)
    own = Decimal(str(table[name].memory_gb))
    if memory_gb < _SLICE * own:
        raise Refused("part of a GPU", f"{name} with {memory_gb:.4g} GB")
    for variant_of, size in _LARGER:
        if variant_of == name and _close(memory_gb, Decimal(size), Decimal("0.02")):
            return GpuName(name, Decimal(size))
    # Anything else is the memory of all GPUs together, or a slip (one list gives L4s 179 GB): the table knows better.
    return GpuName(name, None)


def _known(bare: str, table: Mapping[str, Gpu]) -> str | None:
    squeezed = bare.replace(" ", "")
    return next((name for name in table if name.lower().replace("-", "") == squeezed), None)


def _kept(said: str) -> str:
    """The name as the list has it, without the maker, spelt like ours where that is only a matter of blanks."""
    text = re.sub(r"^(nvidia|amd)[\s_-]+|\b(geforce|tesla|instinct)[\s_-]+", "", said.strip(), flags=re.IGNORECASE)
    return _SPELLINGS.get(text.lower(), text) or said


def _close(one: Decimal, other: Decimal, within: Decimal = _LIKE) -> bool:
    return abs(one - other) <= within * other


def _rounded(memory_gb: Decimal) -> Decimal:
    return memory_gb.quantize(Decimal("0.01")).normalize()
