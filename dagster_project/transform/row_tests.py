"""The tests that look at the rows of one table alone: asked together, in one query a table.

dbt asks each by itself, which takes it some fifty milliseconds where the query takes one; there are hundreds. What a
test holds true, its name and what counts as a row that breaks it are dbt's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

# Kind -> the arguments that are understood; a test with others is left to dbt.
_ARGUMENTS = {
    "not_null": {"model", "column_name"},
    "unique": {"model", "column_name"},
    "unique_together": {"model", "columns"},
    "accepted_values": {"model", "column_name", "values"},
}
# Settings that change what a test counts, at what they are when nobody changed them.
_UNCHANGED = {
    "severity": "ERROR",
    "error_if": "!= 0",
    "warn_if": "!= 0",
    "fail_calc": "count(*)",
    "where": None,
    "limit": None,
    "store_failures": False,
}


@dataclass(frozen=True)
class RowTest:
    """`asks` is what it holds true, in words; `sql` gives the rows that break it; `model` is the table's unique id."""

    unique_id: str
    name: str
    model: str
    asks: str
    sql: str


def row_test(node: Any, asks: str, relation: str) -> RowTest | None:
    """The test of dbt's manifest as one of these; None if it is for dbt to ask."""
    metadata = getattr(node, "test_metadata", None)
    if metadata is None or _ARGUMENTS.get(metadata.name) != set(metadata.kwargs):
        return None
    if any(getattr(node.config, name) != value for name, value in _UNCHANGED.items()):
        return None
    sql = _rows(metadata.name, metadata.kwargs, relation)
    return RowTest(node.unique_id, node.name, node.attached_node, asks, sql)


def ask(connection: duckdb.DuckDBPyConnection, tests: Sequence[RowTest]) -> list[int]:
    """How many rows break each of these tests, which are about one table."""
    counts = ", ".join(f"(select count(*) from ({test.sql}))" for test in tests)  # noqa: S608
    return list(connection.execute(f"select {counts}").fetchone() or ())


def _rows(kind: str, arguments: dict[str, Any], relation: str) -> str:
    if kind == "unique_together":
        columns = ", ".join(arguments["columns"])
        return f"select {columns}, count(*) as rows_found from {relation} group by {columns} having count(*) > 1"  # noqa: S608
    column = arguments["column_name"]
    if kind == "not_null":
        return f"select {column} from {relation} where {column} is null"  # noqa: S608
    if kind == "unique":
        filled = f"select {column}, count(*) as rows_found from {relation} where {column} is not null"  # noqa: S608
        return f"{filled} group by {column} having count(*) > 1"
    values = ", ".join("'" + str(value).replace("'", "''") + "'" for value in arguments["values"])
    return f"select {column}, count(*) as rows_found from {relation} where {column} not in ({values}) group by {column}"  # noqa: S608
