"""Annex: what was delivered and left out, and what this trade is not asked."""

from __future__ import annotations

from dagster_project.report.content import Block, Chapter, Column, Heading, Number, Paragraph, Sentence, Table, Text
from dagster_project.report.data import ReportData

TITLE = Text("What was left out", "被排除的内容")
NAMES = ("quarantined", "duplicates", "excluded", "erased")
LEFT_OUT = (Column("entity", "label", area="entity"), *(Column(name, "count") for name in ("delivered", *NAMES)))
TRADE = (
    Column("indicator", "bilingual", parts=("name_en", "name_zh")),
    Column("dimension", "label", area="dimension"),
    Column("reason", "bilingual", parts=("reason", "reason_zh")),
)


def excluded(data: ReportData) -> Chapter:
    """Rows by kind of record, then the indicators that do not apply."""
    return Chapter("annex-excluded", TITLE, [*_rows(data), *_trade(data)], "annex")


def _rows(data: ReportData) -> list[Block]:
    missing = data.absent("left_out", Text("No file was read.", "未读取任何文件。"))
    if missing is not None:
        return [missing]
    totals = data.rows["row_totals"][0]
    words = Sentence(
        "Of {delivered} delivered rows {quarantined} could not be read and stand in quarantine, {duplicates} were "
        "there twice, {excluded} were left out by the company's own rules, {erased} were erased on request.",
        "共交付 {delivered} 行：{quarantined} 行无法读取而隔离，{duplicates} 行重复，{excluded} 行按公司规则排除，"
        "{erased} 行应要求删除。",
        {name: Number(totals[name], "count", f"row_totals.{name}") for name in ("delivered", *NAMES)},
    )
    rows = [row for row in data.rows["left_out"] if any(row[name] for name in NAMES)]
    if not rows:
        return [Paragraph(words, lead=True)]
    title = Text("Rows left out, by kind of record", "按数据类别列示的被排除行")
    return [Paragraph(words, lead=True), Table("left-out", "left_out", title, LEFT_OUT, rows)]


def _trade(data: ReportData) -> list[Block]:
    title = Text("Indicators that do not apply to this trade", "不适用于本行业的指标")
    rows = [row for row in data.ordered("indicators") if not row["breakdown"] and row["status"] == "not_applicable"]
    shown: Block = (
        Table("trade-excluded", "indicators", title, TRADE, rows, is_titled=False)
        if rows
        else Paragraph(Sentence("None.", "无。"))
    )
    return [Heading("annex-trade", title), shown]
