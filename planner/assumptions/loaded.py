"""What reading an assumptions file gives: the checked figures, and where each came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.assumptions.price_file import PriceFile
from planner.assumptions.schema import Assumptions
from planner.catalogue.gpu import Gpu


@dataclass(frozen=True)
class Source:
    """Where a figure comes from, and of what day it is."""

    source: str
    as_of: str = ""


@dataclass(frozen=True)
class Default:
    """A figure that the user did not give."""

    key: str
    """Dotted, such as `servers.hgx-h100-8.price`."""
    value: Any
    """As in the file: a number, text, or None where the key is absent."""
    unit: str
    origin: str
    """`catalogue` (a figure of the catalogue) or `default` (the format's default)."""


@dataclass(frozen=True)
class Changed:
    """A figure that a change (`--set`, or part of a variant) replaced."""

    path: tuple[str, ...]
    before: Any
    """Plain data; None where there was nothing."""
    after: Any
    change: str
    """The change as the user wrote it."""
    label: str
    """As messages call the change."""

    @property
    def key(self) -> str:
        """Dotted."""
        return ".".join(self.path)


@dataclass(frozen=True)
class History:
    """How assumptions came to be what they are, from the file on; reruns go on with the history of their base."""

    variants: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    """In the order in which they were made, those of variants included."""
    changed: tuple[Changed, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """Assumptions ready to use."""

    assumptions: Assumptions
    """`workloads` is always filled in here: one entry for every workload of the forecast."""
    file: str
    """Name of the file as the user wrote it, or `assumptions` for a mapping, or `(catalogue defaults)`."""
    folder: Path
    """Against which file names inside the assumptions are resolved."""
    raw: Mapping[str, Any]
    """The complete merged tree as plain YAML data (catalogue figures included): planning it again gives the same."""
    catalogue_keys: frozenset[str]
    """Dotted keys whose figure is the catalogue's, not the user's."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Dotted key → source, for figures that name one (the user's and the catalogue's)."""
    defaults: tuple[Default, ...] = ()
    warnings: tuple[str, ...] = ()
    price_files: Mapping[str, PriceFile] = field(default_factory=dict)
    """Files of prices, by the dotted key that names each: `sites.lab.electricity_price`, `servers.x.prices`."""
    gpus: Mapping[str, Gpu] = field(default_factory=dict)
    """The catalogue's table of GPUs, by name."""
    history: History = field(default_factory=History)
    """The changes that were made."""
