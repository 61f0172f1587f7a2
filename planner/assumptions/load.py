"""An assumptions file → checked assumptions, with everything that is wrong in one list.

The stages, one module each: read the files (`layers`, `yaml_text`), merge them (`merge`), fill in the catalogue
(`complete`), make changes (`changes`), fit durations to periods (`lengths`), read files of prices (`price_files`),
validate (`schema`, `explain`), check across entries (`checks`), say what was left to defaults (`disclose`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from planner.assumptions import disclose
from planner.assumptions.changes import Changes, make_changes
from planner.assumptions.checks import Checks, check, check_currency
from planner.assumptions.checks_of_holdings import check_holdings
from planner.assumptions.complete import FileOf, complete, pinned
from planner.assumptions.explain import explain
from planner.assumptions.fields import fields_of
from planner.assumptions.figures import Figure, Tree, dotted, leaves, settle, unwrap
from planner.assumptions.layers import read_layers
from planner.assumptions.lengths import fit_lengths
from planner.assumptions.loaded import History, Loaded
from planner.assumptions.nothing import unknown_keys_without_value
from planner.assumptions.price_files import read_price_files
from planner.assumptions.recorded import Recorded
from planner.assumptions.schema import Assumptions
from planner.catalogue.reader import catalogue
from planner.problems import InputError, Problem


def load(
    source: Path | str | Mapping[str, object] | Recorded | None,
    workloads: Sequence[str] | None,
    folder: Path | None = None,
    *,
    changes: Sequence[str] = (),
    variants: Sequence[str] = (),
) -> Loaded:
    """Read assumptions from a file, a mapping of the same form, a plan's record, or (None) entirely from the catalogue.

    `workloads` are the names in the forecast; None where it could not be read, which skips the checks that need them.
    `folder` is where file names inside the assumptions are looked for; default: the file's folder, or the current one.
    `changes` are made on top, such as `cloud.*.on_demand=-20%`, after those of the `variants` named.
    Raises InputError with every problem of all files.
    """
    layers = read_layers(source, folder)
    book = catalogue()
    problems = [*layers.problems, *unknown_keys_without_value(layers)]
    completed = complete(layers.merged(), workloads, book, layers.file_of)
    problems += completed.problems
    changed = make_changes(settle(completed.tree), variants, changes)
    problems += changed.problems
    tree, file_of = changed.tree, changed.file_of(layers.file_of)
    lengths = fit_lengths(tree, file_of)
    problems += lengths.problems
    priced = read_price_files(tree, file_of, layers.folder)
    problems += priced.problems
    values: Tree = unwrap(tree)
    assumptions, found = _validated(values, file_of, completed.unfounded)
    problems += found
    checks = Checks(values, book.gpus, file_of, layers.folder)
    check(checks, workloads)
    check_holdings(checks)
    check_currency(checks, disclose.currency_keys(tree), book.currency)
    problems += checks.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    assert assumptions is not None, "validation failed without saying why"
    if workloads is not None:
        # Entries for workloads that are not in the forecast have had their warning: nothing after this sees them.
        tree["workloads"] = {name: tree["workloads"][name] for name in workloads}
        assumptions = Assumptions.model_validate(unwrap(tree))
    figures = [(dotted(path), leaf) for path, leaf in leaves(tree) if isinstance(leaf, Figure)]
    return Loaded(
        assumptions=assumptions,
        file=layers.name,
        folder=layers.folder,
        raw=_raw(pinned(unwrap(tree), book)),
        catalogue_keys=frozenset(key for key, leaf in figures if leaf.catalogue),
        sources={key: leaf.source for key, leaf in figures if leaf.source is not None},
        defaults=disclose.defaults(tree),
        warnings=(
            *lengths.warnings,
            *checks.warnings,
            *disclose.reference_warnings(tree),
            *disclose.cost_warnings(tree),
        ),
        price_files=priced.files,
        gpus=book.gpus,
        history=_history(source, variants, changed),
    )


def _history(source: object, variants: Sequence[str], changed: Changes) -> History:
    earlier = source.history if isinstance(source, Recorded) else History()
    return History(
        variants=(*earlier.variants, *variants),
        changes=(*earlier.changes, *(change.text for change in changed.applied)),
        changed=(*earlier.changed, *changed.made),
    )


def _validated(
    values: Tree, file_of: FileOf, unfounded: Collection[tuple[str, ...]]
) -> tuple[Assumptions | None, list[Problem]]:
    try:
        return Assumptions.model_validate(values), []
    except ValidationError as error:
        return None, explain(error, file_of, unfounded)


def _raw(tree: Tree) -> Tree:
    """The tree as plain data that JSON can hold too, in the order of the format."""
    return {name: _plain(tree[name]) for name in fields_of(Assumptions) if name in tree}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
