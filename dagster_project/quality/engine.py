"""Great Expectations inside DuckDB: expectations become SQL, and only counts come back.

Importing this module imports Great Expectations (about 4 s): import it inside functions.
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# No context is made here, and nothing phones home without one; the library's own switch says it once more.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
with warnings.catch_warnings():
    # The library imports modules the standard library deprecated.
    warnings.simplefilter("ignore")
    from great_expectations.core.batch_spec import SqlAlchemyDatasourceBatchSpec
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.expectations.expectation import BatchExpectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_value
    from great_expectations.validator.metrics_calculator import MetricsCalculator

# The library logs failed statements, and a failed cast quotes the value it stumbled on.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)

# With this format the library asks for counts alone; every other one also fetches the offending values.
_COUNTS_ONLY = {"result_format": {"result_format": "BOOLEAN_ONLY"}}
_JUDGED_METRIC = "query.judged_rows"


@dataclass(frozen=True)
class Question:
    """One expectation as the library takes it; `kwargs` hold typed values, no placeholders."""

    type: str
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What came of one question.

    `judged` counts the rows the expectation could judge (values that are present; 1 for an aggregate), `unexpected`
    those of them that break it. `error` is set, and the counts are not, when it could not be evaluated.
    """

    success: bool
    judged: int | None = None
    unexpected: int | None = None
    error: str | None = None


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """The library's SQL engine on one DuckDB connection that lives as long as the engine."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # DuckDB is not among the dialects the library writes regular expressions for; PostgreSQL's `~` is the same
        # operator there, with the difference that it matches the whole value (the suites anchor theirs).
        self.dialect_module = SimpleNamespace(dialect=postgresql.dialect)
        self._connection: sa.Connection | None = None

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        # The parent closes the connection before its caller fetches; DuckDB then gives no rows, without an error.
        if self._connection is None:
            self._connection = self.engine.connect()
        try:
            yield self._connection
        except Exception:
            # Or every later statement fails with "current transaction is aborted".
            self._connection.rollback()
            raise

    def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        with self.get_connection() as connection:
            row = connection.exec_driver_sql(sql, tuple(parameters)).fetchone()
        return tuple(row) if row is not None else ()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        super().close()


class JudgedRows(MetricProvider):
    """Rows a query judged and rows it flagged, in one pass: `{"judged": int, "unexpected": int}`."""

    metric_name = _JUDGED_METRIC
    domain_keys = ("batch_id",)
    value_keys = ("query",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict,
        metric_value_kwargs: dict,
        metrics: dict,
        runtime_configuration: dict,
    ) -> dict[str, int]:
        batch = execution_engine.batch_manager.active_batch_data
        query = batch_query(metric_value_kwargs["query"], batch.source_schema_name, batch.source_table_name)
        judged, unexpected = execution_engine.fetch_one(
            # The query is a suite's own text; nothing that was delivered is formatted into it.
            # Not count_if, which is null where the optimizer sees that nothing is judged.
            f"select count(is_unexpected), count(*) filter (where is_unexpected) from ({query}\n)"  # noqa: S608
        )
        return {"judged": int(judged), "unexpected": int(unexpected)}


class ExpectQueryToFlagFewRows(BatchExpectation):
    """A query over `{batch}` that returns one row per judged row, with a boolean `is_unexpected` (null: not judged)."""

    query: str
    mostly: float = 1.0

    metric_dependencies: ClassVar[tuple[str, ...]] = (_JUDGED_METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("query", "mostly")
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def _validate(
        self, metrics: dict, runtime_configuration: dict | None = None, execution_engine: Any = None
    ) -> dict[str, bool]:
        counts = metrics[_JUDGED_METRIC]
        judged, unexpected = counts["judged"], counts["unexpected"]
        return {"success": judged == 0 or (judged - unexpected) / judged >= self.mostly}


def batch_query(query: str, schema: str, table: str) -> str:
    """The query with `{batch}` replaced by the quoted relation."""
    return query.replace("{batch}", f'"{schema}"."{table}"')


def open_engine(database: Path) -> DuckDBExecutionEngine:
    """An engine on a DuckDB file, read-only."""
    url = sa.URL.create("duckdb", database=str(database))
    # The pool keeps nothing: what is closed is closed, and the lock on the file goes with it.
    pool = sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args={"read_only": True})
    return DuckDBExecutionEngine(engine=pool, create_temp_table=False)


class Session:
    """One open DuckDB file; `ask` puts expectations to its relations. Close it, or nobody else can write the file."""

    def __init__(self, database: Path, as_of: date) -> None:
        self._engine = open_engine(database)
        self._engine.fetch_one("set variable as_of = ?::date", [as_of])

    def close(self) -> None:
        self._engine.close()

    def ask(self, schema: str, table: str, questions: Sequence[Question]) -> dict[int, Outcome]:
        """Outcomes by position of the question; a position is missing where the library gave no answer.

        Queries may read the as-of date as `getvariable('as_of')`.
        """
        spec = SqlAlchemyDatasourceBatchSpec(schema_name=schema, table_name=table, batch_identifiers={})
        batch, _ = self._engine.get_batch_data_and_markers(spec)
        self._engine.load_batch_data(f"{schema}.{table}", batch)
        outcomes = _answer(self._engine, list(enumerate(questions)))
        # A failing column takes down every metric computed in the same statement: ask those again, one by one.
        broken = [position for position, outcome in outcomes.items() if outcome.error is not None]
        if len(broken) > 1:
            for position in broken:
                outcomes.update(_answer(self._engine, [(position, questions[position])]))
        return outcomes


@contextmanager
def open_session(database: Path, as_of: date) -> Iterator[Session]:
    """A session on a DuckDB file, read-only; the file is free again afterwards."""
    session = Session(database, as_of)
    try:
        yield session
    finally:
        session.close()


def _answer(engine: DuckDBExecutionEngine, questions: Sequence[tuple[int, Question]]) -> dict[int, Outcome]:
    """One pass: the metrics of all questions are computed together, one statement per kind of scan."""
    outcomes: dict[int, Outcome] = {}
    asked: dict[int, tuple[Any, Mapping[str, Any]]] = {}
    for position, question in questions:
        try:
            asked[position] = _configure(engine, question)
        except Exception as error:  # noqa: BLE001 - the library raises whatever a validator raised
            outcomes[position] = Outcome(success=False, error=_safe_name(repr(error)))
    try:
        metrics, aborted = MetricsCalculator(engine).compute_metrics(
            [metric for _, needed in asked.values() for metric in needed.values()], runtime_configuration=_COUNTS_ONLY
        )
    except Exception as error:  # noqa: BLE001 - and a metric whatever the database raised
        return outcomes | dict.fromkeys(asked, Outcome(success=False, error=_safe_name(repr(error))))
    for position, (expectation, needed) in asked.items():
        if all(metric.id in metrics for metric in needed.values()):
            found = {name: metrics[metric.id] for name, metric in needed.items()}
            outcomes[position] = _outcome(engine, expectation, found)
        else:
            outcomes[position] = Outcome(success=False, error=_safe_name(str(aborted)))
    return outcomes


def _configure(engine: DuckDBExecutionEngine, question: Question) -> tuple[Any, Mapping[str, Any]]:
    """The library's expectation, and the metrics it needs by name."""
    kwargs = {**question.kwargs, "batch_id": engine.batch_manager.active_batch_id}
    expectation = ExpectationConfiguration(type=question.type, kwargs=kwargs).to_domain_obj()
    dependencies = expectation.get_validation_dependencies(
        execution_engine=engine, runtime_configuration=dict(_COUNTS_ONLY)
    )
    return expectation, {name: dependencies.get_metric_configuration(name) for name in dependencies.get_metric_names()}


def _outcome(engine: DuckDBExecutionEngine, expectation: Any, found: Mapping[str, Any]) -> Outcome:
    try:
        # Not `metrics_validate`, which works the dependencies out once more; that is a third of a run.
        answer = expectation._validate(
            metrics=dict(found), execution_engine=engine, runtime_configuration=dict(_COUNTS_ONLY)
        )
    except Exception as error:  # noqa: BLE001 - a verdict that cannot be computed, say a date compared with a word
        return Outcome(success=False, error=_safe_name(repr(error)))
    success = bool(answer["success"])
    judged, unexpected = _counts(expectation.expectation_type, found, success=success)
    return Outcome(success=success, judged=judged, unexpected=unexpected)


def _counts(kind: str, metrics: Mapping[str, Any], *, success: bool) -> tuple[int, int]:
    """Rows judged and rows unexpected, from the metrics the expectation was computed with."""
    if _JUDGED_METRIC in metrics:
        counts = metrics[_JUDGED_METRIC]
        return counts["judged"], counts["unexpected"]
    nulls = int(metrics.get("column_values.nonnull.unexpected_count") or 0)
    rows = int(metrics.get("table.row_count") or 0)
    if kind == "expect_column_values_to_not_be_null":
        return rows, nulls
    unexpected = next((v for k, v in metrics.items() if k.endswith(".unexpected_count") and ".nonnull." not in k), None)
    filtered = next((v for k, v in metrics.items() if k.endswith(".filtered_row_count")), None)
    if filtered is not None:
        return int(filtered), int(unexpected or 0)
    if "column_values.nonnull.unexpected_count" in metrics:
        return rows - nulls, int(unexpected or 0)
    # An aggregate: one statement, judged unless there was nothing to aggregate.
    judged = int(any(value is not None for value in metrics.values()))
    return judged, 0 if success else judged


_EXCEPTION_NAMES = frozenset(
    name for name in dir(duckdb) if name.endswith(("Exception", "Error")) and isinstance(getattr(duckdb, name), type)
) | frozenset(
    {
        "ColumnNotFound",
        "InvalidMetricAccessorDomainKwargsKeyError",
        "MetricResolutionError",
        "NotImplementedError",
        "TypeError",
        "ValidationError",
        "ValueError",
    }
)


def _safe_name(text: str) -> str:
    """The kind of the error, from a closed list: the text around it may quote what was delivered."""
    found = [word for word in re.findall(r"[A-Z]\w+", text) if word in _EXCEPTION_NAMES]
    specific = [word for word in found if word not in ("Error", "MetricResolutionError")]
    return (specific or found or ["Error"])[0]
