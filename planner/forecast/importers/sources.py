"""Opening what users hand in: plain or gzip files and standard input, and telling which kind of file one is."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from planner.forecast.importers.common import Kind, shown
from planner.problems import InputError, Problem

STDIN = "-"
MOST_JSON = 256 << 20
"""Bytes of JSON, decompressed, beyond which a file is refused."""
_GZIP = b"\x1f\x8b"
_HEAD = 65_536


@dataclass(frozen=True)
class Source:
    """A file, by the name that the user gave it; `-` is standard input, which is read once and kept."""

    name: str
    kept: bytes | None = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The decompressed content from its beginning. OSError, EOFError and zlib.error may come then or later."""
        with io.BytesIO(self.kept) if self.kept is not None else Path(self.name).open("rb") as raw:
            compressed = raw.read(2) == _GZIP
            raw.seek(0)
            if not compressed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw) as stream:
                yield cast("IO[bytes]", stream)

    def head(self) -> bytes:
        """The first bytes. Raises InputError."""
        with reading(self), self.open() as stream:
            return stream.read(_HEAD)


def sources(names: list[str]) -> tuple[Source, ...]:
    """The files, in the order given. Raises InputError with all that cannot be read or are named twice."""
    found, problems = list[Source](), list[Problem]()
    for name in names:
        if any(name == other.name for other in found):
            problems.append(Problem(name, "", "the same file twice", "each file once"))
            continue
        source = Source(name, sys.stdin.buffer.read() if name == STDIN else None)
        try:
            if not source.head().strip():
                problems.append(Problem(name, "", "", "something in it: the file is empty"))
        except InputError as error:
            problems += error.problems
        found.append(source)
    if problems:
        raise InputError(problems)
    return tuple(found)


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Within it, what goes wrong with reading the file becomes an InputError."""
    try:
        yield
    except FileNotFoundError:
        raise InputError([Problem(source.name, "", "", "a file of that name", "there is none")]) from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(source.name, "", "", "a file that can be read", reason)]) from None
    except ValueError as error:  # a name with a NUL byte in it
        if isinstance(error, InputError) or "null byte" not in str(error):
            raise
        raise InputError([Problem(source.name, "", "", "the name of a file", str(error))]) from None


def read_json(source: Source, kind: Kind) -> dict[str, Any]:
    """The JSON object that a file holds. Raises InputError."""
    with reading(source), source.open() as stream:
        content = stream.read(MOST_JSON + 1)
    if len(content) > MOST_JSON:
        value = f"more than {MOST_JSON >> 20} MiB of JSON"
        raise InputError([Problem(source.name, "", value, "less", "split the time range over several files")])
    try:
        parsed = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        value = f"byte 0x{content[error.start]:02x} at {error.start:,}"
        raise InputError([other_kind(source, kind) or Problem(source.name, "", value, "JSON in UTF-8")]) from None
    except json.JSONDecodeError as error:
        wrong = other_kind(source, kind) or Problem(
            source.name, f"line {error.lineno}, column {error.colno}", error.msg, "JSON", "is the file whole?"
        )
        raise InputError([wrong]) from None
    except (ValueError, RecursionError) as error:
        raise InputError([Problem(source.name, "", shown(error), "JSON as the tool writes it")]) from None
    if not isinstance(parsed, dict):
        wrong = other_kind(source, kind) or Problem(source.name, "", shown(type(parsed).__name__), "a JSON object")
        raise InputError([wrong])
    return parsed


def other_kind(source: Source, kind: Kind) -> Problem | None:
    """The problem that a file is of another kind than `kind`, where it looks so."""
    try:
        found = looks_like(source.head())
    except InputError:
        return None
    if found is None or found == kind:
        return None
    if isinstance(found, Kind):
        fix = f"planner demand {found} {source.name}"
        return Problem(source.name, "", f"what looks like {_NAMES[found]}", _NAMES[kind], fix)
    return Problem(source.name, "", f"what looks like {found}", _NAMES[kind])


_NAMES = {
    Kind.SLURM: "output of sacct -X -P",
    Kind.PROMETHEUS: "a Prometheus query_range answer in JSON",
    Kind.FOCUS: "a FOCUS bill as CSV or Parquet",
    Kind.OPENCOST: "an OpenCost allocation answer in JSON",
}


def looks_like(head: bytes) -> Kind | str | None:
    """The kind of a file by its first bytes; in words where it is something known that no importer reads."""
    if head.startswith(b"PAR1"):
        return Kind.FOCUS
    if head.startswith(b"PK\x03\x04"):
        return "an Excel workbook or a ZIP archive"
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text.startswith(("{", "[")):
        if '"resultType"' in text or '"errorType"' in text:
            return Kind.PROMETHEUS
        return Kind.OPENCOST if '"gpuHours"' in text or '"cpuCoreHours"' in text else None
    header = text.partition("\n")[0].strip()
    if "|" in header and any(name in header.split("|") for name in ("JobID", "AllocTRES", "ElapsedRaw", "JobIDRaw")):
        return Kind.SLURM
    if "ChargePeriodStart" in header or "ConsumedQuantity" in header:
        return Kind.FOCUS
    names = {name.strip().strip('"').lower() for name in header.split(",")}
    if names & {"timestamp", "ds"} and len(names) > 1:
        return "a forecast, which planner plan takes as it is"
    if "JobID" in header or "AllocTRES" in header:
        return "output of sacct without -P: its columns are cut and not separated by |"
    if text.startswith("<"):
        return "a web page"
    return None
