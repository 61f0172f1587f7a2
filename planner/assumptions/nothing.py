"""Keys without a value: where one is unknown it is a mistake too, though there is nothing to check in it."""

from __future__ import annotations

from planner.assumptions.fields import CATALOGUE_SECTIONS, entries_in, fields_of
from planner.assumptions.figures import bare, dotted
from planner.assumptions.layers import Layers
from planner.assumptions.schema import Assumptions
from planner.problems import Problem, nearest


def unknown_keys_without_value(layers: Layers) -> list[Problem]:
    """`bogus:` with nothing after it, and what YAML makes of a comma in `{price: 290,000}`: price 290 and a key 000."""
    problems = []
    for layer in layers.layers:
        for path, entry, model in entries_in(layer.tree):
            known = list(fields_of(model))
            known += ["extends"] if model is Assumptions else []
            known += ["from"] if len(path) == 2 and path[0] in CATALOGUE_SECTIONS else []
            for name, value in entry.items():
                if bare(value) is None and name not in known:
                    problems.append(_problem(layer.file, (*path, name), known))
    return problems


def _problem(file: str, path: tuple[str, ...], known: list[str]) -> Problem:
    name = path[-1]
    if name[:1].isdigit():
        expected = "a key of the format with a value"
        fix = "inside {…} a comma begins a new key: write 290000 for 290,000 and 0.5 for 0,5"
        return Problem(file, dotted(path), "nothing", expected, fix)
    fix = nearest(name, known) or "known here: " + ", ".join(known)
    return Problem(file, dotted(path), "nothing", "a key of the format with a value; this one is unknown", fix)
