"""What a build's work file says about its own quality: results read back, and whether every row is accounted for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb

from dagster_project.quality.results import ExpectationResult
from dagster_project.quality.tables import COLUMNS, TABLE


def read_results(work_db: Path) -> list[ExpectationResult]:
    """Every expectation result in the work file; none if no check has run."""
    with duckdb.connect(str(work_db), read_only=True) as connection:
        known = connection.execute(
            "select count(*) from duckdb_tables() where schema_name || '.' || table_name = ?", [TABLE]
        ).fetchone()
        if not known or not known[0]:
            return []
        rows = connection.execute(
            f"select {', '.join(COLUMNS)} from {TABLE} order by stage, relation, name"  # noqa: S608
        ).fetchall()
    return [ExpectationResult(**dict(zip(COLUMNS, row, strict=True))) for row in rows]


def status_counts(work_db: Path) -> dict[str, int]:
    """passed, failed and not_assessed -> how many expectations."""
    return dict(sorted(Counter(result.status for result in read_results(work_db)).items()))


def unbalanced_files(work_db: Path) -> list[str]:
    """Files of which not every row is accounted for, in words. Empty accounting is itself a fault: fail closed."""
    with duckdb.connect(str(work_db), read_only=True) as connection:
        total = connection.execute("select count(*) from evidence.row_accounting").fetchone()
        rows = connection.execute(
            """
            select delivery, file, entity, delivered, loaded + quarantined + duplicates + excluded + erased
            from evidence.row_accounting
            where delivered is distinct from loaded + quarantined + duplicates + excluded + erased
            order by all
            """
        ).fetchall()
    if not total or not total[0]:
        return ["no file was accounted for"]
    return [
        f"{day} {file} ({entity}): {got} rows delivered, {known} accounted for"
        for day, file, entity, got, known in rows
    ]
