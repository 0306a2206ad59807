"""Who the book is made of, cut every way that was delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dagster_project.report import figures
from dagster_project.report.content import (
    HIDDEN,
    Block,
    Chart,
    Column,
    Note,
    Number,
    Row,
    Sentence,
    Table,
    Text,
)
from dagster_project.report.data import ReportData

NEEDS = Text("The mix needs customers, or orders with a customer.", "客户构成需要客户资料或带客户的订单。")
# The order in which a reader asks; other breakdowns follow.
ORDER = (
    "customer_type", "acquisition_channel", "region", "industry", "lifecycle_stage", "value_tier", "rfm_segment",
    "age_band", "gender",
)  # fmt: skip
MOST_BARS = 12
COLUMNS = (
    Column("breakdown_value", "label", area="bucket"),
    Column("customers", "count"),
    Column("customer_share", "share"),
    Column("customers_active", "count"),
    Column("customers_new_12m", "count"),
    Column("revenue_net_12m", "money"),
    Column("revenue_share", "share"),
    Column("margin_net_12m", "money"),
)
WORDS = {
    "customers": Text("Share of customers", "客户占比"),
    "revenue": Text("Share of revenue, 12 months", "近12个月收入占比"),
    "hidden": Text("hidden", "隐去"),
}


def mix(data: ReportData) -> list[Block]:
    """A chart a breakdown; one that was not delivered is named, not drawn."""
    missing = data.absent("mix", NEEDS)
    if missing is not None:
        return [missing]
    found: dict[str, list[Row]] = {}
    for row in data.rows["mix"]:
        found.setdefault(row["breakdown"], []).append(row)
    known = {row["breakdown"]: row["known_buckets"] for row in data.rows["mix_totals"]}
    ordered = [name for name in ORDER if name in found] + sorted(found.keys() - set(ORDER))
    blocks: list[Block] = [_chart(data, name, found[name]) for name in ordered if known[name]]
    unknown = [data.labels.or_verbatim("breakdown", name) for name in ordered if not known[name]]
    if unknown:
        blocks.append(
            Note(
                Sentence(
                    "Not delivered for any customer, so not shown: {names}.",
                    "以下分类未交付任何客户的数据，故不展示：{names}。",
                    {"names": Text(", ".join(t.en for t in unknown), "、".join(t.zh for t in unknown))},
                ),
                "absent",
            )
        )
    return blocks


def _chart(data: ReportData, breakdown: str, rows: Sequence[Row]) -> Chart:
    title = data.labels.or_verbatim("breakdown", breakdown)
    anchor = breakdown.replace("_", "-")
    bars = [
        (data.labels.bucket(breakdown, row["breakdown_value"]), row["customer_share"], row["revenue_share"])
        for row in rows[:MOST_BARS]
    ]
    return Chart(
        f"chart-mix-{anchor}",
        title,
        _finding(data, breakdown, rows),
        figures.mix(bars, WORDS),
        Table(f"mix-{anchor}", "mix", Text(f"Customer mix: {title.en}", f"客户构成：{title.zh}"), COLUMNS, rows),
        size="small",
    )


def _finding(data: ReportData, breakdown: str, rows: Sequence[Row]) -> Sentence:
    named = [r for r in rows if r["breakdown_value"] != "unknown" and r["customers"] is not HIDDEN]
    if not named:
        return Sentence("Every bucket is too small to show.", "各类别客户数过少，不予展示。")
    most = named[0]
    en, zh = "Most customers: {most} ({share})", "客户最多：{most}（{share}）"
    values: dict[str, Number | Text | date] = {
        "most": data.labels.bucket(breakdown, most["breakdown_value"]),
        "share": Number(most["customer_share"], "share", "mix.customer_share"),
    }
    earning = [r for r in named if r["revenue_share"] not in (None, HIDDEN)]
    if earning:
        richest = max(earning, key=lambda r: r["revenue_share"])
        en += "; most revenue of twelve months: {richest} ({revenue})"
        zh += "；近12个月收入最多：{richest}（{revenue}）"
        values["richest"] = data.labels.bucket(breakdown, richest["breakdown_value"])
        values["revenue"] = Number(richest["revenue_share"], "share", "mix.revenue_share")
    unknown = [r for r in rows if r["breakdown_value"] == "unknown" and r["customers"] is not HIDDEN]
    if unknown:
        en, zh = en + "; not known for {unknown} of customers", zh + "；未知的客户占 {unknown}"
        values["unknown"] = Number(unknown[0]["customer_share"], "share", "mix.customer_share")
    if len(rows) > MOST_BARS:
        en, zh = en + ". The chart shows the largest, the table all", zh + "。图中仅列最大者，全部见表"
    return Sentence(en + ".", zh + "。", values)
