"""What a DuckDB file says, independent of how it is laid out: one count and one hash per relation."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.publish.errors import DiskFull, NotPublishable, PublishError


@dataclass(frozen=True)
class Checksum:
    """`hash` covers column names, types and every row, however the rows are ordered; a row that is there twice
    counts twice. Comparable within one version of DuckDB."""

    rows: int
    hash: str


def relation_checksums(database: Path) -> dict[str, Checksum]:
    """Checksums of every table and view in a DuckDB file: "schema.table" -> `Checksum`, sorted by name.

    Reads every page, so damage shows. Raises `NotPublishable` if the file is missing, damaged or open elsewhere, or if
    a view reads anything outside the file.
    """
    with open_read_only(database) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_index, column_name, data_type from duckdb_columns() "
            "where not internal"
        ).fetchall()
        relations: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for schema, table, _, column, data_type in sorted(columns):
            relations.setdefault((schema, table), []).append((column, data_type))
        return {
            f"{schema}.{table}": _checksum(connection, database, schema, table, shape)
            for (schema, table), shape in relations.items()
        }


def open_read_only(database: Path) -> duckdb.DuckDBPyConnection:
    """Open a file that nobody may be writing. Raises `NotPublishable` if it is missing, damaged or open elsewhere."""
    if not database.is_file():
        raise NotPublishable(f"{database} is not there. Run the whole refresh.")
    try:
        connection = duckdb.connect(str(database), read_only=True)
        connection.execute("set enable_external_access = false")
    except duckdb.Error as error:
        raise unusable(database, error) from error
    return connection


def checkpoint(database: Path) -> None:
    """Fold what is still in the write-ahead log into the file, so that the file alone is everything.

    Raises `NotPublishable` if the file is missing, damaged or open elsewhere.
    """
    if not database.is_file():
        raise NotPublishable(f"{database} is not there. Run the whole refresh.")
    if not wal(database).exists():
        return
    try:
        with duckdb.connect(str(database)) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise unusable(database, error) from error
    if wal(database).exists():
        raise NotPublishable(f"{database} is still being written. Wait for that to end, or run the whole refresh.")


def wal(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")


def unusable(database: Path, error: duckdb.Error) -> PublishError:
    """Why a file cannot be used, without DuckDB's words: those can carry values of a row."""
    words = str(error)
    if "No space left" in words or "File too large" in words:
        return DiskFull(f"The disk is full: {database} cannot be written. Free some space and run again.")
    if isinstance(error, duckdb.ConnectionException) or "set lock on file" in words:
        return NotPublishable(f"{database} is open in another process or connection. Close it and run again.")
    return NotPublishable(f"{database} is damaged ({type(error).__name__}). Run the whole refresh.")


def _checksum(
    connection: duckdb.DuckDBPyConnection, database: Path, schema: str, table: str, shape: list[tuple[str, str]]
) -> Checksum:
    row = ", ".join(_quoted(column) for column, _ in shape)
    try:
        rows, total = connection.execute(
            # hugeint: a sum of 64-bit hashes neither overflows nor, unlike xor, cancels a row that is there twice.
            f"select count(*), coalesce(sum(hash({row})::hugeint), 0) from {_quoted(schema)}.{_quoted(table)}"  # noqa: S608
        ).fetchall()[0]
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.PermissionException) as error:
        raise NotPublishable(
            f"{schema}.{table} is a view over something that is not in {database.name}. Make it a table."
        ) from error
    except duckdb.Error as error:
        raise unusable(database, error) from error
    digest = hashlib.sha256(json.dumps([shape, str(total)]).encode()).hexdigest()
    return Checksum(rows, digest)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
