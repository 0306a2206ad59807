"""Each dimension with its interval: where the score comes from."""

from __future__ import annotations

from dagster_project.report import figures
from dagster_project.report.content import (
    HIDDEN,
    Block,
    Chapter,
    Chart,
    Column,
    Number,
    Sentence,
    Table,
    Text,
)
from dagster_project.report.data import ReportData
from dagster_project.report.exhibits.judgement import history, sensitivity

TITLE = Text("Score by dimension", "各维度得分")
WORDS = {
    "score": Text("Score, 0-100", "得分（0–100）"),
    "not_assessed": Text("not assessed", "未评估"),
    "not_applicable": Text("not applicable", "不适用"),
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
    """The dimensions, those that could not be scored among them."""
    gaps = [] if data.rows["fct_score_history"] else data.lacking(["score.fct_score_history"])
    return Chapter("score", TITLE, [*_dimensions(data), *sensitivity(data), *history(data), *gaps])


def _dimensions(data: ReportData) -> list[Block]:
    rows = data.ordered("dimension_scores")
    missing = data.absent("dimension_scores", Text("No dimension was scored.", "尚无维度得分。"))
    if missing is not None:
        return [missing]
    names = {row["dimension"]: data.labels.or_verbatim("dimension", row["dimension"]) for row in rows}
    table = Table("dimension-scores", "dimension_scores", Text("Dimensions", "维度"), COLUMNS, rows)
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
            figures.scores([(names[row["dimension"]], row) for row in rows], WORDS),
            table,
        )
    ]
