"""The files that make up one set of assumptions: a file, the file that it extends, and so on."""

from __future__ import annotations

import os
import os.path
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from planner.assumptions.figures import Figure, Tree, bare, has, plain, show, wrap
from planner.assumptions.merge import merge
from planner.assumptions.recorded import Recorded
from planner.assumptions.values import is_no
from planner.assumptions.yaml_text import read_yaml
from planner.problems import InputError, Problem

DEFAULTS_NAME = "(catalogue defaults)"
MAPPING_NAME = "assumptions"
MOST_BYTES = 2**23
"""Of an assumptions file: more than 20,000 offers."""
_MOST_LAYERS = 50


_FILE_KEYS = ("hour_of_week", "prices", "electricity_price")
"""Keys whose text names a file."""


@dataclass(frozen=True)
class Layer:
    """One file, or one mapping."""

    file: str
    tree: Tree


@dataclass(frozen=True)
class Layers:
    """What was read, the user's own file first, then what it extends."""

    name: str
    folder: Path
    layers: tuple[Layer, ...]
    problems: list[Problem] = field(default_factory=list)

    def merged(self) -> Tree:
        """One tree: each file over the one that it extends."""
        tree: Tree = {}
        for layer in reversed(self.layers):
            tree = merge(tree, layer.tree)
        return tree

    def file_of(self, path: tuple[str, ...]) -> str:
        """The file that gave the key at a path, or the innermost thing around it."""
        for length in range(len(path), 0, -1):
            for layer in self.layers:
                if has(layer.tree, path[:length]):
                    return layer.file
        return self.name


def read_layers(source: Path | str | Mapping[str, object] | Recorded | None, folder: Path | None) -> Layers:
    """Read everything. Raises InputError where some file cannot be read at all: what is left would mislead."""
    if isinstance(source, Recorded):
        return Layers(source.file, folder or source.folder, (Layer(source.file, source.layer()),))
    if source is None:
        return Layers(DEFAULTS_NAME, folder or Path(), (Layer(DEFAULTS_NAME, {"version": 1}),))
    problems: list[Problem] = []
    layers: list[Layer] = []
    if isinstance(source, Mapping):
        home, name = folder or Path(), MAPPING_NAME
        where = str(home)
        tree: Tree | None = plain(source)
    else:
        name = str(source)
        where = str(Path(source).parent)
        home = folder or Path(where)
        tree = _read(name, problems)
    # By their names and not by what is in them: a link that leads back to a file is another name for it.
    seen = [] if isinstance(source, Mapping) else [_identity(name)]
    file = name
    while tree is not None:
        wrapped, found = wrap(tree, file)
        problems += found
        parent = bare(wrapped.pop("extends", None))
        layers.append(Layer(file, _rebase(wrapped, os.path.relpath(where or ".", home))))
        if parent is None:
            return Layers(name, home, tuple(layers), problems)
        if not isinstance(parent, str) or not parent:
            problems.append(Problem(file, "extends", show(parent), "the name of one assumptions file"))
            return Layers(name, home, tuple(layers), problems)
        next_file = os.path.normpath(os.path.join(where, parent))
        identity = _identity(next_file)
        if identity in seen:
            circle = "a file that does not lead back to this one"
            problems.append(Problem(file, "extends", show(parent), circle, "the files extend each other in a circle"))
            break
        if len(layers) >= _MOST_LAYERS:
            expected = f"at most {_MOST_LAYERS} files, each extending the next"
            problems.append(Problem(file, "extends", show(parent), expected))
            break
        seen.append(identity)
        tree = _read(next_file, problems, said_by=file, said=parent)
        file, where = next_file, os.path.dirname(next_file)
    raise InputError(problems)


def _identity(file: str) -> object:
    """The same for every name of a file."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return file
    return found.st_dev, found.st_ino


def _read(file: str, problems: list[Problem], said_by: str = "", said: str = "") -> Tree | None:
    """The tree of a file, or None with a problem that says why there is none."""
    blame, place = (said_by, "extends") if said_by else (file, "")
    value = show(said) if said else ""
    try:
        text = _bytes(file, regular=bool(said_by)).decode("utf-8-sig")
    except FileNotFoundError:
        expected = f"an existing file (there is no {file})" if said else "an existing file"
        problems.append(Problem(blame, place, value or "no such file", expected))
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fix = "save the file as UTF-8"
        problems.append(Problem(file, f"line {line}", f"byte 0x{error.object[error.start]:02x}", "text in UTF-8", fix))
        return None
    except _TooLargeError:
        problems.append(Problem(file, "", "a larger file", f"at most {MOST_BYTES:,} bytes of assumptions"))
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        problems.append(Problem(blame, place, value or reason, f"a file that can be read ({reason})"))
        return None
    tree, found = read_yaml(text, file)
    problems += found
    return tree


class _TooLargeError(Exception):
    """A file has no end, or one far beyond what assumptions need."""


def _bytes(file: str, *, regular: bool) -> bytes:
    """What is in a file. `regular`: of no pipe or device, which would wait for input that nobody knows is asked for.

    Raises _TooLargeError, OSError, and ValueError for what cannot be a name.
    """
    if regular and not stat.S_ISREG(os.stat(file).st_mode):
        is_folder = os.path.isdir(file)
        raise OSError(0, "it is a folder" if is_folder else "it is a pipe or a device")
    with open(file, "rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _TooLargeError
    return content


def _rebase(tree: Tree, folder: str) -> Tree:
    """File names of an extended file in another folder, made relative to the folder of the file that extends it."""
    if folder == ".":
        return tree
    result: Tree = {}
    for name, item in tree.items():
        if name in _FILE_KEYS and isinstance(bare(item), str) and not is_no(bare(item)):
            moved = os.path.normpath(os.path.join(folder, bare(item)))
            result[name] = Figure(moved, item.source) if isinstance(item, Figure) else moved
        else:
            result[name] = _rebase(item, folder) if isinstance(item, dict) else item
    return result
