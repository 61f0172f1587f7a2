"""The store of runs: one transaction per change, so that a run is kept whole or not at all, whoever is killed when.

On SQLite: write-ahead log, every commit flushed to disk, writers wait for each other. SQLAlchemy is imported with this
module, and this module only where the store is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, delete, event, insert, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from planner.identity import code_digest
from planner.problems import InputError, Problem
from planner.runs import tables
from planner.runs.kept import KeptRun
from planner.runs.location import Location

_WAIT_SECONDS = 60
"""How long a writer waits for the others."""
_SQLITE = b"SQLite format 3\0"
"""How such files begin."""


@dataclass(frozen=True)
class Entry:
    """A run as lists show it."""

    id: str
    name: str
    title: str
    made_at: str
    status: str
    total_cost: float
    gap: float | None
    currency: str
    changes: tuple[str, ...]


class Store:
    """Kept runs. Every method raises InputError where the database cannot be used."""

    def __init__(self, location: Location) -> None:
        """Open the store; it is made where there is none, and brought up to date where it is older."""
        self._shown = location.shown
        with self._explained():
            self._engine = _engine(location.url)
            with self._reading() as connection:
                current = tables.version_of(connection)
            if current != tables.SCHEMA:
                with self._writing() as connection:
                    tables.prepare(connection, self._shown)

    def keep(self, run: KeptRun) -> None:
        """Keep a run, in place of an earlier answer to the same inputs unless only that one was proven."""
        self.keep_all([run])

    def keep_all(self, kept: Iterable[KeptRun]) -> None:
        """Keep several runs, all of them or none."""
        packed = [_Packed.of(run) for run in kept]
        with self._writing() as connection:
            for run in packed:
                _keep(connection, run)

    def recall(self, run_id: str) -> KeptRun | None:
        """The answer to these inputs, if this very program gave it before and proved it."""
        wanted = (tables.runs.c.id == run_id) & (tables.runs.c.code == code_digest()) & tables.runs.c.proven
        with self._reading() as connection:
            row = connection.execute(select(tables.runs).where(wanted)).one_or_none()
            return None if row is None else self._run(connection, row)

    def get(self, run_id: str) -> KeptRun | None:
        """The run of that id, whatever made it."""
        with self._reading() as connection:
            row = connection.execute(select(tables.runs).where(tables.runs.c.id == run_id)).one_or_none()
            return None if row is None else self._run(connection, row)

    def read(self, run_id: str) -> KeptRun:
        """The run of that id, which must be there."""
        run = self.get(run_id)
        if run is None:
            fix = "`planner runs` lists those that are kept"
            raise InputError([Problem(self._shown, "", f"no run {run_id[:8]}", "a run that is kept", fix)])
        return run

    def entries(self) -> list[Entry]:
        """All runs, the latest first."""
        order = tables.runs.c.made_at.desc(), tables.runs.c.id
        return self._entries(select(*_LISTED).order_by(*order))

    def named(self, reference: str) -> list[Entry]:
        """The runs whose id, or whose name, begins so; one that is called exactly so is the only one."""
        begins = or_(
            tables.runs.c.id.startswith(reference.lower(), autoescape=True),
            tables.runs.c.name.startswith(reference, autoescape=True),
        )
        found = self._entries(select(*_LISTED).where(begins).order_by(tables.runs.c.id))
        return [entry for entry in found if reference in (entry.id, entry.name)] or found

    def delete(self, ids: Iterable[str]) -> None:
        """Forget runs, and the inputs that no other run has: all of them or none."""
        with self._writing() as connection:
            for run_id in ids:
                _delete(connection, run_id)
            _delete_orphans(connection)

    def _entries(self, statement: Any) -> list[Entry]:
        with self._reading() as connection:
            rows = connection.execute(statement).all()
        return [Entry(**{**row._mapping, "changes": tuple(json.loads(row.changes))}) for row in rows]

    def _run(self, connection: Connection, row: Row[Any]) -> KeptRun:
        text = zlib.decompress(row.content)
        if hashlib.sha256(text).hexdigest() != row.sha256:
            raise InputError([Problem(self._shown, row.name, "a damaged run", "what was kept", "delete it")])
        pairs = select(tables.run_files.c.name, tables.files.c.content).join(tables.files)
        found = connection.execute(pairs.where(tables.run_files.c.run_id == row.id)).all()
        inputs = {name: zlib.decompress(content).decode() for name, content in found}
        return KeptRun(row.name, json.loads(text), inputs, row.code, row.made_at)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that writes; it takes its turn at the beginning, so that what it reads stays true."""
        with self._explained(), self._engine.execution_options(immediate=True).begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(getattr(error, "orig", None) or error).splitlines()[0]
            fix = "choose another with --store, or keep nothing with --no-store"
            raise InputError([Problem(self._shown, "", reason, "a store of runs that can be used", fix)]) from error


_LISTED = [tables.runs.c[name] for name in Entry.__annotations__]


@dataclass(frozen=True)
class _Packed:
    """A run as it is stored, packed before its transaction begins: others wait no longer than for the writing."""

    id: str
    is_proven: bool
    row: Mapping[str, Any]
    files: Mapping[str, tuple[str, bytes]]
    """By name: digest and compressed content."""

    @classmethod
    def of(cls, run: KeptRun) -> _Packed:
        run_id = run.id
        text = json.dumps(run.content, ensure_ascii=False, allow_nan=False).encode()
        data = {name: content.encode() for name, content in run.files.items()}
        files = {
            name: (hashlib.sha256(content).hexdigest(), zlib.compress(content, 1)) for name, content in data.items()
        }
        return cls(run_id, run.is_proven, _row(run, run_id, text), files)


def _keep(connection: Connection, run: _Packed) -> None:
    run_id = run.id
    proven = select(tables.runs.c.proven).where(tables.runs.c.id == run_id)
    if connection.execute(proven).scalar() and not run.is_proven:
        return
    _delete(connection, run_id)
    connection.execute(insert(tables.runs).values(run.row))
    for name, (digest, content) in run.files.items():
        there = select(tables.files.c.sha256).where(tables.files.c.sha256 == digest)
        if connection.execute(there).scalar() is None:
            connection.execute(insert(tables.files).values(sha256=digest, content=content))
        connection.execute(insert(tables.run_files).values(run_id=run_id, name=name, sha256=digest))


def _row(run: KeptRun, run_id: str, text: bytes) -> dict[str, Any]:
    content = run.content
    return {
        "id": run_id,
        "name": run.name,
        "title": content["name"],
        "made_at": run.made_at,
        "code": run.code,
        "planner": str(run.inputs.get("planner", "")),
        "status": content["status"],
        "proven": run.is_proven,
        "total_cost": content["total_cost"],
        "gap": content["gap"],
        "currency": content["currency"],
        "changes": json.dumps(run.inputs.get("changes", [])),
        "sha256": hashlib.sha256(text).hexdigest(),
        "content": zlib.compress(text),
    }


def _delete(connection: Connection, run_id: str) -> None:
    connection.execute(delete(tables.run_files).where(tables.run_files.c.run_id == run_id))
    connection.execute(delete(tables.runs).where(tables.runs.c.id == run_id))


def _delete_orphans(connection: Connection) -> None:
    used = select(tables.run_files.c.sha256)
    connection.execute(delete(tables.files).where(tables.files.c.sha256.not_in(used)))


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, poolclass=NullPool)
    if parsed.database and parsed.database != ":memory:":
        _prepare_file(Path(parsed.database))
    engine = create_engine(parsed, poolclass=NullPool, connect_args={"timeout": _WAIT_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _prepare_file(path: Path) -> None:
    """Make the folder of the file. Raises OSError for a file of another kind: SQLite would write over a short one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        with path.open("rb") as stream:
            begin = stream.read(len(_SQLITE))
        if begin not in (b"", _SQLITE):
            raise OSError("a file of another kind")


def _on_connect(connection: Any, _: object) -> None:
    """Transactions are begun by `_on_begin`, not by the driver; commits are on disk before they are reported."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: Any) -> None:
    """Readers do not wait for writers. SQLite does not wait by itself where two switch a new file at once."""
    import sqlite3

    end = time.monotonic() + _WAIT_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
