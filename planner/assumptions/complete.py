"""What a file leaves to the catalogue: sections that are absent, and entries that start from its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from planner.assumptions.fields import CATALOGUE_SECTIONS, section_model
from planner.assumptions.figures import Path, Tree, bare, dotted, show, wrap
from planner.assumptions.merge import merge_entry, pin
from planner.catalogue.reader import Catalogue
from planner.problems import Problem, nearest

FileOf = Callable[[Path], str]
"""The file that gave the key at a path."""


@dataclass
class Completed:
    """A tree with the catalogue's figures filled in."""

    tree: Tree
    problems: list[Problem] = field(default_factory=list)
    unfounded: set[Path] = field(default_factory=set)
    """Section and name of entries that start from a name that the catalogue does not have."""


def complete(tree: Tree, workloads: Sequence[str] | None, book: Catalogue, file_of: FileOf) -> Completed:
    """Fill in what the file leaves to the catalogue; `workloads` are the forecast's, None where they are not known."""
    result = Completed(dict(tree))
    for section in CATALOGUE_SECTIONS:
        given = tree.get(section)
        if given is None:
            result.tree[section] = _absent(section, workloads, book)
        elif isinstance(given, dict):
            result.tree[section] = {
                name: _entry((section, name), entry, book, file_of, result) for name, entry in given.items()
            }
    return result


def _absent(section: str, workloads: Sequence[str] | None, book: Catalogue) -> Tree:
    """What a section is where the file has none: the catalogue's default set, or a profile for every workload."""
    if section == "workloads":
        profiles = {name: name if name in book.workloads else book.default_workload for name in (workloads or ())}
        return {name: _from_catalogue(section, profile, book) for name, profile in profiles.items()}
    names: Iterable[str] = {
        "servers": book.default_servers,
        "cloud": book.default_cloud,
        "sites": (book.default_site,),
    }[section]
    return {name: _from_catalogue(section, name, book) for name in names}


def _from_catalogue(section: str, name: str, book: Catalogue) -> Tree:
    tree, _ = wrap(dict(book.entries(section)[name]), "catalogue", catalogue=True)
    return tree


def _entry(path: Path, entry: object, book: Catalogue, file_of: FileOf, result: Completed) -> object:
    """One entry over the catalogue's entry that it names by `from`, or by its own name."""
    if entry is None:
        entry = {}
    if not isinstance(entry, dict):
        return entry
    section, name = path
    known = book.entries(section)
    own = {key: value for key, value in entry.items() if key != "from"}
    start = bare(entry.get("from"))
    if start is None:
        start = name if name in known else None
    elif not isinstance(start, str) or start not in known:
        place = (*path, "from")
        fix = nearest(str(start), known) or "the catalogue has " + ", ".join(known)
        expected = f"a name of the catalogue's {section}"
        result.problems.append(Problem(file_of(place), dotted(place), show(start), expected, fix))
        result.unfounded.add(path)
        return own
    return own if start is None else merge_entry(_from_catalogue(section, start, book), own, section_model(section))


def pinned(tree: Tree, book: Catalogue) -> Tree:
    """The tree so that reading it again takes nothing from the catalogue."""
    result = dict(tree)
    for section in CATALOGUE_SECTIONS:
        known = book.entries(section)
        result[section] = {
            name: pin(entry, dict(known[name]), section_model(section)) if name in known else entry
            for name, entry in tree.get(section, {}).items()
        }
    return result
