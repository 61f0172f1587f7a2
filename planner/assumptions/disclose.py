"""What the user did not say: defaults that were used, and costs that are 0 because nobody gave them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from planner.assumptions.checks import default_reference_gpu
from planner.assumptions.fields import (
    CATALOGUE_SECTIONS,
    entry_of,
    extra,
    fields_of,
    list_of,
    map_of,
    section_model,
    unit_of,
)
from planner.assumptions.figures import Figure, Path, Tree, dotted, leaves, plain, unwrap
from planner.assumptions.loaded import Default
from planner.assumptions.schema import Assumptions
from planner.assumptions.units import unit_at
from planner.assumptions.values import Entry

_NAMED = ("providers", "spend_commitments", "apis")
_LISTED = ("fleet", "held_commitments")
_NOT_FIGURES = ("version", "name", "decisions", "variants", *_NAMED, *_LISTED, *CATALOGUE_SECTIONS)


@dataclass(frozen=True)
class Gap:
    """A key that neither the user nor the catalogue gave."""

    path: Path
    info: FieldInfo

    @property
    def value(self) -> Any:
        """The format's default, as it would stand in a file."""
        return plain(self.info.get_default(call_default_factory=True))


def in_use(tree: Tree) -> list[Path]:
    """Section and name of the entries that matter to the plan: sites only with servers, and servers only with sites."""
    apart = not tree.get("servers") or not tree.get("sites")
    return [
        (section, name)
        for section in CATALOGUE_SECTIONS
        if not (apart and section in ("servers", "sites")) and isinstance(tree.get(section), dict)
        for name, entry in tree[section].items()
        if isinstance(entry, dict)
    ]


def gaps(tree: Tree) -> list[Gap]:
    """Every key that is left to the format's default, in the order of the format, for entries in use."""
    result: list[Gap] = []
    for name, info in fields_of(Assumptions).items():
        if name in _NOT_FIGURES:
            continue
        model = entry_of(info.annotation)
        if model is not None:
            result += _gaps(tree.get(name, {}), model, (name,))
        elif name not in tree:
            result.append(Gap((name,), info))
    for section, name in in_use(tree):
        result += _gaps(tree[section][name], section_model(section), (section, name))
    for section in _NAMED:
        known = _providers(tree) if section == "providers" else tree.get(section, {})
        for name, entry in known.items():
            result += _gaps(entry, section_model(section), (section, name))
    for section in _LISTED:
        model = entry_of(list_of(fields_of(Assumptions)[section].annotation))
        for number, entry in enumerate(tree.get(section, []), 1):
            assert model is not None
            result += _gaps(entry, model, (section, str(number)))
    return result


def _providers(tree: Tree) -> Tree:
    """The entries of providers, empty for those that only offers name."""
    selling = [unwrap(offer.get("provider")) for offer in (tree.get("cloud") or {}).values()]
    given: Tree = tree.get("providers", {})
    return {name: {} for name in selling} | given


def _gaps(entry: Any, model: type[Entry], above: Path) -> Iterator[Gap]:
    if not isinstance(entry, dict):
        return
    for name, info in fields_of(model).items():
        inner, mapping = entry_of(info.annotation), map_of(info.annotation)
        if name not in entry:
            if not info.is_required():
                yield Gap((*above, name), info)
        elif inner is not None:
            yield from _gaps(entry[name], inner, (*above, name))
        elif name == "reserved" and mapping is not None and isinstance(entry[name], dict):
            for option, terms in entry[name].items():
                kind = entry_of(mapping[1])
                if kind is not None:
                    yield from _gaps(terms, kind, (*above, name, option))


def catalogue_figures(tree: Tree) -> list[tuple[Path, Figure]]:
    """Figures that are the catalogue's, for entries in use."""
    return [
        ((*above, *path), leaf)
        for above in in_use(tree)
        for path, leaf in leaves(tree[above[0]][above[1]])
        if isinstance(leaf, Figure) and leaf.catalogue
    ]


def currency_keys(tree: Tree) -> list[str]:
    """Keys with prices of the catalogue in use; nothing is nothing in every currency."""
    return [
        dotted(path)
        for path, leaf in catalogue_figures(tree)
        if leaf.value != 0 and unit_at(path).startswith("currency")
    ]


def defaults(tree: Tree) -> tuple[Default, ...]:
    """Everything that the user did not give: the format's defaults, then the catalogue's figures."""
    formats = [Default(dotted(gap.path), gap.value, unit_of(gap.info), "default") for gap in gaps(tree)]
    figures = [
        Default(dotted(path), unwrap(leaf.value), unit_at(path), "catalogue") for path, leaf in catalogue_figures(tree)
    ]
    return (*formats, *figures)


def cost_warnings(tree: Tree) -> list[str]:
    """One warning for each cost that is 0 because nobody gave it, naming the entries."""
    missing: dict[str, list[str]] = {}
    for gap in gaps(tree):
        if extra(gap.info, "cost"):
            missing.setdefault(gap.path[-1], []).append(dotted(gap.path[:-1]))
    return [
        f"{key} is {'not given, so costs nothing,' if key == 'staff' else '0'} by default for {', '.join(places)}"
        for key, places in missing.items()
    ]


def reference_warnings(tree: Tree) -> list[str]:
    """A reference GPU that nobody chose is a warning where speeds follow from it."""
    reference = default_reference_gpu()
    supplied = {
        str(unwrap(entry.get("gpu")))
        for section in ("servers", "cloud")
        for entry in (tree.get(section) or {}).values()
        if isinstance(entry, dict) and entry.get("gpu") is not None
    }
    workloads: list[str] = []
    others: set[str] = set()
    for name, entry in (tree.get("workloads") or {}).items():
        if not isinstance(entry, dict) or "reference_gpu" in entry:
            continue
        speed = entry.get("speed", {})
        unlisted = supplied - {reference} - (set(speed) if isinstance(speed, dict) else set())
        if unlisted:
            workloads.append(f"workloads.{name}")
            others |= unlisted
    if not workloads:
        return []
    return [
        f"reference_gpu is {reference} by default for {', '.join(workloads)}: their demand is counted in its "
        f"GPU-hours, and the speed of {', '.join(sorted(others))} follows from it"
    ]
