"""Work files for tests: the raw tables of the contract, filled from plain dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.ingest.contract import entities
from dagster_project.score.tables import create_tables as create_simulation_tables
from dagster_project.value.tables import write as write_predictions

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def create_raw_tables(path: Path, rows: Rows, delivered_on: date) -> None:
    """Every canonical table, typed; `rows` gives some of them records. A column some row names counts as delivered."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw; create schema evidence")
        connection.execute(
            "create table evidence.inputs"
            " (entity varchar, column_name varchar, delivered boolean, row_count bigint, non_null_count bigint)"
        )
        create_simulation_tables(connection)
        for entity in entities().values():
            columns = ", ".join(f"{c.name} {c.duckdb_type}" for c in entity.columns.values())
            connection.execute(
                f"create table raw.{entity.name} ({columns}, _delivered_on date, _first_delivered_on date,"
                " _removed_on date, _file varchar, _line bigint)"
            )
            records = rows.get(entity.name, [])
            for line, record in enumerate(records, start=2):
                record = {
                    "_delivered_on": delivered_on,
                    "_first_delivered_on": delivered_on,
                    "_file": f"{entity.name}.csv",
                    "_line": line,
                    **record,
                }
                marks = ", ".join("?" for _ in record)
                connection.execute(
                    f"insert into raw.{entity.name} ({', '.join(record)}) values ({marks})", list(record.values())
                )
            for column in entity.columns:
                present = sum(record.get(column) is not None for record in records)
                delivered = any(column in record for record in records)
                connection.execute(
                    "insert into evidence.inputs values (?, ?, ?, ?, ?)",
                    [entity.name, column, delivered, len(records), present],
                )
        connection.execute(
            "create table evidence.row_accounting (delivery date, file varchar, entity varchar, delivered bigint,"
            " loaded bigint, quarantined bigint, duplicates bigint, excluded bigint, erased bigint)"
        )
        connection.execute(
            "create table evidence.restatements (entity varchar, record_key varchar, column_name varchar,"
            " old_value varchar, new_value varchar, delivery date)"
        )
        connection.execute(
            "create table evidence.expectation_results (stage varchar, relation varchar, name varchar,"
            " expectation varchar, column_name varchar, dimension varchar, severity varchar, status varchar,"
            " element_count bigint,"
            " unexpected_count bigint, unexpected_share double, threshold double, description_en varchar,"
            " description_zh varchar, reason varchar, rows_sql varchar)"
        )
        write_predictions(connection, {})
