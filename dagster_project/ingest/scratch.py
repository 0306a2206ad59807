"""Throw-away DuckDB databases that reach the company's own folders and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.ingest import casting
from dagster_project.settings import CompanyPaths

# Of the 2 GB an ingest may take; DuckDB spills beyond it, Python and the reader's buffers need the rest.
MEMORY_LIMIT = "1200MB"


def connect(file: Path | None, spill: Path, folders: tuple[Path, ...]) -> duckdb.DuckDBPyConnection:
    """Open a database (None: in memory) that can read and write below `folders` only, with spill files in `spill`."""
    con = duckdb.connect(str(file) if file else ":memory:")
    con.execute("set memory_limit = $limit", {"limit": MEMORY_LIMIT})
    con.execute("set temp_directory = $spill", {"spill": str(spill / "spill")})
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    con.execute("set allowed_directories = $folders", {"folders": [str(f) for f in folders]})
    con.execute("set enable_external_access = false")
    con.execute("set timezone = 'UTC'")
    return con


def insert_rows(
    con: duckdb.DuckDBPyConnection, table: str, types: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert Python rows in one statement; `executemany` takes a millisecond for each."""
    if rows:
        lists = ", ".join(f"unnest($c{n}::{kind}[])" for n, kind in enumerate(types))
        values = {f"c{n}": [row[n] for row in rows] for n in range(len(types))}
        con.execute(f"insert into {table} select {lists}", values)


@contextmanager
def scratch_folder(paths: CompanyPaths) -> Iterator[Path]:
    """A folder for copies and spill inside the company's own; emptied first, in case a run was killed."""
    folder = paths.root / ".scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_connection(paths: CompanyPaths, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A throw-away database that can reach landing, raw and scratch, and nothing else.

    In memory, spilling into scratch: a file would be checkpointed on closing, only to be deleted.
    """
    con = connect(None, scratch, (paths.landing, paths.raw, scratch))
    try:
        for macro in casting.MACROS:
            con.execute(macro)
        yield con
    finally:
        con.close()


def clear(con: duckdb.DuckDBPyConnection) -> None:
    """Drop every table and view: rows of one file are neither memory nor an answer to the next."""
    found = con.execute(
        "select 'view', view_name from duckdb_views() where not internal union all "
        "select 'table', table_name from duckdb_tables()"
    ).fetchall()
    for kind, name in found:
        con.execute(f"drop {kind} {casting.quoted(name)}")
