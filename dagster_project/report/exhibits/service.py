"""What customers say, what they complain of, how they are looked after."""

from __future__ import annotations

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Curves, Dots, Pareto

topics = Dots(
    query="fct_survey_scores",
    title=Text("Satisfied customers by topic", "各主题满意度"),
    en="Best rated is {topic}: {top2_share} of {answers} answers are in the two best boxes.",
    zh="评价最高的是{topic}：{answers} 份回答中 {top2_share} 为前两档。",
    pick="top2_share",
    where={"instrument": "csat"},
    label="topic",
    value="top2_share",
    interval=("top2_share_ci_low", "top2_share_ci_high"),
    kind="share",
    axis_title=Text("Two best boxes, 95% interval", "前两档占比，95% 区间"),
)
trend = Curves(
    query="survey_quarters",
    title=Text("Satisfaction by quarter", "季度满意度"),
    en="The best quarter began on {period_start_on}: {top2_share} of {answers} answers in the two best boxes.",
    zh="最高的季度始于 {period_start_on}：{answers} 份回答中 {top2_share} 为前两档。",
    pick="top2_share",
    where={"topic": "overall"},
    by="topic",
    x="period_start_on",
    y="top2_share",
    interval=("top2_share_ci_low", "top2_share_ci_high"),
    kind="share",
    x_title=Text("Quarter from", "季度起始"),
    y_title=Text("Two best boxes", "前两档占比"),
)
causes = Pareto(
    query="fct_complaint_causes",
    title=Text("Complaint causes, the largest first", "投诉原因（帕累托）"),
    en="Most complaints are about {cause}: {complaints}, {complaint_share} of all.",
    zh="投诉最多的原因是{cause}：{complaints} 起，占 {complaint_share}。",
    pick="complaints",
    label="cause",
    count="complaints",
    cumulative="cumulative_share",
    count_title=Text("Complaints", "投诉数"),
)
waiting = Dots(
    query="fct_ticket_performance",
    title=Text("Hours until a ticket is resolved, by kind", "工单解决用时（按类型）"),
    en="Longest takes: {kind}, {resolution_hours_median} hours until half are resolved, open ones counted in.",
    zh="最久的是{kind}：中位解决用时 {resolution_hours_median} 小时（含未结工单）。",
    pick="resolution_hours_median",
    where={"priority": "all"},
    label="kind",
    value="resolution_hours_median",
    interval=("resolution_hours_ci_low", "resolution_hours_ci_high"),
    kind="score",
    axis_title=Text("Hours, median with 95% interval", "小时，中位数与 95% 区间"),
)
care = Dots(
    query="fct_care_coverage",
    title=Text("Customers touched by a person in 180 days, by tier", "180天内有人工联系的客户（按价值层级）"),
    en="Best looked after is tier {value_tier}: {care_coverage} of {customers_active} active customers.",
    zh="覆盖最好的层级为{value_tier}：{customers_active} 位活跃客户中 {care_coverage}。",
    pick="care_coverage",
    label="value_tier",
    value="care_coverage",
    interval=("care_coverage_ci_low", "care_coverage_ci_high"),
    kind="share",
    axis_title=Text("Touched in 180 days, 95% interval", "180天内已联系，95% 区间"),
)
tiers = Bars(
    query="fct_loyalty_members",
    title=Text("Members of the loyalty programme by tier", "会员等级分布"),
    en="Most members are in tier {tier}: {members}.",
    zh="会员最多的等级为{tier}：{members} 位。",
    pick="members",
    label="tier",
    series={"members": Text("Members", "会员"), "members_active": Text("Of them active", "其中活跃")},
    kind="count",
)
