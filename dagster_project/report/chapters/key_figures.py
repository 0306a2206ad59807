"""The dozen figures one asks for first, those that could be assessed."""

from __future__ import annotations

from dagster_project.report.content import (
    HIDDEN,
    Block,
    Card,
    Cards,
    Chapter,
    Note,
    Number,
    Paragraph,
    Row,
    Sentence,
    Text,
)
from dagster_project.report.data import ReportData, figure

TITLE = Text("Key figures", "关键数据")
FIRST = (
    "customers_active", "customers_new_12m", "customer_growth_yoy", "revenue_net_12m", "margin_net_12m", "aov_12m",
    "retention_rate_12m", "repeat_rate", "follow_on_rate", "referral_rate", "csat_top2", "nps", "lead_conversion",
    "cac", "top10_share", "overdue_share",
)  # fmt: skip


def key_figures(data: ReportData) -> Chapter:
    """Cards in the order above; what is missing is listed under what was not assessed."""
    missing = data.absent("indicators", Text("No indicator was computed.", "尚未计算任何指标。"))
    if missing is not None:
        return Chapter("key-figures", TITLE, [missing])
    totals = {row["indicator_code"]: row for row in data.rows["indicators"] if not row["breakdown"]}
    found = [totals[code] for code in FIRST if code in totals and totals[code]["status"] == "assessed"]
    blocks: list[Block] = []
    if found:
        blocks += [
            Paragraph(
                Sentence(
                    "Each figure with the evidence behind it (n) and, where it is an estimate, its 95% interval.",
                    "每项数据均附样本量（n）；属估计值者附 95% 区间。",
                )
            ),
            Cards([_card(row) for row in found]),
        ]
    else:
        blocks.append(
            Note(
                Sentence(
                    "None of the key figures could be assessed with what was delivered; see what was not assessed.",
                    "现有交付资料不足以计算任何关键数据，详见“未评估内容”。",
                ),
                "absent",
            )
        )
    return Chapter("key-figures", TITLE, blocks)


def _card(row: Row) -> Card:
    n = Number(row["n"], "count", "indicators.n") if row["n"] not in (None, HIDDEN) else None
    has_interval = not {None, HIDDEN} & {row["ci_low"], row["ci_high"]}
    return Card(
        label=Text(row["name_en"], row["name_zh"]),
        value=figure(row, "value", "indicators"),
        low=figure(row, "ci_low", "indicators") if has_interval else None,
        high=figure(row, "ci_high", "indicators") if has_interval else None,
        n=n,
        window=window(row),
    )


def window(row: Row) -> Sentence:
    """The window of an indicator in words."""
    if row["window_start"] is None:
        return Sentence("as of {end}", "截至 {end}", {"end": row["window_end"]})
    return Sentence("{start} to {end}", "{start} 至 {end}", {"start": row["window_start"], "end": row["window_end"]})
