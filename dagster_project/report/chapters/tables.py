"""Annexes that are published tables with a sentence before them."""

from __future__ import annotations

from collections.abc import Sequence

from dagster_project.report.content import Block, Chapter, Heading, Paragraph, Sentence, Table, Text
from dagster_project.report.data import ReportData
from dagster_project.report.marts import BY_TABLE


def annex(data: ReportData, anchor: str, title: Text, words: Sentence, tables: Sequence[str]) -> Chapter:
    """The tables in turn; those without a row are named."""
    blocks: list[Block] = [Paragraph(words)]
    missing = []
    for name in tables:
        mart = BY_TABLE.get(name)
        if mart is None or not data.rows[mart.query]:
            missing.append(name)
            continue
        rows, heading = data.rows[mart.query], data.labels("table", name)
        ident = mart.query.replace("_", "-")
        if len(tables) > 1:
            blocks.append(Heading(f"{ident}-title", heading))
        columns = (mart.columns[0], *(column for column in mart.columns[1:] if column.kind != "code"))
        blocks.append(Table(ident, mart.query, heading, columns, rows, searchable=len(rows) > 12, is_titled=False))
    return Chapter(f"annex-{anchor}", title, [*blocks, *data.lacking(missing)], "annex")
