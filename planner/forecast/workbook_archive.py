"""The zip file that a workbook is: looked through before anything else opens it.

What calamine does not say is found here: formulas without a stored value, errors in cells. And what it would die of:
bombs, whose sizes are counted while unpacking, and sheets with a cell at the far end of nowhere.
"""

from __future__ import annotations

import copy
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import normpath
from typing import IO, cast

from planner.problems import InputError, Problem

MOST_UNPACKED = 2**29
"""Bytes of all parts of a workbook together."""
MOST_CELLS = 20_000_000
"""Rows × columns of the used part of a sheet."""
_MOST_PARTS = 10_000
_MOST_RATIO = 200
_SMALL = 10 * 2**20
"""Parts below this are not judged by how well they were compressed."""
_BLOCK = 2**20
_AS_CSV = "save the sheet as CSV, or as Parquet"

DAMAGED = (OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What unpacking raises: ValueError for bad text in names, RuntimeError for a part with a password."""


@dataclass
class Sheet:
    """What a look through the XML of one sheet found. Rows and columns count from 0."""

    height: int = 0
    width: int = 0
    """Rows and columns up to the last cell that holds something."""
    unstored: list[tuple[int, int]] = field(default_factory=list)
    """Row and column of formulas without a stored value."""
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    """Row and column of errors, such as `#DIV/0!`."""


class Archive:
    """A zip file whose parts can be read as far as they should be."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        """Raises InputError where the sizes that it states are those of a bomb; what zipfile raises if damaged."""
        self._zip, self.name = zipfile.ZipFile(stream), name
        parts = self._zip.infolist()
        # Other readers find parts whatever the case of their names.
        self._parts = {_key(part.filename): part for part in parts}
        if len(self._parts) < len(parts):
            raise zipfile.BadZipFile("two parts have the same name")
        if len(parts) > _MOST_PARTS:
            raise self._bomb(f"{len(parts):,} parts", f"a workbook of at most {_MOST_PARTS:,} parts")
        self._check_total(sum(part.file_size for part in parts))
        for part in parts:
            if part.file_size > _SMALL and part.file_size > _MOST_RATIO * max(part.compress_size, 1):
                times = part.file_size // max(part.compress_size, 1)
                value = f"{part.filename[:80]}, which unpacks to {times:,} times its size"
                raise self._bomb(value, f"parts that unpack to at most {_MOST_RATIO} times their size")

    def __contains__(self, part: object) -> bool:
        return _key(str(part)) in self._parts

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parts, in small letters."""
        return tuple(self._parts)

    def blocks(self, part: str) -> Iterator[bytes]:
        """The bytes of a part, whatever size it states. Raises InputError when there are too many."""
        info = copy.copy(self._parts[_key(part)])
        # zipfile stops at the size that is stated, and so would not see what a less careful reader would unpack.
        info.file_size = MOST_UNPACKED + 1
        total = 0
        with self._zip.open(info) as stream:
            while block := stream.read(_BLOCK):
                total += len(block)
                self._check_total(total)
                yield block

    def check_sizes(self) -> None:
        """Unpack everything once, and keep nothing. Raises InputError where it is more than was stated."""
        for part, info in self._parts.items():
            found = sum(len(block) for block in self.blocks(part))
            if found != info.file_size:
                raise zipfile.BadZipFile(f"{part[:80]} states {info.file_size:,} bytes and holds {found:,}")

    def part(self, part: str) -> bytes:
        """All of a part."""
        return b"".join(self.blocks(part))

    def _check_total(self, total: int) -> None:
        if total > MOST_UNPACKED:
            raise self._bomb(f"{total:,} bytes or more", f"a workbook of at most {MOST_UNPACKED:,} bytes unpacked")

    def _bomb(self, value: str, expected: str) -> InputError:
        return InputError([Problem(self.name, "", value, expected, _AS_CSV)])


def _key(part: str) -> str:
    return part.replace("\\", "/").lower()


def check_area(sheet: Sheet, name: str) -> None:
    """Raises InputError for a sheet whose used part is too large to be laid out."""
    if sheet.height * sheet.width > MOST_CELLS:
        value = f"a used area of {sheet.height:,} rows and {sheet.width:,} columns"
        fix = "delete what stands far below or beside the table"
        raise InputError([Problem(name, "", value, f"at most {MOST_CELLS:,} cells", fix)])


# xlsx

_ROW_OR_CELL = re.compile(rb"""<(?:\w+:)?(row|c)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_WHERE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]*)(\d+)""")
_TYPE = re.compile(rb"""\bt\s*=\s*["'](\w+)""")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]+)<")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_CELL_START = re.compile(rb"<(?:\w+:)?c[\s>/]")
_TAIL = 2**16
_LONGEST_CELL = 2**23


def sheet_parts(archive: Archive) -> dict[str, str]:
    """Sheets by name → the part that holds each. Raises what `DAMAGED` names where it cannot be told, or not surely."""
    if _ODS_MARK in archive or any(part.endswith("workbook.bin") for part in archive.names):
        raise zipfile.BadZipFile("it is a workbook of another format")
    (book,) = [target for _, kind, target in _relations(archive, "") if kind.endswith("/officeDocument")]
    targets = [(name, target) for name, _, target in _relations(archive, book)]
    named = [
        (element.get("name", ""), next((value for key, value in element.items() if key.endswith("}id")), ""))
        for element in ET.fromstring(archive.part(book)).iter()
        if element.tag.endswith("}sheet")
    ]
    if len(dict(targets)) < len(targets) or len(dict(named)) < len(named):
        raise zipfile.BadZipFile("two sheets have the same name")
    return {name: dict(targets)[relation] for name, relation in named}


def _relations(archive: Archive, part: str) -> list[tuple[str, str, str]]:
    """Id, type and part of everything that a part refers to; the part "" is the file."""
    folder, _, name = part.rpartition("/")
    listed = ET.fromstring(archive.part(normpath(f"{folder}/_rels/{name}.rels").removeprefix("/")))
    return [
        (element.get("Id", ""), element.get("Type", ""), normpath(posixpath.join(f"/{folder}", target))[1:])
        for element in listed
        if (target := element.get("Target"))
    ]


def look_through(archive: Archive, part: str) -> Sheet:
    """The extent, formulas without values and errors of a sheet of an xlsx file."""
    look = _Look()
    rest = b""
    for block in archive.blocks(part):
        text = rest + block
        # Cut before the last cell: it may go on in the next block.
        cut = max((match.start() for match in _CELL_START.finditer(text, max(0, len(text) - _TAIL))), default=0)
        if cut == 0 and len(text) > _LONGEST_CELL:
            cut = len(text)
        look.at(text[:cut])
        rest = text[cut:]
    look.at(rest)
    return look.sheet


class _Look:
    """Where in the sheet the look has arrived: rows and cells need not say where they are."""

    def __init__(self) -> None:
        self.sheet = Sheet()
        self._row, self._column = -1, -1

    def at(self, text: bytes) -> None:
        """Look at some XML that ends before a cell begins."""
        special = b"<f" in text or b":f" in text or b'"e"' in text or b"'e'" in text
        tags = list(_ROW_OR_CELL.finditer(text))
        for number, tag in enumerate(tags):
            where = _WHERE.search(tag[2])
            if tag[1] == b"row":
                self._row, self._column = int(where[2][:9]) - 1 if where else self._row + 1, -1
                continue
            self._column += 1
            if where is not None:
                self._row, self._column = int(where[2][:9]) - 1, _column(where[1][:5])
            if tag[2].endswith(b"/"):
                continue
            sheet = self.sheet
            sheet.height, sheet.width = max(sheet.height, self._row + 1), max(sheet.width, self._column + 1)
            if special:
                end = tags[number + 1].start() if number + 1 < len(tags) else len(text)
                _judge(tag[2], text[tag.end() : end], (self._row, self._column), sheet)


def _judge(attributes: bytes, body: bytes, where: tuple[int, int], sheet: Sheet) -> None:
    body = body.partition(b"</c>")[0]
    kind = _TYPE.search(attributes)
    value = _VALUE.search(body)
    if kind is not None and kind[1] == b"e":
        sheet.errors[where] = value[1].decode("utf-8", "replace").strip()[:40] if value else "an error"
    elif value is None and (kind is None or kind[1] != b"str") and _FORMULA.search(body):
        # A formula whose value is empty text has the type str.
        sheet.unstored.append(where)


def _column(letters: bytes) -> int:
    """`A` → 0, `AA` → 26."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number - 1


# ods

_ODS_MARK = "META-INF/manifest.xml"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")


def look_through_ods(archive: Archive) -> dict[str, Sheet]:
    """The same of every sheet of an ods file, by name: calamine reads them all at once."""
    if _ODS_MARK not in archive or "_rels/.rels" in archive:
        raise zipfile.BadZipFile("it is a workbook of another format")
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["start", "end"])
    sheets: dict[str, Sheet] = {}
    sheet, row, column, used = Sheet(), 0, 0, 0
    for block in archive.blocks("content.xml"):
        parser.feed(block)
        for event, element in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
            if event == "start":
                if element.tag == f"{_TABLE}table":
                    sheet = sheets.setdefault(element.get(f"{_TABLE}name", ""), Sheet())
                    row = 0
                elif element.tag == f"{_TABLE}table-row":
                    column = used = 0
            elif element.tag in _CELLS:
                count = _repeated(element, "columns")
                if _judge_ods(element, (row, column), sheet):
                    used = column + count
                column += count
                element.clear()
            elif element.tag == f"{_TABLE}table-row":
                row += _repeated(element, "rows")
                if used:
                    sheet.height, sheet.width = row, max(sheet.width, used)
                element.clear()
    return sheets


def _repeated(element: ET.Element, what: str) -> int:
    text = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return int(text[:9]) if text.isascii() and text.isdigit() else 1


def _judge_ods(element: ET.Element, where: tuple[int, int], sheet: Sheet) -> bool:
    """Does the cell hold anything? What is wrong with it goes to the sheet."""
    kind = element.get(f"{_OFFICE}value-type")
    paragraph = element.find(f"{_TEXT}p")
    if element.get(_CALC) == "error":
        sheet.errors[where] = ("".join(paragraph.itertext()) if paragraph is not None else "")[:40] or "an error"
    elif kind is None and element.get(f"{_TABLE}formula") is not None:
        sheet.unstored.append(where)
    return kind is not None or paragraph is not None
