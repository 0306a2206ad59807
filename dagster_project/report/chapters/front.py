"""Page one: the verdict, what the customers are worth, what moves the price, and what is not known."""

from __future__ import annotations

from datetime import date

from dagster_project.report.content import (
    Block,
    Bullets,
    Card,
    Cards,
    Chapter,
    Heading,
    Note,
    Number,
    Paragraph,
    Row,
    Sentence,
    Text,
    Verdict,
)
from dagster_project.report.data import ReportData

TITLE = Text("In short", "概览")
MOST_FINDINGS, MOST_STEPS = 5, 3
MONEY = ("money_low", "money_base", "money_high")
_WORTH = {
    "gross": Text("Customer equity, gross", "客户资产总额"),
    "transferable": Text("Of it transferable in this deal", "其中可随交易转让"),
}


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
    """Gross and transferable, each with its range."""
    heading = Heading("summary-equity", Text("What the customers are worth", "客户资产价值"))
    rows = data.rows["transfer_levels"]
    if not rows:
        return [heading, *data.lacking(["value.fct_transfer_bridge"])]
    window = Sentence("as of {end}", "截至 {end}", {"end": data.as_of}) if data.as_of else Sentence("now", "当前")
    cards = [
        Card(
            label=_WORTH.get(row["step"], data.labels.or_verbatim("transfer_step", row["step"])),
            value=Number(row["value_after"], "money", "transfer_levels.value_after"),
            low=Number(row["value_low"], "money", "transfer_levels.value_low"),
            high=Number(row["value_high"], "money", "transfer_levels.value_high"),
            n=None,
            window=window,
            between=Text("low to high", "低至高"),
        )
        for row in rows
    ]
    return [heading, Cards(cards)]


def _findings(data: ReportData) -> list[Block]:
    """The five largest; the annex has them all."""
    heading = Heading("summary-findings", Text("What moves the price", "影响价格的主要发现"))
    rows = data.rows["fct_findings"][:MOST_FINDINGS]
    if not rows:
        return [heading, *data.lacking(["score.fct_findings"])]
    return [heading, Bullets([(data.labels.or_verbatim("remedy", row["remedy"]), _finding(row)) for row in rows])]


def _finding(row: Row) -> Sentence:
    values: dict[str, Number | Text | date] = {
        "title": Text(row["title_en"], row["title_zh"]),
        "remedy": Text(row["remedy_en"] or "", row["remedy_zh"] or ""),
        **{name: Number(row[name], "money", f"fct_findings.{name}") for name in MONEY if row[name] is not None},
    }
    if row["money_low"] == row["money_high"]:  # known to the unit
        values.pop("money_low", None)
    if "money_base" not in values:
        return Sentence("{title}. {remedy}.", "{title}。{remedy}。", values)
    if values.keys() >= set(MONEY):
        return Sentence(
            "{title}: {money_base} ({money_low} to {money_high}). {remedy}.",
            "{title}：{money_base}（{money_low} 至 {money_high}）。{remedy}。",
            values,
        )
    return Sentence("{title}: {money_base}. {remedy}.", "{title}：{money_base}。{remedy}。", values)


def _unknown(data: ReportData) -> list[Block]:
    """What would tell most, the first steps of the plan."""
    heading = Heading(
        "summary-unknown", Text("What is not known, and what would tell most", "尚不清楚的内容与最有用的资料")
    )
    rows = [row for row in data.rows["fct_improvement_plan"] if row["kind"] == "deliver"][:MOST_STEPS]
    if not data.rows["fct_improvement_plan"]:
        return [heading, *data.lacking(["score.fct_improvement_plan"])]
    blocks: list[Block] = [heading]
    if data.rows["overall"]:
        total = data.rows["overall"][0]
        blocks.append(
            Paragraph(
                Sentence(
                    "{indicators} indicators are without the evidence they need; annexes say which and why."
                    if total["indicators_not_assessed"]
                    else "Indicators without the evidence they need: {indicators}. What would make the score surer:",
                    "{indicators} 项指标缺少所需依据，详见附录。"
                    if total["indicators_not_assessed"]
                    else "缺少所需依据的指标：{indicators} 项。以下可使得分更可靠：",
                    {
                        "indicators": Number(
                            total["indicators_not_assessed"], "count", "overall.indicators_not_assessed"
                        )
                    },
                )
            )
        )
    steps = rows or data.rows["fct_improvement_plan"][:MOST_STEPS]
    blocks.append(Bullets([(data.labels.or_verbatim("plan_kind", row["kind"]), _step(row)) for row in steps]))
    return blocks


def _step(row: Row) -> Sentence:
    values: dict[str, Number | Text | date] = {
        "what": Text(row["what_en"] or "", row["what_zh"] or ""),
        "who": Text(row["who_en"] or "", row["who_zh"] or ""),
    }
    if row["points_narrower"] is None:
        return Sentence("{what} ({who}).", "{what}（{who}）。", values)
    values["points"] = Number(row["points_narrower"], "score", "fct_improvement_plan.points_narrower")
    return Sentence(
        "{what} ({who}): the interval of the score narrows by {points} points.",
        "{what}（{who}）：得分区间收窄 {points} 分。",
        values,
    )


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
