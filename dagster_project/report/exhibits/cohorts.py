"""Who comes back: a heat map of cohorts, and what each cohort has brought in per customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dagster_project.report import figures
from dagster_project.report.content import (
    HIDDEN,
    Block,
    Chart,
    Column,
    Heat,
    Number,
    Paragraph,
    Row,
    Sentence,
    Table,
    Text,
    verbatim,
)
from dagster_project.report.data import ReportData
from dagster_project.report.numbers import cohort_name

NEEDS = Text("Cohorts need orders with a customer and a date.", "同期群需要带客户与日期的订单。")
RETENTION = (
    Column("cohort", "text"),
    Column("months_from", "count"),
    Column("months_to", "count"),
    Column("customers", "count"),
    Column("customer_months", "count"),
    Column("retention", "share"),
    Column("interval", "pair", parts=("retention_ci_low", "retention_ci_high")),
    Column("is_complete", "flag"),
)
REVENUE = (
    Column("cohort", "text"),
    Column("months_since", "count"),
    Column("customers", "count"),
    Column("revenue_net_to_date_per_customer", "money"),
)
GRAINS = {
    "month": Text("month", "月"),
    "quarter": Text("quarter", "季度"),
    "year": Text("year", "年"),
}
SHADES = 9


def cohorts(data: ReportData) -> list[Block]:
    """Pooled as coarsely as it takes to be read and to stand on enough customers; it is said how."""
    missing = data.absent("cohort_retention", NEEDS)
    if missing is not None:
        return [missing]
    named = [
        row | {"cohort": cohort_name(row["cohort"], data.grain.cohort)}
        for row in data.rows["cohort_retention"]
        if row["months_from"] is not None
    ]
    blocks: list[Block] = []
    if named:
        blocks += [*_findings(named), _heat(data, named)]
    blocks += _revenue(data)
    return blocks


def _findings(rows: Sequence[Row]) -> list[Block]:
    """Where customers come back most, among cells that the whole cohort has lived through."""
    seen = [r for r in rows if r["is_complete"] and r["retention"] is not None and r["retention"] is not HIDDEN]
    if not seen:
        return []
    peak = max(seen, key=lambda row: (row["retention"], row["customer_months"]))
    values: dict[str, Number | Text | date] = {
        "from": Number(peak["months_from"], "count", "cohort_retention.months_from"),
        "to": Number(peak["months_to"], "count", "cohort_retention.months_to"),
        "cohort": verbatim(peak["cohort"]),
        "n": Number(peak["customers"], "count", "cohort_retention.customers"),
        "share": Number(peak["retention"], "share", "cohort_retention.retention"),
    }
    if peak["months_from"] == peak["months_to"]:
        en = "Customers came back most in month {from} after the first order: {share} of the {n} of {cohort} did."
        zh = "客户回购最多出现在首单后第 {from} 个月：{cohort} 的 {n} 位客户中 {share} 下单。"
        del values["to"]
    else:
        en = (
            "Customers came back most in months {from} to {to} after the first order: {share} of the {n} customers of "
            "{cohort} ordered in an average month of these."
        )
        zh = "客户回购最多出现在首单后第 {from} 至 {to} 个月：{cohort} 的 {n} 位客户月均有 {share} 下单。"
    return [Paragraph(Sentence(en, zh, values), lead=True)]


def _heat(data: ReportData, rows: Sequence[Row]) -> Heat:
    spans = sorted({(row["months_from"], row["months_to"]) for row in rows})
    shares = [row["retention"] for row in rows if row["retention"] is not None and row["retention"] is not HIDDEN]
    top = max(shares, default=0) or 1
    cells = {(row["cohort"], row["months_from"]): row for row in rows}
    sizes = {row["cohort"]: row["customers"] for row in rows}

    def cell(cohort: str, months_from: int) -> tuple[Number, int, bool]:
        row = cells.get((cohort, months_from))
        value = row["retention"] if row else None
        shade = 0 if value is None or value is HIDDEN or not value else 1 + min(SHADES - 1, int(SHADES * value / top))
        return Number(value, "share", "cohort_retention.retention"), shade, bool(row and row["is_complete"])

    step = Text(f"{data.grain.step}", f"{data.grain.step}")
    return Heat(
        id="cohort-heat",
        query="cohort_retention",
        title=Text(
            "Share of a cohort that ordered in an average month, by months since the first order",
            "同期群月均下单占比（按距首单月数）",
        ),
        row_header=Text("First order in", "首单时间"),
        size_header=Text("Customers", "客户数"),
        columns=tuple(Text(f"{a}", f"{a}") if a == b else Text(f"{a}-{b}", f"{a}–{b}") for a, b in spans),
        rows=[
            (
                Text(cohort, cohort),
                Number(size, "count", "cohort_retention.customers"),
                [cell(cohort, months_from) for months_from, _ in spans],
            )
            for cohort, size in sizes.items()
        ],
        note=Sentence(
            "Cohorts by {grain} of the first order, columns of {step} month(s); the month of the first order itself is "
            "left out. An asterisk marks a cell that not all of its cohort has lived through yet. Darker is more; "
            "the figure stands in each cell.",
            "同期群按首单所在{grain}划分，每列 {step} 个月；不含首单当月。"
            "星号表示该群尚有部分客户未满此期间。颜色越深占比越高，数值见单元格。",
            {"grain": GRAINS[data.grain.cohort], "step": step},
        ),
        table=Table(
            "cohort-retention", "cohort_retention", Text("Cohorts, cell by cell", "同期群明细"), RETENTION, rows
        ),
    )


def _revenue(data: ReportData) -> list[Block]:
    missing = data.absent("cohort_revenue", NEEDS)
    if missing is not None:
        return [missing]
    rows = [row | {"cohort": cohort_name(row["cohort"], data.grain.cohort)} for row in data.rows["cohort_revenue"]]
    shown = [row for row in rows if row["revenue_net_to_date_per_customer"] not in (None, HIDDEN)]
    if not shown:
        return []
    longest = max(shown, key=lambda row: (row["months_since"], row["revenue_net_to_date_per_customer"]))
    lines = {
        name: [
            (row["months_since"], figures.shown(row["revenue_net_to_date_per_customer"]))
            for row in rows
            if row["cohort"] == name
        ]
        for name in dict.fromkeys(row["cohort"] for row in rows)
    }
    words = {
        "months_since": Text("Months since the first order", "距首单月数"),
        "to_date": Text(f"To date per customer ({data.company.currency})", f"人均累计（{data.company.currency}）"),
    }
    return [
        Chart(
            "chart-cohort-revenue",
            Text("Net revenue to date per customer", "人均累计净收入"),
            Sentence(
                "Customers who first bought in {cohort} have brought in {money} each over {months} months. The "
                "axis may not start at zero.",
                "首单在 {cohort} 的客户在 {months} 个月内人均带来净收入 {money}。纵轴不一定从零开始。",
                {
                    "cohort": Text(longest["cohort"], longest["cohort"]),
                    "money": Number(
                        longest["revenue_net_to_date_per_customer"],
                        "money",
                        "cohort_revenue.revenue_net_to_date_per_customer",
                    ),
                    "months": Number(longest["months_since"], "count", "cohort_revenue.months_since"),
                },
            ),
            figures.cohort_revenue(list(lines.items()), words),
            Table(
                "cohort-revenue", "cohort_revenue", Text("Revenue to date by cohort", "同期群累计收入"), REVENUE, rows
            ),
        )
    ]
