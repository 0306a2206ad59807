"""Expectation suites run on a database -> `ExpectationResult`s. Fails closed, and says what it could not assess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project.quality.results import ExpectationResult, Status
from dagster_project.quality.rows_sql import rows_sql
from dagster_project.quality.suites import NOT_NULL, Expectation, QualityError, Suite, load_suites
from dagster_project.settings import EXPECTATIONS_DIR

if TYPE_CHECKING:
    from dagster_project.quality.engine import Outcome, Session

Delivered = frozenset[tuple[str, str]]
Finding = tuple[Status, str | None]


def run_suites(
    database: Path,
    stage: str,
    as_of: date,
    expectations_dir: Path = EXPECTATIONS_DIR,
    inputs_database: Path | None = None,
) -> list[ExpectationResult]:
    """Judge every relation of a stage (`raw` or `marts`) in a DuckDB file, read-only.

    What was delivered is read from `evidence.inputs` of `inputs_database` (the work file), by default of `database`.
    One result per expectation of the suites, in their order. An expectation on what was not delivered, or on a column
    without a single value, is `not_assessed`; one that cannot be evaluated, and every one on a missing relation or on
    an empty relation that is required, is `failed`.

    Raises `SuiteError` for a suite that is wrong, `QualityError` for a file that cannot be judged.
    """
    suites = load_suites(expectations_dir, stage)
    delivered = _delivered(inputs_database or database)
    row_counts = _row_counts(database, suites)
    results: list[ExpectationResult] = []
    # Here, not above: four seconds of import that only a run should pay.
    from dagster_project.quality.engine import open_session

    with open_session(database, as_of) as session:
        for suite in suites:
            results.extend(_run_suite(session, suite, row_counts.get(suite.relation), delivered, as_of))
    return results


def _run_suite(
    session: Session, suite: Suite, rows: int | None, delivered: Delivered, as_of: date
) -> list[ExpectationResult]:
    settled = _settled_whole(suite, rows, delivered)
    if settled is not None:
        return [_result(suite, e, as_of, settled) for e in suite.expectations]
    open_questions = [e for e in suite.expectations if not _missing(e.needs, suite, delivered)]
    outcomes = _ask(session, suite, open_questions, as_of)
    results = []
    for expectation in suite.expectations:
        outcome = outcomes.get(expectation.name)
        if outcome is None:
            missing = ", ".join(_missing(expectation.needs, suite, delivered))
            results.append(_result(suite, expectation, as_of, ("not_assessed", f"{missing} was not delivered")))
        else:
            results.append(_result(suite, expectation, as_of, _finding(expectation, outcome), outcome))
    return results


def _settled_whole(suite: Suite, rows: int | None, delivered: Delivered) -> Finding | None:
    """The finding for every expectation at once, where the relation as a whole decides it."""
    if suite.stage == "raw":
        missing = [] if any(entity == suite.table for entity, _ in delivered) else [suite.table]
    else:
        missing = _missing(suite.built_from, suite, delivered)
    if missing:
        return "not_assessed", f"{', '.join(missing)} was not delivered"
    if rows is None:
        return "failed", f"the relation {suite.relation} does not exist"
    if rows == 0 and suite.required:
        return "failed", "the relation is empty, and must not be"
    if rows == 0:
        return "not_assessed", "the relation is empty"
    return None


def _ask(session: Session, suite: Suite, expectations: Sequence[Expectation], as_of: date) -> Mapping[str, Outcome]:
    from dagster_project.quality.engine import Question

    if not expectations:
        return {}
    outcomes = session.ask(suite.schema, suite.table, [Question(e.type, e.kwargs_at(as_of)) for e in expectations])
    lost = [e.name for position, e in enumerate(expectations) if position not in outcomes]
    if lost or len(outcomes) != len(expectations):
        raise QualityError(
            f"{suite.path}: {len(expectations)} expectations were sent and {len(outcomes)} came back; "
            f"without an answer: {', '.join(lost)}"
        )
    return {e.name: outcomes[position] for position, e in enumerate(expectations)}


def _finding(expectation: Expectation, outcome: Outcome) -> Finding:
    if outcome.error is not None:
        return "failed", f"it could not be evaluated ({outcome.error})"
    if not outcome.judged:
        if expectation.type == NOT_NULL and expectation.kwargs.get("row_condition") is None:
            return "failed", "there was no row to judge"
        columns = ", ".join(expectation.columns)
        return "not_assessed", f"no value to judge in {columns}" if columns else "no row to judge"
    return ("passed" if outcome.success else "failed"), None


def _result(
    suite: Suite, expectation: Expectation, as_of: date, finding: Finding, outcome: Outcome | None = None
) -> ExpectationResult:
    status, reason = finding
    judged = outcome.judged if outcome is not None and outcome.judged else None
    unexpected = outcome.unexpected if outcome is not None and judged else None
    return ExpectationResult(
        stage=suite.stage,
        relation=suite.relation,
        name=expectation.name,
        expectation=expectation.type,
        column_name=", ".join(expectation.columns) or None,
        dimension=expectation.dimension,
        severity=expectation.severity,
        status=status,
        element_count=judged,
        unexpected_count=unexpected,
        unexpected_share=unexpected / judged if judged and unexpected is not None else None,
        threshold=expectation.mostly,
        description_en=expectation.description_en,
        description_zh=expectation.description_zh,
        reason=reason,
        rows_sql=rows_sql(suite, expectation, as_of) if unexpected else None,
    )


def _missing(needs: Sequence[str], suite: Suite, delivered: Delivered) -> list[str]:
    """The needs of which no alternative was delivered, in words."""
    return [
        " or ".join(need.split("|"))
        for need in needs
        if not any(_split(name, suite) in delivered for name in need.split("|"))
    ]


def _split(name: str, suite: Suite) -> tuple[str, str]:
    entity, _, column = name.rpartition(".")
    return entity or suite.table, column


def _delivered(work_db: Path) -> Delivered:
    with _read_only(work_db) as connection:
        try:
            rows = connection.execute("select entity, column_name from evidence.inputs where delivered").fetchall()
        except duckdb.CatalogException:
            raise QualityError(
                f"{work_db}: there is no evidence.inputs to say what was delivered; load the raw tables first"
            ) from None
    return frozenset((entity, column) for entity, column in rows)


def _row_counts(database: Path, suites: Sequence[Suite]) -> dict[str, int]:
    """Rows by relation, for those that exist."""
    counts: dict[str, int] = {}
    with _read_only(database) as connection:
        present = set(
            connection.execute(
                "select table_schema, table_name from information_schema.tables"
                " where table_catalog = current_database()"
            ).fetchall()
        )
        for suite in suites:
            if (suite.schema, suite.table) in present:
                found = connection.table(f'"{suite.schema}"."{suite.table}"').count("*").fetchall()
                counts[suite.relation] = int(found[0][0])
    return counts


def _read_only(database: Path) -> duckdb.DuckDBPyConnection:
    if not database.is_file():
        raise QualityError(f"{database}: there is no such database to judge")
    try:
        return duckdb.connect(str(database), read_only=True)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise QualityError(f"{database}: another process has it open for writing") from None
        raise QualityError(f"{database}: not a database this version of DuckDB can read") from None
