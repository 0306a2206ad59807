"""What only the seller gets: rows of customers under their pseudonyms, which are personal data all the same."""

from __future__ import annotations

from pathlib import Path

from dagster_project.report import queries
from dagster_project.report.content import Sentence, Table, verbatim
from dagster_project.report.labels import Labels
from dagster_project.report.marts import SELLER

MOST_ROWS = 150  # on the page; the workbook has them all


def tables(marts: Path, labels: Labels) -> dict[str, Table]:
    """The seller's tables that are built and have rows, in full, by name."""
    out = {}
    with queries.open_marts(marts) as connection:
        present = queries.tables_in(connection)
        for mart in SELLER:
            rows = queries.rows_of(connection, mart.sql) if mart.table in present else []
            if rows:
                title = labels("table", mart.label)
                out[mart.table] = Table(
                    mart.query.replace("_", "-"), mart.query, title, mart.columns, rows, searchable=True
                )
    return out


def shortened(table: Table) -> Table:
    """As much of a table as a page bears; it is said under it."""
    if len(table.rows) <= MOST_ROWS:
        return table
    note = Sentence(
        "The first {shown} of {rows} rows; the workbook has all.",
        "仅列前 {shown} 行（共 {rows} 行），工作簿含全部。",
        {"shown": verbatim(f"{MOST_ROWS:,}"), "rows": verbatim(f"{len(table.rows):,}")},
    )
    return Table(table.id, table.query, table.title, table.columns, table.rows[:MOST_ROWS], searchable=True, note=note)
