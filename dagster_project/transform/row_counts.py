"""How many rows each table of a DuckDB file has."""

from __future__ import annotations

from pathlib import Path

import duckdb


def row_counts(database: Path) -> dict[str, int]:
    """`schema.table` -> rows, exact, in one read-only connection. An absent file has no tables."""
    if not database.is_file():
        return {}
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database() order by all"
        ).fetchall()
        counts = {}
        for schema, table in names:
            relation = f'"{schema}"."{table}"'
            found = connection.execute(f"select count(*) from {relation}").fetchone()  # noqa: S608
            counts[f"{schema}.{table}"] = found[0] if found else 0
        return counts
