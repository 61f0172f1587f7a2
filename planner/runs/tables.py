"""The tables of the store, and how a store of an earlier schema becomes one of this schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    select,
    update,
)

from planner.problems import InputError, Problem

SCHEMA = 1
"""Of the tables below. A change of them is a further number, and a step in STEPS."""

metadata = MetaData()

store_schema = Table("store_schema", metadata, Column("version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("code", String(32), nullable=False),
    Column("planner", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    Column("proven", Boolean, nullable=False),
    Column("total_cost", Float, nullable=False),
    Column("gap", Float),
    Column("currency", String(32), nullable=False),
    Column("changes", Text, nullable=False),  # a JSON list, for lists of runs
    Column("sha256", String(64), nullable=False),  # of the text of plan.json
    Column("content", LargeBinary, nullable=False),  # plan.json, compressed by zlib
)

files = Table(
    "files",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # UTF-8, compressed by zlib; runs with the same inputs share it
)

run_files = Table(
    "run_files",
    metadata,
    Column("run_id", String(32), ForeignKey("runs.id"), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("sha256", String(64), ForeignKey("files.sha256"), nullable=False, index=True),
)

STEPS: Mapping[int, Callable[[Connection], None]] = {}
"""From a schema to the next one. Steps of old schemas stay, and so does their stored example in the tests."""


def version_of(connection: Connection) -> int | None:
    """The schema of a store; None of one that is empty."""
    if not inspect(connection).has_table(store_schema.name):
        return None
    return connection.execute(select(store_schema.c.version)).scalar()


def prepare(connection: Connection, shown: str) -> None:
    """Make the tables, or bring older ones up to date, within the transaction of the connection.

    Raises InputError for a store of a later version.
    """
    version = version_of(connection)
    if version is None:
        metadata.create_all(connection)
        connection.execute(store_schema.insert().values(version=SCHEMA))
        return
    if version > SCHEMA:
        found = f"a store of schema {version}, made by a later version of the planner"
        raise InputError(
            [Problem(shown, "", found, f"schema {SCHEMA} or earlier", "update, or choose another --store")]
        )
    for step in range(version, SCHEMA):
        STEPS[step](connection)
    connection.execute(update(store_schema).values(version=SCHEMA))
