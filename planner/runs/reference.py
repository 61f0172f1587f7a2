"""RUN in commands: a folder with a plan.json, or a kept run by the beginning of its id or name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.assumptions.recorded import is_kept_name
from planner.problems import InputError, Problem, nearest
from planner.runs.kept import FORECAST_FILE, KeptRun
from planner.runs.location import locate

if TYPE_CHECKING:
    from planner.runs.store import Entry, Store

PLAN_FILE = "plan.json"
_SHOWN = 5


def load_run(reference: str | Path, store: str | None = None) -> KeptRun:
    """The run that is meant. `store`: a file or URL; default PLANNER_STORE, else the user's own.

    A folder comes before a kept run of the same name. Raises InputError where there is none, where several are meant,
    or where it is damaged.
    """
    path = Path(reference)
    folder = path.parent if path.name == PLAN_FILE and path.is_file() else path
    if (folder / PLAN_FILE).is_file():
        return _from_folder(folder)
    opened = open_store(store)
    if opened is None or not str(reference):
        raise InputError([_no_run(str(reference), [])])
    return opened.read(find(opened, str(reference)).id)


def open_store(store: str | None) -> Store | None:
    """The store that is meant, None where nothing is kept."""
    location = locate(store)
    if location is None:
        return None
    from planner.runs.store import Store

    return Store(location)


def find(store: Store, reference: str) -> Entry:
    """The one kept run whose id or name begins so. Raises InputError where it is none, or not one."""
    found = store.named(reference)
    if not found:
        raise InputError([_no_run(reference, store.entries())])
    if len(found) > 1:
        names = ", ".join(f"{entry.id[:8]} ({entry.name})" for entry in found[:_SHOWN])
        expected = f"one run; {len(found)} begin so: {names}{', …' if len(found) > _SHOWN else ''}"
        raise InputError([Problem("RUN", "", f"'{reference}'", expected, "give more of the id or name")])
    return found[0]


def _no_run(reference: str, entries: list[Entry]) -> Problem:
    expected = f"a folder with a {PLAN_FILE}, or the beginning of the id or name of a kept run"
    known = [entry.name for entry in entries] + [entry.id for entry in entries]
    fix = nearest(reference, known) or ("`planner runs` lists those that are kept" if entries else "no run is kept yet")
    return Problem("RUN", "", f"'{reference}'", expected, fix)


def _from_folder(folder: Path) -> KeptRun:
    where = str(folder)
    try:
        content: Any = json.loads((folder / PLAN_FILE).read_text(encoding="utf-8"))
        return run_of(content, where, lambda name: _text(folder / "inputs" / name))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError([Problem(where, PLAN_FILE, reason, "a file that can be read")]) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError([Problem(where, PLAN_FILE, str(error), "a plan.json as the planner wrote it")]) from error


def run_of(
    content: Any, where: str, text_of: Callable[[str], str | None], code: str = "", made_at: str = ""
) -> KeptRun:
    """A run from the content of a plan.json; `text_of` gives the text of an input, or None where there is none.

    Raises InputError where it is damaged.
    """
    if not isinstance(content, dict) or not isinstance(content.get("inputs"), dict):
        raise InputError([Problem(where, PLAN_FILE, "", "a plan.json as the planner wrote it")])
    named = content["inputs"].get("files", {})
    names = [FORECAST_FILE, *(name for name in named if is_kept_name(name))] if isinstance(named, dict) else []
    texts = {name: text_of(name) for name in names}
    files = {name: text for name, text in texts.items() if text is not None}
    return KeptRun(where, content, files, code, made_at).opened()


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.is_file() else None
