"""The grammar of mutations: what may happen to a file on its way to the planner.

Every function takes the source of randomness first, so that a seed and a number make the same case again.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pandas as pd
import yaml

TOKENS = [
    *("", " ", "0", "-0", "-1", "1e308", "-1e308", "1e999", "1e-320", "5e-324", "1e15", "9" * 20, "9" * 400, "0x10"),
    *("nan", "NaN", ".nan", "inf", ".inf", "-.inf", "null", "~", "true", "None", "NA", "1,5", "1_000", "50%", "½"),
    *("١٢", "１２", "³", "+3", "3.", "1e", "[]", "{}", "[1, 2]", "{a: 1}", "{value: 3}", "{value: {value: 1}}"),
    *("!!python/object/apply:os.system [id]", "!!binary aGk=", "!!set {a}", "!!int x", "&a [*a]", "*a", "<<", "- -"),
    *("2027-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "2262-04-12", "1677-09-20"),
    *("2027-01-04T25:00", "2027-01-04T00:30", "2027-01-04T00:00+14:00", "2027-W01", "2027", "2027-01"),
    *("1767225600", "0 months", "1.5 months", "999999999999 years", "-3 months", "36 months", "3 days", "1 hour"),
    *("P3M", "month", "hour", "day", "year", "flat", "resale", "H100", "A100-80GB", "on_demand", "spot", "default"),
    *("catalogue", "=cmd|' /C calc'!A0", "@SUM(1)", "../../escape", "/etc/passwd", "/dev/zero", "/dev/stdin", "."),
    *("..", "/", "a/b", "a\\b", "a.b", "a b", " a", "a:b", "a#b", "*", "?", "[", "$(id)", "%s%n", "{0}", "<script>"),
    *("--force", "\x1b[31mred", "\x00", "\x07", "\x85", "\u2028", "\u202eevil", "\ufeff", "e\u0301", "🚀", "\n"),
    *("\r\n", "\t", "'", '"', '""', "|", ";", ",", "#", "x" * 10_000, "é" * 300),
]  # fmt: skip
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 3, 0.5, 1e308, -1e308, 1e15, 5e-324, 10**20, 10**400, float("nan"), float("inf")),
    *("", [], {}, [[]], {"": 1}, [None], {"value": 1}, {"value": None, "source": 3}, [1, "a", {}], {"a": {"b": {}}}),
    *("from", "month", "hour", "year", "1 month", "3 days", "2027-01-04", "H100", "default", "x" * 10_000, "a\x00b"),
]  # fmt: skip
PIECES = [
    *(b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b"'", b"|", b",", b";", b":", b"\n", b"\r", b"\r\n"),
    *(b"\t", b"- ", b"  ", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"!!", b"---\n", b"...", b"#", b"%", b"@", b"`"),
    *(b"?", b"null", b"-1", b"nan", b"1e999", b"9" * 30, b"\xf0\x9f\x9a\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\x1a"),
]  # fmt: skip


def mutate(random: Random, name: str, content: bytes, other: bytes) -> bytes:
    """One mutation of a file, of a kind that suits its name; `other` is another file, to splice with."""
    suited: list[Callable[[Random, bytes], bytes]] = [as_bytes, as_text]
    for suffix, changes in BY_SUFFIX.items():
        if name.endswith(suffix):
            suited = [*suited, *changes]
    if random.random() < 0.03:
        return splice(random, content, other)
    try:
        return random.choice(suited)(random, content)
    except Exception:  # of any library, where an earlier mutation left nothing that this one can read or write
        return as_bytes(random, content)


# Bytes


def as_bytes(random: Random, content: bytes) -> bytes:
    """Flip, cut, insert, duplicate, re-encode."""
    at, length = _place(random, len(content)), random.choice([1, 1, 2, 8, 64, 1000])
    match random.randrange(8):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + content[at + length :]
        case 2:
            return content[:at] + random.choice(PIECES) + content[at:]
        case 3:
            return content[:at] + content[at : at + length] * random.choice([2, 3, 50]) + content[at + length :]
        case 4:
            return content[:at] + random.randbytes(length) + content[at + length :]
        case 5:
            changed = bytearray(content or b"\0")
            changed[min(at, len(changed) - 1)] ^= 1 << random.randrange(8)
            return bytes(changed)
        case 6:
            return random.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\n\n", b"#!x\n", b"PK\x03\x04"]) + content
        case _:
            coding = random.choice(["utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7", "utf-8-sig"])
            return content.decode("utf-8", "replace").encode(coding, "replace")


def splice(random: Random, content: bytes, other: bytes) -> bytes:
    """The beginning of one file and the end of another."""
    return content[: _place(random, len(content))] + other[_place(random, len(other)) :]


def _place(random: Random, length: int) -> int:
    """Somewhere, rather often at the very beginning or end."""
    return random.choice([0, length, max(length - 1, 0), *[random.randrange(length + 1) for _ in range(5)]])


# Lines of text


def as_text(random: Random, content: bytes) -> bytes:
    """Lines dropped, doubled, moved, indented; words swapped for tokens."""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    at, to = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case 3:
            lines[at] = random.choice([" ", "  ", "\t", "    ", "- "]) + lines[at]
        case 4:
            lines[at] = lines[at].lstrip() if random.random() < 0.5 else lines[at][:-1]
        case 5:
            lines.insert(at, random.choice(TOKENS))
        case 6:
            return "\r\n".join(lines).encode("utf-8", "surrogateescape")
        case _:
            lines[at] = _swapped_word(random, lines[at])
    return "\n".join(lines).encode("utf-8", "surrogatepass" if random.random() < 0.01 else "surrogateescape")


def _swapped_word(random: Random, line: str) -> str:
    separators = [place for place, letter in enumerate(line) if letter in ' ,:|{}[]"']
    bounds = sorted({0, *separators, len(line)})
    at = random.randrange(max(len(bounds) - 1, 1))
    start, end = bounds[at], bounds[min(at + 1, len(bounds) - 1)]
    start += int(start > 0 or (start < len(line) and line[start] in ' ,:|{}[]"'))
    return line[:start] + random.choice(TOKENS) + line[end:]


# Cells of CSV


def as_cells(random: Random, content: bytes) -> bytes:
    """Cells swapped for tokens, columns and rows dropped, doubled, moved."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    rows = [row for row in rows if row]
    at = random.choice([0, random.randrange(len(rows)), random.randrange(len(rows))])
    column, to = random.randrange(len(rows[at])), random.randrange(len(rows[at]))
    match random.randrange(9):
        case 0:
            rows = [row[:column] + row[column + 1 :] for row in rows]
        case 1:
            rows = [[*row[:column], *row[column : column + 1], *row[column:]] for row in rows]
        case 2:
            del rows[at]
        case 3:
            rows.insert(at, rows[random.randrange(len(rows))])
        case 4:
            random.shuffle(rows)
        case 5:
            rows[at][column], rows[at][to] = rows[at][to], rows[at][column]
        case 6:  # the same name or number throughout
            was, becomes = rows[at][column], random.choice(TOKENS)
            rows = [[becomes if cell == was else cell for cell in row] for row in rows]
        case _:
            rows[at][column] = random.choice(TOKENS)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


# Trees: YAML and JSON

Step = str | int
Place = tuple[Step, ...]


def as_yaml_tree(random: Random, content: bytes) -> bytes:
    """A node of a YAML file deleted, doubled, renamed, replaced, swapped with another."""
    tree = yaml.safe_load(content)
    return yaml.safe_dump(changed_tree(random, tree), sort_keys=False, allow_unicode=True).encode()


def as_json_tree(random: Random, content: bytes) -> bytes:
    """The same of a JSON file."""
    return json.dumps(changed_tree(random, json.loads(content))).encode()


def changed_tree(random: Random, tree: Any) -> Any:
    """The tree with one node changed, in place where there is one."""
    places = list(_places(tree))
    if not places:
        return random.choice(VALUES)
    place = random.choice(places)
    above, last = _at(tree, place[:-1]), place[-1]
    match random.randrange(6):
        case 0:
            del above[last]
        case 1 if isinstance(above, dict):
            above[random.choice([*(str(step) for some in places for step in some[-1:]), *TOKENS])] = above.pop(last)
        case 1:
            above.append(above[last])
        case 2:
            other = random.choice(places)
            above[last] = json.loads(json.dumps(_at(tree, other), default=str))
        case 3:
            other = random.choice(places)
            if place[: len(other)] != other and other[: len(place)] != place:
                beside = _at(tree, other[:-1])
                above[last], beside[other[-1]] = beside[other[-1]], above[last]
        case 4:
            above[last] = random.choice(TOKENS)
        case _:
            above[last] = random.choice(VALUES)
    return tree


def _places(tree: Any, above: Place = ()) -> Iterator[Place]:
    inside: Iterator[tuple[Step, Any]] = iter(())
    if isinstance(tree, dict):
        inside = iter(tree.items())
    elif isinstance(tree, list):
        inside = iter(enumerate(tree))
    for step, below in inside:
        yield (*above, step)
        yield from _places(below, (*above, step))


def _at(tree: Any, place: Place) -> Any:
    for step in place:
        tree = tree[step]
    return tree


# What is packed


def as_gzip(random: Random, content: bytes) -> bytes:
    """What is inside, changed."""
    return gzip.compress(random.choice([as_bytes, as_text, as_cells])(random, gzip.decompress(content)), 1, mtime=0)


def as_workbook(random: Random, content: bytes) -> bytes:
    """A part of the archive changed, dropped or doubled."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = list(parts)
    sheets = [name for name in names if "sheet1" in name] or names
    name = random.choice([*names, *sheets * len(names)])
    match random.randrange(6):
        case 0:
            del parts[name]
        case 1:
            parts[name] = parts[random.choice(names)]
        case 2:
            parts[name] = as_bytes(random, parts[name])
        case _:
            text = parts[name].replace(b">", b">\n").replace(b"<", b"\n<")
            parts[name] = as_text(random, text).replace(b"\n", b"")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for kept, data in parts.items():
            archive.writestr(zipfile.ZipInfo(kept), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def as_frame(random: Random, content: bytes) -> bytes:
    """A Parquet file with a column of another type, another name, twice, or not at all."""
    frame = pd.read_parquet(io.BytesIO(content))
    column = random.choice(list(frame.columns))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        match random.randrange(7):
            case 0:
                frame = frame.drop(columns=column)
            case 1:
                frame = frame.rename(columns={column: random.choice(TOKENS)})
            case 2:
                kind = random.choice(["str", "object", "category", "float32", "int8", "bool", "datetime64[ns]"])
                frame[column] = frame[column].astype(kind)
            case 3:
                frame[column] = [random.choice(TOKENS)] * len(frame)
            case 4:
                frame[column] = [{"a": [1]}] * len(frame)
            case 5:
                frame = frame.sample(
                    frac=random.choice([0, 0.5, 1, 1.5]), replace=True, random_state=random.getrandbits(30)
                )
            case _:
                values = frame[column].astype(object).tolist()
                values[random.randrange(len(values))] = None
                frame[column] = values
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


BY_SUFFIX: dict[str, list[Callable[[Random, bytes], bytes]]] = {
    ".csv": [as_cells, as_cells, as_cells],
    ".yaml": [as_yaml_tree, as_yaml_tree, as_yaml_tree, as_yaml_tree],
    ".json": [as_json_tree, as_json_tree, as_json_tree],
    ".gz": [as_gzip, as_gzip],
    ".xlsx": [as_workbook, as_workbook, as_workbook, as_workbook],
    ".parquet": [as_frame, as_frame],
}
"""Beside bytes and lines; repeated for those that get further into the planner."""
