"""Results -> `evidence.expectation_results` in the work file, where the quality marts read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from dagster_project.quality.results import ExpectationResult

TABLE = "evidence.expectation_results"
COLUMNS: Mapping[str, str] = {
    "stage": "varchar",
    "relation": "varchar",
    "name": "varchar",
    "expectation": "varchar",
    "column_name": "varchar",
    "dimension": "varchar",
    "severity": "varchar",
    "status": "varchar",
    "element_count": "bigint",
    "unexpected_count": "bigint",
    "unexpected_share": "double",
    "threshold": "double",
    "description_en": "varchar",
    "description_zh": "varchar",
    "reason": "varchar",
    "rows_sql": "varchar",
}


def write_results(work_db: Path, results: Sequence[ExpectationResult]) -> None:
    """Replace the rows of every stage in `results`, creating the table if need be; key (stage, relation, name)."""
    definition = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items())
    values = ", ".join(f"unnest(?::{type_}[])" for type_ in COLUMNS.values())
    # Column names and types come from the mapping above; everything else is a parameter.
    with duckdb.connect(str(work_db)) as connection:
        connection.execute("create schema if not exists evidence")
        connection.execute(f"create table if not exists {TABLE} ({definition})")
        connection.begin()
        connection.execute(
            f"delete from {TABLE} where list_contains(?::varchar[], stage)",  # noqa: S608
            [sorted({result.stage for result in results})],
        )
        connection.execute(
            f"insert into {TABLE} select {values}",
            [[getattr(result, name) for result in results] for name in COLUMNS],
        )
        connection.commit()
