"""Scalar SQL a user writes in company.yaml: checked to be one expression that reads nothing but its row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import duckdb

from dagster_project.companies import nearest
from dagster_project.ingest.errors import IngestError

_ALLOWED = {
    "COLUMN_REF", "CONSTANT", "FUNCTION", "OPERATOR", "COMPARISON", "CONJUNCTION", "CASE", "CAST", "BETWEEN", "LAMBDA",
    "COLLATE",
}  # fmt: skip
# Scalar by type, yet they read the session, the clock of the engine or more than the row.
_REFUSED = {
    "getenv",
    "getvariable",
    "current_setting",
    "unnest",
    "nextval",
    "currval",
    "write_log",
    "query",
    "sleep_ms",
}


def check(sql: str, columns: Iterable[str], where: str) -> None:
    """Raise `IngestError` (starting with `where`, a company.yaml line) unless `sql` is a scalar over `columns`."""
    with duckdb.connect() as con:
        row = con.execute("select json_serialize_sql($sql)", {"sql": f"select ({sql}\n)"}).fetchone()
    assert row is not None
    tree = json.loads(row[0])
    if tree["error"] or len(tree["statements"]) != 1 or "node" not in tree["statements"][0]:
        raise IngestError(f"{where}: not one SQL expression: {tree.get('error_message', 'several statements')}")
    selected = tree["statements"][0]["node"]["select_list"]
    lambdas = {name for node in _nodes(selected) if node["class"] == "LAMBDA" for name in _names(node["lhs"])}
    known = {c.casefold() for c in columns}
    for node in _nodes(selected):
        kind = node["class"]
        if kind not in _ALLOWED:
            raise IngestError(f"{where}: {kind.lower()} is not allowed; the expression may only compute from its row")
        if kind == "FUNCTION" and (name := node["function_name"].lower()) not in _scalar_functions():
            raise IngestError(f"{where}: the function '{name}' is not a pure scalar of DuckDB")
        if kind == "COLUMN_REF":
            name = ".".join(node["column_names"])
            if name not in lambdas and name.casefold() not in known:
                raise IngestError(f"{where}: unknown column '{name}'{nearest(name, list(columns))}")


def columns_of(sql: str) -> set[str]:
    """Column names the (checked) expression may refer to, as written."""
    with duckdb.connect() as con:
        row = con.execute("select json_serialize_sql($sql)", {"sql": f"select ({sql}\n)"}).fetchone()
    assert row is not None
    tree = json.loads(row[0])
    return set() if tree["error"] else set(_names(tree["statements"][0]["node"]["select_list"]))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for child in tree.values():
            yield from _nodes(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _nodes(child)


def _names(tree: Any) -> set[str]:
    return {".".join(n["column_names"]) for n in _nodes(tree) if n["class"] == "COLUMN_REF"}


@cache
def _scalar_functions() -> frozenset[str]:
    with duckdb.connect() as con:
        rows = con.execute(
            "select lower(function_name) from duckdb_functions() group by all "
            "having bool_and(function_type in ('scalar', 'macro') and coalesce(stability, 'CONSISTENT') = 'CONSISTENT')"
        ).fetchall()
    return frozenset(name for (name,) in rows) - _REFUSED
