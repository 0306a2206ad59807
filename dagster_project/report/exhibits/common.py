"""What exhibits share: a chart over a declared table, and its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from dagster_project.report.content import HIDDEN, Chart, Kind, Number, Row, Sentence, Table, Text
from dagster_project.report.data import ReportData
from dagster_project.report.figures import Figures
from dagster_project.report.marts import BY_QUERY

Values = Mapping[str, Number | Text | date]


def drawn(
    data: ReportData,
    query: str,
    title: Text,
    finding: Sentence,
    figures: Figures,
    rows: Sequence[Row] | None = None,
    name: str = "",
    size: Literal["small", "wide"] = "wide",
) -> Chart:
    """A chart of a declared table, with that table under it; `name` tells two of one table apart."""
    mart = BY_QUERY[query]
    anchor = f"{query}-{name}".strip("-").replace("_", "-")
    found = data.rows[query] if rows is None else rows
    table = Table(
        f"{anchor}-rows", query, data.labels("table", mart.table), mart.columns, found, searchable=len(found) > 20
    )
    return Chart(f"chart-{anchor}", title, finding, figures, table, size)


def known(rows: Sequence[Row], *columns: str) -> list[Row]:
    """Rows in which these columns are there to be seen."""
    return [row for row in rows if not any(row[column] is None or row[column] is HIDDEN for column in columns)]


def number(row: Row, query: str, column: str, kind: Kind) -> Number:
    return Number(row[column], kind, f"{query}.{column}")


def word(data: ReportData, area: str, value: Any) -> Text:
    """The label of a word of the marts, or the word itself; a missing one is said to be unknown."""
    return data.labels.or_verbatim(area, "unknown" if value is None else str(value))


def money_axis(data: ReportData, words: Text) -> Text:
    return Text(f"{words.en} ({data.company.currency})", f"{words.zh}（{data.company.currency}）")


def size_of(value: Any) -> float:
    """A figure to compare by; what is hidden or missing counts for nothing."""
    return float(value) if isinstance(value, int | float | Decimal) else 0.0
