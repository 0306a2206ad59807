"""Every indicator by dimension: value (or why there is none), interval, evidence, window, score."""

from __future__ import annotations

from dagster_project.report.chapters.key_figures import window
from dagster_project.report.content import Chapter, Column, Row, Table, Text
from dagster_project.report.data import ReportData

TITLE = Text("Every indicator", "全部指标")
COLUMNS = (
    Column("indicator", "named"),
    Column("value", "figure"),
    Column("interval", "pair", parts=("ci_low", "ci_high")),
    Column("n", "count"),
    Column("window", "text"),
    Column("score", "score", query="indicator_scores"),
)


def indicators(data: ReportData) -> Chapter:
    """One table, grouped by dimension; breakdowns stand under their indicator."""
    missing = data.absent("indicators", Text("No indicator was computed.", "尚未计算任何指标。"))
    if missing is not None:
        return Chapter("indicators", TITLE, [missing])
    scores = {row["indicator_code"]: row["score"] for row in data.rows["indicator_scores"]}
    rows = [_row(row, scores, data) for row in data.ordered("indicators")]
    table = Table(
        "indicators-table",
        "indicators",
        Text("Indicators by dimension", "各维度指标"),
        COLUMNS,
        rows,
        group_by="dimension",
        searchable=True,
        sortable=False,
    )
    return Chapter("indicators", TITLE, [table])


def _row(row: Row, scores: dict[str, object], data: ReportData) -> Row:
    name = Text(row["name_en"], row["name_zh"])
    definition = data.labels.definitions.get(row["indicator_code"])
    if row["breakdown"]:
        part = data.labels.bucket(row["breakdown"], row["breakdown_value"])
        cut = data.labels.or_verbatim("breakdown", row["breakdown"])
        name, definition = Text(f"{cut.en}: {part.en}", f"{cut.zh}：{part.zh}"), None
    return row | {
        "indicator": name,
        "definition": definition,
        "window": window(row),
        "score": None if row["breakdown"] else scores.get(row["indicator_code"]),
        "is_part": bool(row["breakdown"]),
    }
