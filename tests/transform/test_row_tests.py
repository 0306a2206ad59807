"""The tests of rows that are asked together: each counts what dbt's own query counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from dagster_project.transform.row_tests import RowTest, ask, row_test

DEFAULTS = {
    "severity": "ERROR",
    "error_if": "!= 0",
    "warn_if": "!= 0",
    "fail_calc": "count(*)",
    "where": None,
    "limit": None,
    "store_failures": False,
}


def _node(kind: str, arguments: dict[str, Any], **config: Any) -> SimpleNamespace:
    return SimpleNamespace(
        unique_id=f"test.bookworth.{kind}",
        name=kind,
        attached_node="model.bookworth.orders",
        test_metadata=SimpleNamespace(name=kind, kwargs={"model": "{{ ref('orders') }}", **arguments}),
        config=SimpleNamespace(**{**DEFAULTS, **config}),
    )


def _test(kind: str, **arguments: Any) -> RowTest:
    found = row_test(_node(kind, arguments), "in words", "orders")
    assert found is not None
    return found


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute(
        "create table orders as select * from (values"
        " (1, 'a', 'open'), (2, 'a', 'open'), (2, null, 'gone'), (null, null, 'gone'), (null, 'it''s', null)"
        ") as rows (id, part, status)"
    )
    return made


def test_each_kind_counts_the_rows_that_break_it(connection: duckdb.DuckDBPyConnection) -> None:
    """A query that finds nothing passes every table; one that counts otherwise than dbt says something else to it."""
    tests = [
        _test("not_null", column_name="id"),
        _test("unique", column_name="id"),  # nothing is no value
        _test("accepted_values", column_name="status", values=["closed"]),  # each value once
        _test("unique_together", columns=["id", "part"]),
    ]
    assert ask(connection, tests) == [2, 1, 2, 0]
    assert ask(connection, [_test("accepted_values", column_name="part", values=["a", "it's"])]) == [0]
    assert ask(connection, [_test("unique_together", columns=["status"])]) == [2]
    connection.execute("insert into orders values (null, null, 'gone')")
    assert ask(connection, [_test("unique_together", columns=["id", "part"])]) == [1]


def test_a_failing_test_shows_its_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """The query that the check offers has to find what was counted."""
    for test in (_test("not_null", column_name="id"), _test("unique", column_name="id")):
        assert len(connection.execute(test.sql).fetchall()) == ask(connection, [test])[0]


@pytest.mark.parametrize(
    "node",
    [
        _node("not_null", {"column_name": "id"}, where="status = 'open'"),
        _node("not_null", {"column_name": "id"}, severity="WARN"),
        _node("unique", {"column_name": "id"}, error_if="> 10"),
        _node("accepted_values", {"column_name": "id", "values": [1], "quote": False}),
        _node("relationships", {"column_name": "id", "to": "x", "field": "id"}),
        SimpleNamespace(name="assert_orders_add_up"),
    ],
)
def test_what_asks_for_more_is_left_to_dbt(node: Any) -> None:
    """A condition or a threshold that is ignored makes a test fail, or pass, that should not."""
    assert row_test(node, "in words", "orders") is None
