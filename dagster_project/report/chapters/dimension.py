"""One dimension: what was found, the charts that show it, its indicators, how they are computed, the SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from dagster_project.report import figures
from dagster_project.report.chapters.key_figures import window
from dagster_project.report.chapters.method import GOALPOSTS
from dagster_project.report.chapters.score import WORDS
from dagster_project.report.content import (
    HIDDEN,
    Block,
    Chapter,
    Chart,
    Code,
    Column,
    Fold,
    Heat,
    Kind,
    Note,
    Number,
    Paragraph,
    Row,
    Sentence,
    Table,
    Text,
    verbatim,
    within,
)
from dagster_project.report.data import ReportData, figure
from dagster_project.report.exhibits import EXHIBITS
from dagster_project.report.labels import Entry
from dagster_project.report.marts import MARTS
from dagster_project.report.queries import QUERIES

INDICATORS = (
    Column("indicator", "named"),
    Column("value", "figure"),
    Column("interval", "pair", parts=("ci_low", "ci_high")),
    Column("n", "count"),
    Column("window", "text"),
    Column("score", "score", query="indicator_scores"),
)
CUTS = INDICATORS[:4]
COMPUTED = (
    Column("indicator", "text"),
    Column("method", "label", area="method"),
    Column("interval_kind", "label", area="interval_kind"),
    Column("window_kind", "label", area="window_kind"),
    Column("mart", "code"),
    Column("sections", "text"),
)
NEEDS = Text("No indicator was computed.", "尚未计算任何指标。")


def dimension(data: ReportData, name: str) -> Chapter:
    """A chapter; what is missing in it is said once."""
    anchor = name.replace("_", "-")
    shown = [block for exhibit in EXHIBITS.get(name, ()) for block in exhibit(data)]
    tables = _tables(data, name, shown)
    missing = data.absent("indicators", NEEDS)
    blocks: list[Block] = [
        *_finding(data, name),
        *_goalposts(data, name, anchor),
        *(block for block in shown if not _is_gap(block)),
        *([missing] if missing is not None else _indicators(data, name, anchor)),
        *tables,
        *(block for block in shown if _is_gap(block)),
        *_gaps(data, name, shown),
        *_computed(data, name, anchor),
        _sql(name, shown, tables),
    ]
    return Chapter(anchor, data.labels("dimension", name), blocks, "dimension")


def _is_gap(block: Block) -> bool:
    return isinstance(block, Note) and block.tone == "absent"


def _finding(data: ReportData, name: str) -> list[Block]:
    """The score with its interval and what stands out in it, or why there is none."""
    row = next((row for row in data.rows["dimension_scores"] if row["dimension"] == name), None)
    if row is None:
        return []
    if row["score"] is None:
        why = Text(row["reason"] or "no evidence", row["reason_zh"] or "无依据")
        return [Note(Sentence("No score: {why}.", "无得分：{why}。", {"why": why}))]
    kinds: Mapping[str, Kind] = {"indicators": "count", "indicators_assessed": "count"}
    values: dict[str, Number | Text | date] = {
        column: Number(row[column], kinds.get(column, "score"), f"dimension_scores.{column}")
        for column in ("score", "score_ci_low", "score_ci_high", *kinds)
    }
    en, zh = "Score {score}", "得分 {score}"
    if not {None, HIDDEN} & {row["score_ci_low"], row["score_ci_high"]}:
        en, zh = en + " ({score_ci_low} to {score_ci_high})", zh + "（{score_ci_low} 至 {score_ci_high}）"
    en += ", from {indicators_assessed} of the {indicators} indicators that have goalposts"
    zh += "，基于 {indicators} 项有标杆指标中的 {indicators_assessed} 项"
    scored = [row for row in _scored(data, name) if row["score"] not in (None, HIDDEN)]
    if len(scored) > 1:
        for key, found in (("best", max(scored, key=_by_score)), ("worst", min(scored, key=_by_score))):
            values[key] = data.labels.or_verbatim("indicator_code", found["indicator_code"])
            values[f"{key}_value"] = figure(found, "value", "indicator_scores")
        en += ". Strongest: {best} ({best_value}); weakest: {worst} ({worst_value})"
        zh += "。最强：{best}（{best_value}）；最弱：{worst}（{worst_value}）"
    return [Paragraph(Sentence(en + ".", zh + "。", values), lead=True)]


def _goalposts(data: ReportData, name: str, anchor: str) -> list[Block]:
    """Where each indicator stands between its goalposts; none where no indicator has a score."""
    rows = _scored(data, name)
    if not any(row["score"] not in (None, HIDDEN) for row in rows):
        return []
    title = Text("Where each indicator stands", "各指标所处位置")
    return [
        Chart(
            f"chart-{anchor}",
            title,
            Sentence(
                "0 is the floor of an indicator and 100 its target; the bar is its 95% interval, where it has one.",
                "0 为指标下限，100 为目标；横线为 95% 区间（如有）。",
            ),
            figures.scores(
                [(data.labels.or_verbatim("indicator_code", row["indicator_code"]), row) for row in rows], WORDS
            ),
            Table(f"{anchor}-goalposts", "indicator_scores", title, GOALPOSTS, rows),
        )
    ]


def _scored(data: ReportData, name: str) -> list[Row]:
    return [row for row in data.ordered("indicator_scores") if row["dimension"] == name]


def _by_score(row: Row) -> float:
    score: float = row["score"]
    return score


def _indicators(data: ReportData, name: str, anchor: str) -> list[Block]:
    """Totals in a table to sort; their cuts, where there are any, folded away."""
    scores = {row["indicator_code"]: row["score"] for row in data.rows["indicator_scores"]}
    found = [_row(row, scores, data) for row in data.ordered("indicators") if row["dimension"] == name]
    totals = [row for row in found if not row["breakdown"]]
    cuts = [row for row in found if row["breakdown"]]
    if not totals:
        return [Note(Sentence("No indicator of this dimension is in this build.", "本次构建不含本维度的指标。"))]
    title = Text("Indicators, with evidence and 95% intervals", "指标、样本量与 95% 区间")
    blocks: list[Block] = [
        Table(f"{anchor}-indicators", "indicators", title, INDICATORS, totals, searchable=len(totals) > 12)
    ]
    if cuts:
        title = Text("The same, cut by group", "分组指标")
        table = Table(
            f"{anchor}-cuts", "indicators", title, CUTS, cuts, group_by="indicator_code", searchable=True,
            sortable=False, is_titled=False,
        )  # fmt: skip
        blocks.append(Fold(title, [table]))
    return blocks


def _row(row: Row, scores: dict[str, object], data: ReportData) -> Row:
    name, definition = Text(row["name_en"], row["name_zh"]), None
    if row["breakdown"]:
        part = data.labels.bucket(row["breakdown"], row["breakdown_value"])
        cut = data.labels.or_verbatim("breakdown", row["breakdown"])
        name = Text(f"{cut.en}: {part.en}", f"{cut.zh}：{part.zh}")
    elif row["indicator_code"] in data.labels.catalogue:
        definition = data.labels.catalogue[row["indicator_code"]].definition
    return row | {
        "indicator": name,
        "definition": definition,
        "window": window(row),
        "score": None if row["breakdown"] else scores.get(row["indicator_code"]),
        "is_part": bool(row["breakdown"]),
    }


def _tables(data: ReportData, name: str, shown: Sequence[Block]) -> list[Block]:
    """Tables of this dimension that no chart has shown already."""
    seen = {block.query for block in _with_tables(shown)}
    return [
        Fold(title, [Table(mart.query.replace("_", "-"), mart.query, title, mart.columns, data.rows[mart.query],
                           searchable=len(data.rows[mart.query]) > 12, is_titled=False)])
        for mart in MARTS
        if mart.dimension == name and mart.query not in seen and data.rows[mart.query]
        for title in [data.labels("table", mart.label)]
    ]  # fmt: skip


def _with_tables(blocks: Sequence[Block]) -> list[Table | Heat]:
    out: list[Table | Heat] = []
    for block in within(blocks):
        if isinstance(block, Table | Heat):
            out.append(block)
        elif isinstance(block, Chart) and block.table is not None:
            out.append(block.table)
    return out


def _gaps(data: ReportData, name: str, shown: Sequence[Block]) -> Sequence[Block]:
    """Tables of this dimension without a row: one note for each way in which they are missing."""
    said = [block.sentence.values.get("tables") for block in shown if isinstance(block, Note)]
    named = " ".join(each.en for each in said if isinstance(each, Text))
    tables = [mart.table for mart in MARTS if mart.dimension == name and not data.rows[mart.query]]
    return data.lacking([table for table in tables if f"({table})" not in named])


def _computed(data: ReportData, name: str, anchor: str) -> list[Block]:
    entries = [entry for entry in data.labels.catalogue.values() if entry.dimension == name]
    if not entries:
        return []
    title = Text("How it was computed, and which sections it answers", "计算方法与对应条目")
    rows = [
        {
            "indicator": entry.name,
            "method": entry.method,
            "interval_kind": entry.interval_kind,
            "window_kind": entry.window_kind,
            "mart": entry.mart,
            "sections": " ".join(entry.sections),
        }
        for entry in entries
    ]
    answered = Sentence(
        "Sections of the two source articles (A: wedding photography, B: public-safety equipment): {sections}.",
        "对应两篇来源文章的条目（A：婚纱摄影，B：公共安全设备）：{sections}。",
        {"sections": _sections(entries)},
    )
    table = Table(f"{anchor}-computed", "indicators", title, COMPUTED, rows, is_titled=False)
    return [Fold(title, [Paragraph(answered), table])]


def _sections(entries: Sequence[Entry]) -> Text:
    """Items by section: A1 (1, 2), B3 (2)."""
    items: dict[tuple[str, int], set[int]] = defaultdict(set)
    for entry in entries:
        for section in entry.sections:
            article, _, item = section.partition(".")
            items[article[:1], int(article[1:] or 0)].add(int(item or 0))
    said = []
    for (article, number), found in sorted(items.items()):
        numbers = ", ".join(str(item) for item in sorted(found) if item)
        said.append(f"{article}{number}" + (f" ({numbers})" if numbers else ""))
    return Text("; ".join(said), "；".join(said).replace(", ", "、"))


def _sql(name: str, shown: Sequence[Block], folded: Sequence[Block]) -> Block:
    queries = dict.fromkeys(table.query for table in _with_tables([*shown, *folded]))
    tables = dict.fromkeys(table for query in queries for table in QUERIES[query].tables)
    statements = [
        "select indicator_code, breakdown, breakdown_value, value, n, ci_low, ci_high, status, reason\n"
        f"from score.fct_indicators\nwhere dimension = '{name}'\norder by indicator_code, breakdown, breakdown_value;",
        *(f"select * from {table};" for table in tables if not table.startswith("score.")),  # noqa: S608 - own names
    ]
    return Fold(
        Text("SQL to get these figures", "查询语句"),
        [
            Paragraph(
                Sentence(
                    "Open the marts of this generation read only, with DuckDB: {command}. They hold every row; small "
                    "cells are hidden in this report alone.",
                    "用 DuckDB 以只读方式打开本次发布的数据集市：{command}。其中含全部数据，仅本报告隐去小单元格。",
                    {"command": verbatim("duckdb -readonly marts.duckdb")},
                )
            ),
            Code("\n\n".join(statements)),
        ],
    )
