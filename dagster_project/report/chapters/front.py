"""Page one: the verdict, what the customers are worth, what moves the price, and what is not known."""

from __future__ import annotations

from dagster_project.report.content import Block, Chapter, Heading, Note, Number, Row, Sentence, Text, Verdict
from dagster_project.report.data import ReportData

TITLE = Text("In short", "概览")


def front(data: ReportData) -> Chapter:
    """One page for whoever reads no further."""
    blocks = [*_score(data), *_equity(data), *_findings(data), *_unknown(data)]
    return Chapter("summary", TITLE, blocks)


def _score(data: ReportData) -> list[Block]:
    missing = data.absent("overall", Text("There is nothing to score yet.", "暂无可评分内容。"))
    if missing is not None:
        return [missing]
    overall = data.rows["overall"][0]
    if overall["score"] is not None:
        return [_verdict(overall), _provisional(overall)]
    return [
        Note(
            Sentence(
                "There is no score: none of the {dimensions} dimensions could be assessed with what was delivered.",
                "无得分：现有交付资料不足以评估 {dimensions} 个维度中的任何一个。",
                {"dimensions": Number(overall["dimensions"], "count", "overall.dimensions")},
            ),
            "absent",
        )
    ]


def _equity(data: ReportData) -> list[Block]:
    heading = Heading("summary-equity", Text("What the customers are worth", "客户资产价值"))
    return [heading, *data.lacking(["value.fct_customer_equity", "value.fct_transferable_value"])]


def _findings(data: ReportData) -> list[Block]:
    heading = Heading("summary-findings", Text("What moves the price", "影响价格的主要发现"))
    return [heading, *data.lacking(["score.fct_findings"])]


def _unknown(data: ReportData) -> list[Block]:
    heading = Heading("summary-unknown", Text("What is not known", "尚不清楚的内容"))
    return [heading, *data.lacking(["score.fct_improvement_plan"])]


def _verdict(row: Row) -> Verdict:
    def number(column: str) -> Number:
        return Number(row[column], "count", f"overall.{column}")

    return Verdict(
        grade=row["grade"],
        score=Number(row["score"], "score", "overall.score"),
        interval=None,
        facts=(
            Sentence(
                "{dimensions_assessed} of {dimensions} dimensions assessed",
                "已评估 {dimensions_assessed} 个维度（共 {dimensions} 个）",
                {"dimensions_assessed": number("dimensions_assessed"), "dimensions": number("dimensions")},
            ),
            Sentence(
                "{indicators_assessed} indicators assessed, {indicators_not_assessed} without evidence, "
                "{indicators_not_applicable} not applicable to this trade",
                "已评估指标 {indicators_assessed} 项，缺少依据 {indicators_not_assessed} 项，"
                "本行业不适用 {indicators_not_applicable} 项",
                {
                    name: number(name)
                    for name in ("indicators_assessed", "indicators_not_assessed", "indicators_not_applicable")
                },
            ),
        ),
    )


def _provisional(row: Row) -> Note:
    return Note(
        Sentence(
            "This score is provisional. It has no interval yet; it is the geometric mean of the {assessed} dimensions "
            "that could be assessed, with equal weights, and says nothing about the others; and it places indicators "
            "between goalposts of which many are judgements. Read the dimensions, not the one number.",
            "本得分为暂定结果：尚无置信区间；仅为可评估的 {assessed} 个维度的等权几何平均，未评估的维度不在其中；"
            "指标所对照的标杆多为判断值。请以各维度为准，勿只看总分。",
            {"assessed": Number(row["dimensions_assessed"], "count", "overall.dimensions_assessed")},
        )
    )
