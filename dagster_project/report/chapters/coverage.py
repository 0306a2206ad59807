"""What could not be said, and why: without evidence, or not a question for this trade."""

from __future__ import annotations

from dagster_project.report.content import Block, Chapter, Column, Heading, Number, Paragraph, Sentence, Table, Text
from dagster_project.report.data import ReportData

TITLE = Text("What was not assessed", "未评估内容")
REASON = Column("reason", "bilingual", parts=("reason", "reason_zh"))
INDICATORS = (
    Column("indicator", "bilingual", parts=("name_en", "name_zh")),
    Column("dimension", "label", area="dimension"),
    REASON,
)
DIMENSIONS = (Column("dimension", "label", area="dimension"), REASON)


def coverage(data: ReportData) -> Chapter:
    """Dimensions, then indicators without evidence, then those that do not apply; each with its reason."""
    missing = data.absent("indicators", Text("No indicator was computed.", "尚未计算任何指标。"))
    if missing is not None:
        return Chapter("annex-not-assessed", TITLE, [missing], "annex")
    blocks: list[Block] = []
    if data.rows["overall"]:
        overall = data.rows["overall"][0]
        blocks.append(
            Paragraph(
                Sentence(
                    "Indicators assessed: {indicators_assessed}; without the evidence they need: "
                    "{indicators_not_assessed}; not applicable to this trade: {indicators_not_applicable}. A missing "
                    "figure is never a zero.",
                    "已评估指标 {indicators_assessed} 项；缺少所需依据 {indicators_not_assessed} 项；"
                    "不适用于本行业 {indicators_not_applicable} 项。缺失的数据绝不以零代替。",
                    {
                        name: Number(overall[name], "count", f"overall.{name}")
                        for name in ("indicators_assessed", "indicators_not_assessed", "indicators_not_applicable")
                    },
                ),
                lead=True,
            )
        )
    dimensions = [row for row in data.ordered("dimension_scores") if row["status"] == "not_assessed"]
    totals = [row for row in data.ordered("indicators") if not row["breakdown"]]
    parts = (
        (
            "coverage-dimensions",
            Text("Dimensions without a score", "无得分的维度"),
            "dimension_scores",
            DIMENSIONS,
            dimensions,
        ),
        (
            "coverage-evidence",
            Text("Indicators without evidence", "缺少依据的指标"),
            "indicators",
            INDICATORS,
            [row for row in totals if row["status"] == "not_assessed"],
        ),
    )
    for anchor, title, query, columns, rows in parts:
        blocks.append(Heading(anchor, title))
        blocks.append(
            Table(f"{anchor}-table", query, title, columns, rows, is_titled=False)
            if rows
            else Paragraph(Sentence("None.", "无。"))
        )
    return Chapter("annex-not-assessed", TITLE, blocks, "annex")
