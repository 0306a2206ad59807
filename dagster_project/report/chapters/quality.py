"""How good the data is: by dimension, what failed in words, where every row went, and what was delivered."""

from __future__ import annotations

from dagster_project.report import figures
from dagster_project.report.content import (
    Block,
    Bullets,
    Chapter,
    Chart,
    Column,
    Heading,
    Note,
    Number,
    Paragraph,
    Row,
    Sentence,
    Table,
    Text,
)
from dagster_project.report.data import ReportData
from dagster_project.report.queries import QUERIES

TITLE = Text("Data quality", "数据质量")
DIMENSIONS = (
    Column("dimension", "label", area="quality_dimension"),
    Column("quality_share", "share"),
    Column("evaluated", "count"),
    Column("unexpected", "count"),
    Column("expectations", "count"),
    Column("passed", "count"),
    Column("failed", "count"),
    Column("not_assessed", "count"),
)
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
WORDS = {"quality_share": Text("Cells and rows as expected", "符合要求的单元格与行")}


def quality(data: ReportData) -> Chapter:
    """Dimensions, failed checks, row accounting, deliveries; each said to be missing where it is."""
    blocks: list[Block] = [*_dimensions(data), *_failed(data), *_accounting(data), *_restated(data), *_inputs(data)]
    return Chapter("quality", TITLE, blocks)


def _dimensions(data: ReportData) -> list[Block]:
    missing = data.absent("dimension_quality", Text("No check ran on this build.", "本次构建未运行任何检查。"))
    if missing is not None:
        return [missing]
    rows = data.rows["dimension_quality"]
    names = {row["dimension"]: data.labels("quality_dimension", row["dimension"]) for row in rows}
    table = Table(
        "quality-dimensions", "dimension_quality", Text("Quality by dimension", "各维度数据质量"), DIMENSIONS, rows
    )
    shown = [row for row in rows if row["quality_share"] is not None]
    if not shown:
        return [table]
    worst = min(shown, key=lambda row: row["quality_share"])
    return [
        Chart(
            "chart-quality",
            Text("Quality by dimension", "各维度数据质量"),
            Sentence(
                "Weakest is {worst}: {share} of {evaluated} cells and rows are as expected, {unexpected} are not. The "
                "axis does not start at zero.",
                "最弱的是{worst}：检查的 {evaluated} 个单元格与行中 {share} 符合要求，{unexpected} 个不符合。"
                "横轴不从零开始。",
                {
                    "worst": Text(names[worst["dimension"]].en.lower(), names[worst["dimension"]].zh),
                    "share": Number(worst["quality_share"], "share", "dimension_quality.quality_share"),
                    "evaluated": Number(worst["evaluated"], "count", "dimension_quality.evaluated"),
                    "unexpected": Number(worst["unexpected"], "count", "dimension_quality.unexpected"),
                },
            ),
            figures.quality(rows, names, WORDS),
            table,
        )
    ]


def _failed(data: ReportData) -> list[Block]:
    missing = data.absent("expectations", Text("No check ran on this build.", "本次构建未运行任何检查。"))
    if missing is not None:
        return [missing] if data.rows["dimension_quality"] else []
    totals = data.rows["expectation_totals"][0]
    numbers = {
        name: Number(totals[name], "count", f"expectation_totals.{name}")
        for name in ("expectations", "passed", "failed", "not_assessed")
    }
    failed = [row for row in data.rows["expectations"] if row["status"] == "failed"]
    blocks: list[Block] = [
        Heading("quality-failed", Text("What fell short", "未达要求之处")),
        Paragraph(
            Sentence(
                "Of {expectations} checks, {passed} passed, {failed} failed and {not_assessed} could not be assessed.",
                "共 {expectations} 项检查：通过 {passed} 项，未通过 {failed} 项，无法评估 {not_assessed} 项。",
                numbers,
            )
        ),
    ]
    if failed:
        blocks.append(Bullets([_failure(row, data) for row in failed]))
    return blocks


def _failure(row: Row, data: ReportData) -> tuple[Text, Sentence]:
    words = Text(row["description_en"] or row["name"], row["description_zh"] or row["name"])
    tag = data.labels("severity", row["severity"])
    if row["unexpected_count"] is not None and row["element_count"] is not None:
        return tag, Sentence(
            "{words}: {unexpected} of {elements} are not as expected ({share}; at least {threshold} must be). "
            "In {where}.",
            "{words}：{elements} 个中有 {unexpected} 个不符合（{share}；要求至少 {threshold} 符合）。位置：{where}。",
            {
                "words": words,
                "unexpected": Number(row["unexpected_count"], "count", "expectations.unexpected_count"),
                "elements": Number(row["element_count"], "count", "expectations.element_count"),
                "share": Number(row["unexpected_share"], "share", "expectations.unexpected_share"),
                "threshold": Number(row["threshold"], "share", "expectations.threshold"),
                "where": _where(row),
            },
        )
    reason = row["reason"] or ""
    return tag, Sentence(
        "{words}: {reason} In {where}.",
        "{words}：{reason} 位置：{where}。",
        {"words": words, "reason": Text(f"{reason}.", f"{reason}。") if reason else Text("", ""), "where": _where(row)},
    )


def _where(row: Row) -> Text:
    place = row["relation"] + (f".{row['column_name']}" if row["column_name"] else "")
    return Text(place, place)


def _accounting(data: ReportData) -> list[Block]:
    heading = Heading("quality-rows", Text("Where every delivered row went", "每一行数据的去向"))
    missing = data.absent("row_accounting", Text("No file was read.", "未读取任何文件。"))
    if missing is not None:
        return [heading, missing]
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
    return [heading, Paragraph(sentence), table]


def _restated(data: ReportData) -> list[Block]:
    heading = Heading("quality-restated", Text("What later deliveries changed", "后续交付的更正"))
    is_built = data.present.issuperset(QUERIES["restatements"].tables)
    missing = None if is_built else data.absent("restatements", Text("", ""))
    if missing is not None:
        return [heading, missing]
    if not data.rows["restatements"]:
        nothing = Sentence("No delivery changed what an earlier one had given.", "后续交付未更改先前交付的记录。")
        return [heading, Paragraph(nothing)]
    title = Text("Records changed by a later delivery", "被后续交付更改的记录")
    return [heading, Table("restatements", "restatements", title, RESTATED, data.rows["restatements"])]


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
