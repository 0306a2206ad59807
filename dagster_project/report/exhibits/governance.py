"""Consent, use of the systems, the team, and the company's own plans."""

from __future__ import annotations

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Columns, Dots

consent = Bars(
    query="fct_consent_coverage",
    title=Text("Who has agreed to what", "各用途的同意覆盖率"),
    en="Best covered: {purpose}, {customer_share} of {customers} customers.",
    zh="覆盖最好的用途为{purpose}：{customers} 位客户中 {customer_share}。",
    pick="customer_share",
    label="purpose",
    series={"customer_share": Text("Of customers", "客户占比"), "revenue_share": Text("Of revenue", "收入占比")},
    kind="share",
)
adoption = Columns(
    query="fct_crm_adoption",
    title=Text("Use of the CRM by month", "CRM 月度使用情况"),
    en="Busiest was the month from {month_on}: {logins} logins.",
    zh="使用最多的月份始于 {month_on}：登录 {logins} 次。",
    pick="logins",
    x="month_on",
    series={
        "records_created": Text("Records made", "新建记录"),
        "records_updated": Text("Records kept up", "更新记录"),
    },
    kind="count",
    y_title=Text("Records", "记录数"),
)
targets = Dots(
    query="targets_latest",
    title=Text("Targets of the latest period that is over", "最近已结束期间的目标达成率"),
    en="Furthest: {indicator_code}, {attainment} of the target for the period to {period_end}.",
    zh="达成最高：{indicator_code}，截至 {period_end} 为目标的 {attainment}。",
    pick="attainment",
    label="indicator_code",
    value="attainment",
    interval=None,
    kind="share",
    axis_title=Text("Of the target", "目标达成率"),
    marks=(1.0,),
)
