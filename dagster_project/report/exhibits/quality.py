"""How good the data is: by dimension, and what failed in words."""

from __future__ import annotations

from dagster_project.report import figures
from dagster_project.report.content import (
    Block,
    Bullets,
    Chart,
    Column,
    Heading,
    Number,
    Paragraph,
    Row,
    Sentence,
    Table,
    Text,
)
from dagster_project.report.data import ReportData

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
WORDS = {"quality_share": Text("Cells and rows as expected", "符合要求的单元格与行")}


def quality(data: ReportData) -> list[Block]:
    """Dimensions of quality, then the checks that failed."""
    return [*_dimensions(data), *_failed(data)]


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
