"""Where runs are kept: `--store`, else PLANNER_STORE, else the user's data folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "PLANNER_STORE"
OFF = "none"
"""As PLANNER_STORE or --store: nothing is kept."""

_FOLDER = "hybrid-gpu-planner"
_FILE = "runs.sqlite"


@dataclass(frozen=True)
class Location:
    """A store, which need not exist yet."""

    url: str
    """A database URL, as SQLAlchemy reads it."""
    shown: str
    """As messages call it: the file, or the URL without its password."""
    is_chosen: bool
    """Did the user name it? Then it must work; the default one is a convenience."""


def locate(store: str | None, environment: Mapping[str, str] = os.environ) -> Location | None:
    """The store that is meant, None where nothing is to be kept. A text without `://` is a file."""
    named = store or environment.get(VARIABLE) or ""
    if named.lower() == OFF:
        return None
    if "://" in named:
        scheme, _, rest = named.partition("://")
        shown = f"{scheme}://{rest.rpartition('@')[2]}"
        return Location(named, shown.removeprefix("sqlite:///"), is_chosen=True)
    if named:
        return Location(f"sqlite:///{Path(named).absolute()}", named, is_chosen=True)
    from platformdirs import user_data_path

    path = user_data_path(_FOLDER, appauthor=False) / _FILE
    return Location(f"sqlite:///{path}", str(path), is_chosen=False)
