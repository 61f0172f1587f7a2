"""What makes two runs the same: their inputs by content, the options, and the versions that answer them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_ID_LENGTH = 32
_SHOWN = 8
"""Characters of the id that stand in the run's name."""
_SOLVING = ("pulp", "highspy")
_PACKAGES = ("planner", "hybrid_lp")


def versions() -> dict[str, str]:
    """Versions of the packages that find a plan, by name."""
    return {name: metadata.version(name) for name in _SOLVING}


def run_id(inputs: Mapping[str, Any]) -> str:
    """The id of a run from `inputs` of its plan.json: 32 hexadecimal digits. What files were called does not matter."""
    forecast = {name: value for name, value in inputs.get("forecast", {}).items() if name != "file"}
    same = {name: value for name, value in inputs.items() if name != "assumptions_file"} | {"forecast": forecast}
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:_ID_LENGTH]


def run_name(name: str, inputs: Mapping[str, Any]) -> str:
    """The plan's name and the beginning of the run's id: the same inputs, the same run."""
    digest = run_id(inputs)[:_SHOWN]
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return f"{slug}-{digest}" if slug else f"plan-{digest}"


@cache
def code_digest() -> str:
    """A digest of the programs that make plans: an answer is given again only by the code that gave it.

    The version alone does not tell two states of a source tree apart.
    """
    digest = hashlib.sha256()
    for package in _PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        home = Path(spec.origin).parent
        for path in sorted(home.rglob("*")):
            if path.suffix in (".py", ".yaml"):
                digest.update(str(path.relative_to(home)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:_ID_LENGTH]
