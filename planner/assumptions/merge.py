"""What happens where two trees give the same key. The rule, here only:

- Sections, and entries in them, merge key by key.
- Inside an entry a key that is given replaces the value whole; so do maps with free names (`resale`, `speed`,
  `throughput`, `reserved`) and lists. Only a key that is itself an entry with fixed keys (`spot`, `staff`,
  `horizon.projection`; `horizon`, `finance` and `demand` themselves) merges key by key.
- A section given as `{}` means none: nothing of it is inherited.
- A key set to null goes back to absent, whatever it would have been inherited from, the catalogue too.
- An entry set to null is removed if another file gave it; otherwise it is an entry that changes nothing.
"""

from __future__ import annotations

from planner.assumptions.fields import entry_of, fields_of, map_of
from planner.assumptions.figures import Tree
from planner.assumptions.schema import Assumptions
from planner.assumptions.values import Entry


def merge(below: Tree, above: Tree) -> Tree:
    """Two assumptions trees, `above` overriding."""
    result = dict(below)
    for name, value in above.items():
        info = fields_of(Assumptions).get(name)
        mapping = map_of(info.annotation) if info is not None else None
        model = entry_of(info.annotation) if info is not None else None
        old = below.get(name)
        if value is None:
            result.pop(name, None)
        elif not (isinstance(old, dict) and isinstance(value, dict)):
            result[name] = value
        elif model is not None:
            result[name] = merge_entry(old, value, model)
        elif mapping is not None and not value:
            result[name] = {}
        elif mapping is not None:
            result[name] = _merge_section(old, value, entry_of(mapping[1]))
        else:
            result[name] = value
    return result


def _merge_section(below: Tree, above: Tree, model: type[Entry] | None) -> Tree:
    result = dict(below)
    for name, entry in above.items():
        old = below.get(name)
        if entry is None and name in below:
            del result[name]
        elif model is not None and isinstance(old, dict) and isinstance(entry, dict):
            result[name] = merge_entry(old, entry, model)
        else:
            result[name] = entry
    return result


def merge_entry(below: Tree, above: Tree, model: type[Entry]) -> Tree:
    """Two trees of one entry. A key set to null stays as null, so that it hides what lies still further below."""
    result = dict(below)
    for name, value in above.items():
        info = fields_of(model).get(name)
        inner = entry_of(info.annotation) if info is not None else None
        old = below.get(name)
        if inner is not None and isinstance(old, dict) and isinstance(value, dict):
            result[name] = merge_entry(old, value, inner)
        else:
            result[name] = value
    return result


def pin(final: Tree, base: Tree, model: type[Entry]) -> Tree:
    """`final`, with a null for every key that reading it again would otherwise take from `base`."""
    result = dict(final)
    for name, value in base.items():
        info = fields_of(model).get(name)
        inner = entry_of(info.annotation) if info is not None else None
        if name not in final:
            result[name] = None
        elif inner is not None and isinstance(value, dict) and isinstance(final[name], dict):
            result[name] = pin(final[name], value, inner)
    return result
