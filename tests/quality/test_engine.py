"""The database engine under Great Expectations."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.quality.engine import Question, SqlAlchemyExecutionEngine, open_engine, open_session, sa

AS_OF = date(2024, 6, 30)
UNIQUE = Question("expect_column_values_to_be_unique", {"column": "id"})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "some data.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.things as select i as id, if(i < 3, null, i) as part, i || 'x' as word,"
            " date '2024-06-30' + i::integer as day, null::integer as nothing from range(1, 11) as t(i)"
        )
    return path


def test_the_connection_outlives_a_query(database: Path) -> None:
    """The library closes its connection before it fetches, and DuckDB then hands out no rows, without an error."""
    engine = open_engine(database)
    try:
        assert engine.execute_query(sa.text("select count(*) from raw.things")).fetchall() == [(10,)]
        engine.fetch_one("set variable kept = 1")
        assert engine.execute_query(sa.text("select getvariable('kept')")).fetchall() == [(1,)]
        theirs = SqlAlchemyExecutionEngine(engine=engine.engine)
        assert theirs.execute_query(sa.text("select count(*) from raw.things")).fetchall() == []
    finally:
        engine.close()


def test_a_failed_query_does_not_poison_the_next(database: Path) -> None:
    """Without a rollback every later check fails with "current transaction is aborted"."""
    engine = open_engine(database)
    try:
        with pytest.raises(sa.exc.SQLAlchemyError):
            engine.execute_query(sa.text("select word::integer from raw.things")).fetchall()
        assert engine.execute_query(sa.text("select 1")).fetchall() == [(1,)]
        with pytest.raises(sa.exc.SQLAlchemyError):
            engine.fetch_one("select nonsense from raw.things")
        assert engine.fetch_one("select 1") == (1,)
    finally:
        engine.close()


def test_the_file_is_free_after_a_session(database: Path) -> None:
    """A connection left in a pool locks the file against the step that writes it next, in any process."""
    write = (
        "import sys, duckdb\n"
        "with duckdb.connect(sys.argv[1]) as c: c.execute('create or replace table raw.proof as select 1')\n"
    )
    command = [sys.executable, "-c", write, str(database)]
    with open_session(database, AS_OF) as session:
        session.ask("raw", "things", [UNIQUE])
        assert subprocess.run(command, check=False, capture_output=True).returncode != 0
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_the_file_is_free_after_an_error(database: Path) -> None:
    """A check that breaks off must not leave the file locked for the repair run."""
    with pytest.raises(ZeroDivisionError), open_session(database, AS_OF) as session:
        session.ask("raw", "no_such_table", [UNIQUE])
        raise ZeroDivisionError
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table raw.proof as select 1")


def test_counts_of_every_kind(database: Path) -> None:
    """Rows judged and rows unexpected are read from metrics by name; a renamed metric would count nothing."""
    questions = [
        Question("expect_column_values_to_not_be_null", {"column": "part", "mostly": 0.5}),
        Question("expect_column_values_to_be_between", {"column": "part", "min_value": 5}),
        Question("expect_column_values_to_be_in_set", {"column": "nothing", "value_set": [1]}),
        Question("expect_column_values_to_match_regex", {"column": "word", "regex": "^[0-8]x$"}),
        Question("expect_column_values_to_not_match_regex", {"column": "word", "regex": "^[12]x$"}),
        Question("expect_column_pair_values_a_to_be_greater_than_b",
                 {"column_A": "id", "column_B": "part", "ignore_row_if": "either_value_is_missing"}),
        Question("expect_compound_columns_to_be_unique",
                 {"column_list": ["id", "part"], "ignore_row_if": "any_value_is_missing"}),
        Question("expect_column_max_to_be_between", {"column": "day", "min_value": date(2024, 7, 10)}),
        Question("expect_column_max_to_be_between", {"column": "day", "min_value": date(2024, 7, 11)}),
        Question("expect_column_max_to_be_between", {"column": "nothing", "min_value": 1}),
        Question("expect_table_row_count_to_be_between", {"min_value": 11}),
        Question("expect_query_to_flag_few_rows", {"query": "select part > 5 as is_unexpected from {batch}"}),
        Question("expect_query_to_flag_few_rows",
                 {"query": "select day > getvariable('as_of') + 5 as is_unexpected from {batch}", "mostly": 0.5}),
        Question("expect_column_values_to_be_unique",
                 {"column": "part", "row_condition": {"type": "comparison", "column": {"name": "day"},
                                                      "operator": "<", "parameter": date(2024, 7, 6)}}),
        UNIQUE,
    ]  # fmt: skip
    with open_session(database, AS_OF) as session:
        outcomes = session.ask("raw", "things", questions)
    assert [(outcomes[i].success, outcomes[i].judged, outcomes[i].unexpected) for i in range(len(questions))] == [
        (True, 10, 2),
        (False, 8, 2),
        (True, 0, 0),
        (False, 10, 2),
        (False, 10, 2),
        (False, 8, 8),
        (True, 8, 0),
        (True, 1, 0),
        (False, 1, 1),
        (False, 0, 0),
        (False, 1, 1),
        (False, 8, 5),
        (True, 10, 5),
        (True, 3, 0),
        (True, 10, 0),
    ]


def test_one_broken_column_fails_alone(database: Path) -> None:
    """Metrics share a statement: a cast that fails in one must not fail the others, nor be lost among them."""
    questions = [
        UNIQUE,
        Question("expect_column_values_to_be_between", {"column": "word", "min_value": 1}),
        Question("expect_column_values_to_be_between", {"column": "id", "min_value": 1}),
        Question("expect_column_values_to_be_between", {"column": "no_such_column", "min_value": 1}),
        Question("expect_query_to_flag_few_rows", {"query": "select word::int > 1 as is_unexpected from {batch}"}),
        Question("expect_no_such_thing", {}),
    ]
    with open_session(database, AS_OF) as session:
        outcomes = session.ask("raw", "things", questions)
    assert [outcomes[i].error is None for i in range(6)] == [True, False, True, False, False, False]
    assert not any(outcomes[i].success for i in (1, 3, 4, 5))
    assert outcomes[4].error == "ConversionException"
    assert not any("1x" in str(outcome) for outcome in outcomes.values())


def test_nothing_is_sent_anywhere(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that phones home would tell a third party that, and when, a company is being assessed."""
    asked: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: asked.append(args))
    with open_session(database, AS_OF) as session:
        session.ask("raw", "things", [UNIQUE])
    assert asked == []
