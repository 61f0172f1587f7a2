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
