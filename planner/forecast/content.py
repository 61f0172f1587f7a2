"""The bytes of a text file: from disk, compressed or not, or from standard input; never more than can be planned with.

Whatever is too large is refused while it is read, by what comes out of the decompression, not by what goes in.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from planner.problems import InputError, Problem

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "(standard input)"
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zip")

MOST_BYTES = 2**30
MOST_ROWS = 12_000_000
MOST_CELLS = 60_000_000
MOST_COLUMNS = 10_000
_LONGEST_ROW = 2**20
_BLOCK = 2**18
SMALLER = "sum it to hours or longer, or to fewer workloads"
"""How to make a forecast smaller."""


@dataclass(frozen=True)
class Content:
    """A text file that can be read as often as needed."""

    name: str
    """How the user wrote it."""
    raw: Callable[[], IO[bytes]]
    """Opens it at its beginning, decompressed. Raises what the libraries of compression raise."""

    def open(self) -> io.BufferedReader:
        """The bytes. Raises InputError where there is no such file, or (while reading) where it is damaged or large."""
        try:
            inner = self.raw()
        except InputError:
            raise
        except FileNotFoundError:
            raise InputError([Problem(self.name, "", "", "a file of that name", "there is none")]) from None
        except (*_DAMAGED, RuntimeError) as error:  # of a zip file with a password
            raise _unreadable(self.name, error) from None
        return io.BufferedReader(_Guarded(inner, self.name), _BLOCK)


def content_of_file(path: Path, name: str) -> Content:
    """A file, decompressed as its suffix says; a pipe is read now, as standard input is."""
    openers: dict[str, Callable[[], IO[bytes]]] = {
        ".gz": lambda: cast("IO[bytes]", gzip.GzipFile(path)),
        ".bz2": lambda: cast("IO[bytes]", bz2.BZ2File(path)),
        ".xz": lambda: cast("IO[bytes]", lzma.LZMAFile(path)),  # noqa: SIM115  (closed by who opens it)
        ".zst": lambda: _zstandard(path),
        ".zip": lambda: _only_member(path, name),
    }
    content = Content(name, openers.get(path.suffix.lower(), lambda: path.open("rb")))
    return _kept(content) if _once(path) else content


def _once(path: Path) -> bool:
    """Can it be read but once, as a pipe or a device?"""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def _kept(content: Content) -> Content:
    """The same, read to its end now."""
    with content.open() as stream:
        data = stream.read()
    return Content(content.name, lambda: io.BytesIO(data))


def content_of_standard_input() -> Content:
    """Everything that standard input holds, read now: it can be read only once."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise InputError([Problem(STANDARD_INPUT_NAME, "", "", "a CSV file on standard input", "there is none")])
    data = Content(STANDARD_INPUT_NAME, lambda: stream).open().read()
    return Content(STANDARD_INPUT_NAME, lambda: io.BytesIO(data))


def too_large(name: str, value: str, most: str) -> InputError:
    """A file beyond a limit."""
    return InputError([Problem(name, "", value, f"at most {most}", SMALLER)])


# ValueError: a name that cannot be one, and what pyarrow raises.
_DAMAGED = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


def _unreadable(name: str, error: BaseException) -> InputError:
    reason = getattr(error, "strerror", None) or str(error) or "it ends too early"
    return InputError([Problem(name, "", "", "a CSV file that can be read", reason)])


def _zstandard(path: Path) -> IO[bytes]:
    path.open("rb").close()  # pyarrow's own words for a file that is not there are longer
    import pyarrow as pa

    return cast("IO[bytes]", pa.input_stream(str(path), compression="zstd"))


def _only_member(path: Path, name: str) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    # macOS puts a second file beside each one.
    members = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        names = ", ".join(info.filename for info in members[:3]) + (" …" if len(members) > 3 else "")
        value = f"{len(members):,} files: {names}" if members else "no files"
        raise InputError([Problem(name, "", value, "a zip file that holds one CSV file")])
    return archive.open(members[0])


class _Guarded(io.RawIOBase):
    """A stream that refuses to become larger than what can be planned with."""

    def __init__(self, inner: IO[bytes], name: str) -> None:
        super().__init__()
        self._inner, self._name = inner, name
        self._bytes = self._rows = self._commas = self._unbroken = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """The next bytes. Raises InputError."""
        view = memoryview(buffer)
        try:
            data = self._inner.read(len(view))
        except InputError:
            raise
        except _DAMAGED as error:
            raise _unreadable(self._name, error) from None
        self._count(data)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what is read, too."""
        if not self.closed:
            self._inner.close()
        super().close()

    def _count(self, data: bytes) -> None:
        self._bytes += len(data)
        breaks = max(data.count(b"\n"), data.count(b"\r"))
        self._rows += breaks
        self._commas += data.count(b",")
        self._unbroken = self._unbroken + len(data) if not breaks else 0
        if self._bytes > MOST_BYTES:
            raise too_large(self._name, "more", f"{MOST_BYTES:,} bytes of text")
        if self._rows > MOST_ROWS + 1:
            raise too_large(self._name, "more", f"{MOST_ROWS:,} rows")
        if self._rows + self._commas > MOST_CELLS:
            raise too_large(self._name, "more", f"{MOST_CELLS:,} cells")
        if self._unbroken > _LONGEST_ROW:
            place = f"row {self._rows + 1}"
            expected = f"rows of at most {_LONGEST_ROW:,} bytes"
            raise InputError([Problem(self._name, place, "a longer one", expected, "is it a CSV file?")])
