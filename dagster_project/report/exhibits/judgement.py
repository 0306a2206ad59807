"""What the score hangs on."""

from __future__ import annotations

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Curves

sensitivity = Bars(
    query="fct_assessment_risk",
    title=Text("Sensitivity: what the width of the interval comes from", "敏感性：区间宽度的来源"),
    en="Most of the width comes from {source}: {variance_share}, {points} points.",
    zh="区间宽度主要来自{source}：{variance_share}，{points} 分。",
    pick="variance_share",
    label="source",
    series={"variance_share": Text("Share of the variance", "方差占比")},
    kind="share",
    largest_first=True,
)
history = Curves(
    query="fct_score_history",
    title=Text("The score from one publication to the next", "历次发布的得分"),
    en="Generation {generation} scored {score}.",
    zh="第 {generation} 次发布得分 {score}。",
    pick="generation",
    least=2,
    by="level",
    x="generation",
    y="score",
    interval=("score_ci_low", "score_ci_high"),
    kind="score",
    x_title=Text("Generation", "发布次数"),
    y_title=Text("Score", "得分"),
)
