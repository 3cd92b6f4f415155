"""The ledger: one DuckDB file that many processes open briefly, one after another.

DuckDB lets one read-write process in, or many readers. Every access goes through a gate
file: a reader holds it while it opens, the writer until it has closed, so that readers
cannot starve the loader. No connection is ever kept open.
"""

import fcntl
import hashlib
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from collector.files import SQL

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "1GB",
    "storage_compatibility_version": "v1.5.0",
}
# A page's questions leave room for the dashboard; what needs more spills beside the ledger.
READING_MEMORY = "400MB"  # less slows quality over ten million calls
MIGRATION_MEMORY = "4GB"  # of ten million calls, to fill one new column; rows to undo do not spill

POLARS_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "JSON": pl.String(),
    "VARCHAR[]": pl.List(pl.String()),
    "BIGINT": pl.Int64(),
    "INTEGER": pl.Int32(),
    "SMALLINT": pl.Int16(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
    "TIMESTAMP": pl.Datetime("us"),
}


class LedgerBusyError(RuntimeError):
    """Another program, such as a duckdb shell, holds the ledger open."""


class LedgerBrokenError(RuntimeError):
    """The ledger file cannot be read as a ledger."""


@contextmanager
def reading(path: Path, wait_s: float = 10) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection, closed at the end; makes an empty ledger if none exists, and first
    brings one of another version up to this one.

    Raises:
        LedgerBusyError: another program kept it open for writing for `wait_s` seconds.
        LedgerBrokenError: the file is not a ledger.
    """
    if not path.exists():
        migrate(path)
    with _gate(path):
        db = _connect(path, read_only=True, wait_s=wait_s)
        if not _is_current(db):
            db.close()
            with _migrated(path, wait_s):
                pass
            db = _connect(path, read_only=True, wait_s=wait_s)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def writing(path: Path, wait_s: float = 30) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-write connection in one transaction: committed at the end, rolled back on an error.

    Raises:
        LedgerBusyError: another program kept it open for `wait_s` seconds.
        LedgerBrokenError: the file is not a ledger.
    """
    with _gate(path), _migrated(path, wait_s) as db:
        yield db


@contextmanager
def _migrated(path: Path, wait_s: float) -> Iterator[duckdb.DuckDBPyConnection]:
    db = _connect(path, read_only=False, wait_s=wait_s)
    try:
        db.begin()
        _migrate(db)
        try:
            yield db
        except BaseException:
            db.rollback()
            raise
        db.commit()
    finally:
        db.close()


def migrate(path: Path) -> None:
    """Make the ledger, or bring its tables and views up to this version."""
    with writing(path):
        pass


def ask(db: duckdb.DuckDBPyConnection, kpi: str, **variables: Any) -> pl.DataFrame:
    """The answer of sql/kpi/`kpi`.sql with these session variables set.

    The file is run unchanged, so a number can be checked in the duckdb shell with
    `set variable ...; .read sql/kpi/<kpi>.sql`.

    Raises:
        FileNotFoundError: there is no such KPI.
    """
    with _session(db, variables) as session:
        answer: pl.DataFrame = session.sql(_question(kpi)).pl()
        return answer


def short_answer(db: duckdb.DuckDBPyConnection, kpi: str, **variables: Any) -> pl.DataFrame:
    """The same as `ask`, errors too, in less time where the answer has few rows: DuckDB plans the
    question once, where a relation plans it twice, but holds the answer twice for a moment.
    """
    with _session(db, variables) as session:
        session.execute(f"create temp table answer as\n{_question(kpi)}")
        answer: pl.DataFrame = session.table("answer").pl()
        return answer


def _question(kpi: str) -> str:
    return (SQL / "kpi" / f"{kpi}.sql").read_text()


@contextmanager
def _session(
    db: duckdb.DuckDBPyConnection, variables: dict[str, Any]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Variables belong to the cursor, and so does what is temporary: questions cannot leak."""
    with db.cursor() as session:
        for name, value in variables.items():
            session.execute(f"set variable {name} = $value", {"value": value})
        yield session


def append(db: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows by column name; a column that a row lacks is null.

    Raises:
        pl.exceptions.PolarsError, TypeError, OverflowError: a value does not fit its column.
    """
    insert(db, table, frame_for(db, table, rows))


def frame_for(
    db: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]
) -> pl.DataFrame:
    """`rows` with the columns and types of `table`; errors as in `append`."""
    described = db.execute(f"describe {table}").fetchall()
    schema = {name: _polars_type(kind) for name, kind, *_ in described}
    return pl.DataFrame(rows, schema=schema, strict=True, orient="row")


def insert(db: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    if frame.is_empty():
        return
    db.register("_rows", frame)
    db.execute(f"insert into {table} by name select * from _rows")
    db.unregister("_rows")


def _polars_type(kind: str) -> pl.DataType:
    if kind.startswith("DECIMAL"):
        return pl.Decimal(18, 9)
    return POLARS_TYPES[kind]


@contextmanager
def _gate(path: Path) -> Iterator[None]:
    file = os.open(f"{path}.gate", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)  # closing releases the lock


def _connect(path: Path, *, read_only: bool, wait_s: float) -> duckdb.DuckDBPyConnection:
    give_up_at = time.monotonic() + wait_s
    config = {**CONFIG, "memory_limit": READING_MEMORY} if read_only else CONFIG
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=config)
        except (duckdb.IOException, duckdb.ConnectionException) as error:
            if not _is_held_elsewhere(error):
                raise LedgerBrokenError(f"{path} is not readable as a ledger: {error}") from error
            if time.monotonic() > give_up_at:
                raise LedgerBusyError(f"{path} is held by another program: {error}") from error
            time.sleep(random.uniform(0.002, 0.008))
        except duckdb.Error as error:
            raise LedgerBrokenError(f"{path} is not readable as a ledger: {error}") from error


def _is_held_elsewhere(error: duckdb.Error) -> bool:
    return "lock" in str(error) or "different configuration" in str(error)


def _migrate(db: duckdb.DuckDBPyConnection) -> None:
    """Apply new migrations in order, and re-make the views when their text has changed."""
    db.execute("create table if not exists migrations (name varchar primary key, sha256 varchar)")
    applied = dict(db.execute("select name, sha256 from migrations").fetchall())
    for file in sorted((SQL / "migrations").glob("*.sql")):
        _apply(db, file, applied.get(file.name))
    views = _views()
    version = _sha256("".join(views))
    if applied.get("views") != version:
        for text in views:
            db.execute(text)
        db.execute("insert or replace into migrations values ('views', ?)", [version])


def _is_current(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether the views are this version's; tables never change without them."""
    try:
        found = db.execute("select sha256 from migrations where name = 'views'").fetchall()
    except duckdb.CatalogException:
        return False
    return found == [(_sha256("".join(_views())),)]


def _views() -> list[str]:
    return [file.read_text() for file in sorted((SQL / "views").glob("*.sql"))]


def _apply(db: duckdb.DuckDBPyConnection, file: Path, applied_sha256: str | None) -> None:
    text = file.read_text()
    if applied_sha256 is None:
        db.execute(f"set memory_limit = '{MIGRATION_MEMORY}'")
        db.execute(text)
        db.execute(f"set memory_limit = '{CONFIG['memory_limit']}'")
        db.execute("insert into migrations values (?, ?)", [file.name, _sha256(text)])
    elif applied_sha256 != _sha256(text):
        raise LedgerBrokenError(f"{file.name} was edited after it was applied; add a new migration")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
