"""Where customers come from and what it costs."""

from __future__ import annotations

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Dots

funnel = Bars(
    largest_first=True,
    query="fct_lead_funnel",
    name="stages",
    title=Text("Channel funnel: leads and how far they came in 180 days", "渠道漏斗：线索及其180天内的进展"),
    en="Most leads come by {breakdown_value}: {leads}, of which {converted_180d} became customers within 180 days.",
    zh="线索最多的来源为{breakdown_value}：{leads} 条，其中 {converted_180d} 条在180天内成交。",
    pick="leads",
    where={"breakdown": "source"},
    label="breakdown_value",
    series={
        "leads": Text("Leads", "线索"),
        "qualified_180d": Text("Qualified", "已确认"),
        "quoted_180d": Text("Quoted", "已报价"),
        "converted_180d": Text("Converted", "已成交"),
    },
    kind="count",
    most=8,
)
conversion = Dots(
    query="fct_lead_funnel",
    name="conversion",
    title=Text("Share of leads converted within 180 days, by source", "线索180天成交率（按来源）"),
    en="Best converts {breakdown_value}: {conversion_180d}.",
    zh="成交率最高的来源为{breakdown_value}：{conversion_180d}。",
    pick="conversion_180d",
    where={"breakdown": "source"},
    label="breakdown_value",
    value="conversion_180d",
    interval=("conversion_180d_ci_low", "conversion_180d_ci_high"),
    kind="share",
    axis_title=Text("Converted within 180 days, 95% interval", "180天内成交，95% 区间"),
    size="small",
)
cost = Bars(
    largest_first=True,
    query="fct_cac_ltv",
    title=Text("What a new customer costs, by channel", "各渠道获客成本"),
    en="Over all channels a new customer costs {cac}, with spending moved by the lag between money and customer.",
    zh="各渠道合计，每位新客成本为 {cac}（已按投放与成交的时滞调整）。",
    pick="cac",
    told={"channel": "all"},
    label="channel",
    series={"cac": Text("Cost of a new customer", "单客成本")},
    kind="money",
    axis_title=Text("Cost of a new customer", "单客成本"),
    size="small",
)
channels = Bars(
    largest_first=True,
    query="fct_channel_performance",
    title=Text("Revenue by the channel that brought the customer", "按获客渠道的收入"),
    en="Most revenue comes from customers whom {channel} brought: {revenue_share}.",
    zh="收入最多来自{channel}带来的客户：{revenue_share}。",
    pick="revenue_share",
    where={"basis": "acquisition"},
    label="channel",
    series={"revenue_share": Text("Share of revenue", "收入占比")},
    kind="share",
)
partners = Bars(
    largest_first=True,
    query="fct_partner_performance",
    title=Text("Revenue by kind of partner", "各类合作伙伴带来的收入"),
    en="Most comes through {kind}: {revenue_net_12m} in twelve months.",
    zh="最多来自{kind}：近12个月 {revenue_net_12m}。",
    pick="revenue_net_12m",
    label="kind",
    series={
        "revenue_net_12m": Text("Twelve months", "近12个月"),
        "revenue_net_prior_12m": Text("The twelve before", "之前12个月"),
    },
    kind="money",
    axis_title=Text("Net revenue", "净收入"),
)
