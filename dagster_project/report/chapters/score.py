"""The score, what it stands on, and each dimension with its interval."""

from __future__ import annotations

from dagster_project.report import figures
from dagster_project.report.content import (
    HIDDEN,
    Block,
    Chapter,
    Chart,
    Column,
    Note,
    Number,
    Row,
    Sentence,
    Table,
    Text,
    Verdict,
)
from dagster_project.report.data import ReportData

TITLE = Text("Score", "得分")
WORDS = {
    "score": Text("Score, 0-100", "得分（0–100）"),
    "not_assessed": Text("not assessed", "未评估"),
    "hidden": Text("hidden", "隐去"),
}
COLUMNS = (
    Column("dimension", "label", area="dimension"),
    Column("score", "score"),
    Column("score_interval", "pair", parts=("score_ci_low", "score_ci_high")),
    Column("indicators_assessed", "count"),
    Column("indicators", "count"),
    Column("status", "label", area="status"),
    Column("reason", "bilingual", parts=("reason", "reason_zh")),
)


def score(data: ReportData) -> Chapter:
    """The verdict first; then the dimensions, those that could not be scored among them."""
    blocks: list[Block] = []
    missing = data.absent("overall", Text("There is nothing to score yet.", "暂无可评分内容。"))
    overall = data.rows["overall"][0] if data.rows["overall"] else None
    if missing is not None:
        blocks.append(missing)
    elif overall is not None and overall["score"] is None:
        blocks.append(
            Note(
                Sentence(
                    "There is no score: none of the {dimensions} dimensions could be assessed with what was delivered.",
                    "无得分：现有交付资料不足以评估 {dimensions} 个维度中的任何一个。",
                    {"dimensions": Number(overall["dimensions"], "count", "overall.dimensions")},
                ),
                "absent",
            )
        )
    elif overall is not None:
        blocks += [_verdict(overall), _trust(overall)]
    blocks += _dimensions(data)
    return Chapter("score", TITLE, blocks)


def _verdict(row: Row) -> Verdict:
    def number(column: str) -> Number:
        return Number(row[column], "count", f"overall.{column}")

    return Verdict(
        grade=row["grade"],
        score=Number(row["score"], "score", "overall.score"),
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


def _dimensions(data: ReportData) -> list[Block]:
    rows = data.ordered("dimension_scores")
    missing = data.absent("dimension_scores", Text("No dimension was scored.", "尚无维度得分。"))
    if missing is not None:
        return [missing]
    names = {row["dimension"]: data.labels.or_verbatim("dimension", row["dimension"]) for row in rows}
    table = Table("dimension-scores", "dimension_scores", Text("Scores by dimension", "各维度得分"), COLUMNS, rows)
    scored = [row for row in rows if row["score"] is not None and row["score"] is not HIDDEN]
    if not scored:
        return [table]
    best = max(scored, key=lambda row: row["score"])
    worst = min(scored, key=lambda row: row["score"])
    return [
        Chart(
            "chart-dimensions",
            Text("Dimensions, with 90% intervals", "各维度得分（附 90% 区间）"),
            Sentence(
                "Strongest is {best} with {best_score}, weakest {worst} with {worst_score}. Intervals carry sampling "
                "error, missing evidence, weights, goalposts and raters.",
                "得分最高的是{best}（{best_score}），最低的是{worst}（{worst_score}）。"
                "区间包含抽样误差、缺失依据、权重、标尺与评审的影响。",
                {
                    "best": names[best["dimension"]],
                    "best_score": Number(best["score"], "score", "dimension_scores.score"),
                    "worst": names[worst["dimension"]],
                    "worst_score": Number(worst["score"], "score", "dimension_scores.score"),
                },
            ),
            figures.dimension_scores(rows, names, WORDS),
            table,
        )
    ]
