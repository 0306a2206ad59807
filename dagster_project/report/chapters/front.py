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
        return [_verdict(overall), _trust(overall)]
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
        interval=_interval(row),
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


def _interval(row: Row) -> tuple[Number, Number] | None:
    if row["score_ci_low"] is None:
        return None
    low, high = (Number(row[name], "score", f"overall.{name}") for name in ("score_ci_low", "score_ci_high"))
    return low, high


def _trust(row: Row) -> Note:
    def number(column: str) -> Number:
        return Number(row[column], "score", f"overall.{column}")

    return Note(
        Sentence(
            "With everything that is not known, the score lies between {score_ci_low} and {score_ci_high} in nine "
            "cases of ten. {evidence_share} of its weight could be assessed; what was not shown counts as anything "
            "from 0 to 100. What was shown would score {score_known} alone.",
            "考虑一切未知因素，得分有九成可能介于 {score_ci_low} 与 {score_ci_high} 之间。"
            "权重中有 {evidence_share} 得到评估；未提供的内容按 0 至 100 之间的任意值计。"
            "仅就已提供内容计算，得分为 {score_known}。",
            {
                **{name: number(name) for name in ("score_ci_low", "score_ci_high", "score_known")},
                "evidence_share": Number(row["evidence_share"], "share", "overall.evidence_share"),
            },
        )
    )
