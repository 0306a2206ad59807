"""Annex: where every delivered row went, what was left out of it, and what later deliveries changed."""

from __future__ import annotations

from dagster_project.report.content import (
    Block,
    Chapter,
    Column,
    Heading,
    Note,
    Number,
    Paragraph,
    Sentence,
    Table,
    Text,
)
from dagster_project.report.data import ReportData
from dagster_project.report.queries import QUERIES

ACCOUNTING = (
    Column("file", "text"),
    Column("delivery", "date"),
    Column("entity", "label", area="entity"),
    Column("delivered", "count"),
    Column("loaded", "count"),
    Column("quarantined", "count"),
    Column("duplicates", "count"),
    Column("excluded", "count"),
    Column("erased", "count"),
)
RESTATED = (
    Column("entity", "label", area="entity"),
    Column("column_name", "code"),
    Column("delivery", "date"),
    Column("records", "count"),
)
INPUTS = (
    Column("entity", "label", area="entity"),
    Column("row_count", "count"),
    Column("columns_delivered", "count"),
    Column("columns_known", "count"),
)


def accounting(data: ReportData) -> Chapter:
    """Every row, then the kinds of record that came."""
    return Chapter("annex-rows", Text("Row accounting and deliveries", "行数核对与交付清单"),
                   [*_accounting(data), *_inputs(data)], "annex")  # fmt: skip


def restatements(data: ReportData) -> Chapter:
    return Chapter("annex-restatements", Text("Restatements", "更正"), _restated(data), "annex")


def _accounting(data: ReportData) -> list[Block]:
    missing = data.absent("row_accounting", Text("No file was read.", "未读取任何文件。"))
    if missing is not None:
        return [missing]
    totals = data.rows["row_totals"][0]
    numbers = {name: Number(value, "count", f"row_totals.{name}") for name, value in totals.items()}
    sentence = Sentence(
        "{delivered} rows came in {files} files of {deliveries} deliveries: {loaded} loaded, "
        "{quarantined} quarantined, {duplicates} duplicates, {excluded} excluded, {erased} erased; "
        "{unexplained} unaccounted for.",
        "{deliveries} 批交付、{files} 个文件共 {delivered} 行：载入 {loaded}，隔离 {quarantined}，重复 {duplicates}，"
        "排除 {excluded}，删除 {erased}；去向不明 {unexplained}。",
        numbers,
    )
    table = Table(
        "row-accounting", "row_accounting", Text("Row accounting", "行数核对"), ACCOUNTING, data.rows["row_accounting"]
    )
    return [Paragraph(sentence, lead=True), table]


def _restated(data: ReportData) -> list[Block]:
    is_built = data.present.issuperset(QUERIES["restatements"].tables)
    missing = None if is_built else data.absent("restatements", Text("", ""))
    if missing is not None:
        return [missing]
    if not data.rows["restatements"]:
        nothing = Sentence("No delivery changed what an earlier one had given.", "后续交付未更改先前交付的记录。")
        return [Paragraph(nothing)]
    title = Text("Records changed by a later delivery", "被后续交付更改的记录")
    return [Table("restatements", "restatements", title, RESTATED, data.rows["restatements"])]


def _inputs(data: ReportData) -> list[Block]:
    heading = Heading("quality-inputs", Text("What was delivered", "交付清单"))
    missing = data.absent("input_entities", Text("No delivery was read.", "未读取任何交付。"))
    if missing is not None:
        return [heading, missing]
    delivered = [row for row in data.rows["input_entities"] if row["columns_delivered"]]
    rest = [
        data.labels.or_verbatim("entity", row["entity"])
        for row in data.rows["input_entities"]
        if not row["columns_delivered"]
    ]
    totals = data.rows["input_totals"][0]
    blocks: list[Block] = [
        heading,
        Paragraph(
            Sentence(
                "{entities_delivered} of {entities_known} kinds of record were delivered.",
                "约定的 {entities_known} 类数据中已交付 {entities_delivered} 类。",
                {name: Number(value, "count", f"input_totals.{name}") for name, value in totals.items()},
            )
        ),
    ]
    if delivered:
        blocks.append(Table("inputs", "input_entities", Text("Delivered records", "已交付数据"), INPUTS, delivered))
    if rest:
        blocks.append(
            Note(
                Sentence(
                    "Not delivered: {names}.",
                    "未交付：{names}。",
                    {"names": Text(", ".join(t.en for t in rest), "、".join(t.zh for t in rest))},
                ),
                "absent",
            )
        )
    return blocks
