"""How the active book moved: by year, by month, and the last year as a bridge."""

from __future__ import annotations

from dagster_project.report import figures
from dagster_project.report.content import (
    HIDDEN,
    Block,
    Chart,
    Column,
    Kind,
    Note,
    Number,
    Paragraph,
    Row,
    Sentence,
    Table,
    Text,
)
from dagster_project.report.data import ReportData

NEEDS = Text(
    "The census needs orders, invoices or contracts with a customer and a date.",
    "客户增减表需要带客户与日期的订单、发票或合同。",
)
COLUMNS = (
    Column("period_end_on", "date"),
    Column("opening", "count"),
    Column("new", "count"),
    Column("reactivated", "count"),
    Column("lost", "count"),
    Column("lost_completed", "count"),
    Column("closing", "count"),
    Column("net_change", "count"),
    Column("net_share", "share"),
)
NAMES = {
    "opening": Text("Opening", "期初"),
    "new": Text("New", "新增"),
    "reactivated": Text("Reactivated", "唤回"),
    "lost_churned": Text("Churned", "流失"),
    "lost_completed": Text("Completed", "服务完成"),
    "closing": Text("Closing", "期末"),
    "hidden_moves": Text("Hidden movements, net", "隐去部分净额"),
    "customers": Text("Active customers", "活跃客户数"),
    "year_to": Text("Twelve months to", "截至各月的12个月"),
    "per_month": Text("Per month", "每月"),
}


def growth(data: ReportData) -> list[Block]:
    """Opening, new, reactivated, lost and closing: the same figures three ways."""
    missing = data.absent("census", NEEDS)
    if missing is not None:
        return [missing]
    years = [row for row in data.rows["census"] if row["period_type"] == "year"]
    months = [row for row in data.rows["census"] if row["period_type"] == "month"]
    blocks: list[Block] = []
    if years:
        blocks += _last_year(years[-1])
        blocks.append(
            Chart(
                "chart-census-years",
                Text("The active book by year", "活跃客户的年度变动"),
                _span(years),
                figures.census_years(years, NAMES),
                Table("census-years", "census", Text("Census by year", "年度客户增减表"), COLUMNS, years),
            )
        )
    if months:
        blocks.append(
            Chart(
                "chart-census-months",
                Text("The active book by month", "活跃客户的月度变动"),
                _peak(months),
                figures.census_months(months, NAMES),
                Table("census-months", "census", Text("Census by month", "月度客户增减表"), COLUMNS, months),
            )
        )
    if any(HIDDEN in row.values() for row in (*years, *months)):
        blocks.append(
            Paragraph(
                Sentence(
                    "Where a chart has no bar, the table says whether there was none or the count is hidden.",
                    "图中无柱之处，请见表格：或为零，或计数已隐去。",
                )
            )
        )
    blocks.append(
        Note(
            Sentence(
                "Opening + new + reactivated - left = closing in every row, to the unit. Completed means that a "
                "one-purchase trade delivered what was bought; the rest of those who left churned.",
                "每行均满足：期初 + 新增 + 唤回 − 离开 = 期末。"
                "“服务完成”指一次性消费行业已完成交付；其余离开者为流失。",
            )
        )
    )
    return blocks


def _number(row: Row, column: str, kind: Kind = "count") -> Number:
    return Number(row[column], kind, f"census.{column}")


def _last_year(row: Row) -> list[Block]:
    values = {name: _number(row, name) for name in ("opening", "closing", "new", "reactivated", "lost")}
    finding = Paragraph(
        Sentence(
            "In the twelve months to {end} the active book went from {opening} to {closing} customers: {new} new, "
            "{reactivated} reactivated, {lost} left.",
            "截至 {end} 的12个月内，活跃客户由 {opening} 变为 {closing}：新增 {new}，唤回 {reactivated}，离开 {lost}。",
            {"end": row["period_end_on"], **values},
        ),
        lead=True,
    )
    if HIDDEN in (row["opening"], row["closing"]):
        return [finding]
    change = _number(row, "net_change")
    sentence = (
        Sentence(
            "The net change is {change} customers, {share} of the opening book.",
            "净变化 {change} 位，为期初的 {share}。",
            {"change": change, "share": _number(row, "net_share", "share")},
        )
        if row["net_share"] is not None
        else Sentence(
            "From an empty book; the net change is {change} customers.",
            "期初为零，净变化 {change} 位。",
            {"change": change},
        )
    )
    return [
        finding,
        Chart(
            "chart-census-bridge",
            Text("Bridge of the last twelve months", "近12个月客户变动桥"),
            sentence,
            figures.census_bridge(row, NAMES),
            Table(
                "census-bridge",
                "census",
                Text("Census of the last twelve months", "近12个月客户增减表"),
                COLUMNS,
                [row],
            ),
        ),
    ]


def _span(years: list[Row]) -> Sentence:
    first, last = years[0], years[-1]
    return Sentence(
        "The book closed at {first} customers on {first_on} and at {last} on {last_on}.",
        "活跃客户期末数：{first_on} 为 {first}，{last_on} 为 {last}。",
        {
            "first": _number(first, "closing"),
            "first_on": first["period_end_on"],
            "last": _number(last, "closing"),
            "last_on": last["period_end_on"],
        },
    )


def _peak(months: list[Row]) -> Sentence:
    shown = [row for row in months if row["closing"] is not HIDDEN]
    if not shown:
        return Sentence("The book is too small to show by month.", "客户数过少，不按月展示。")
    peak = max(shown, key=lambda row: (row["closing"], row["period_end_on"]))
    return Sentence(
        "The book was largest on {peak_on} with {peak} active customers; it closed at {last} on {last_on}.",
        "活跃客户最多的是 {peak_on}（{peak} 位）；{last_on} 期末为 {last} 位。",
        {
            "peak": _number(peak, "closing"),
            "peak_on": peak["period_end_on"],
            "last": _number(months[-1], "closing"),
            "last_on": months[-1]["period_end_on"],
        },
    )
