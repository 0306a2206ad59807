"""How long customers stay, when they come back, and who brings the value."""

from __future__ import annotations

from dataclasses import replace

from dagster_project.report.content import Sentence, Text
from dagster_project.report.exhibits.shapes import Bars, Bridge, Columns, Curves, Network, Pareto

survival = Curves(
    query="fct_survival",
    title=Text("Survival: share of customers still active", "生存曲线：仍活跃的客户占比"),
    en="After {months_since} months {survival} were still active; the band is the 95% interval.",
    zh="{months_since} 个月后仍活跃者占 {survival}；阴影为 95% 区间。",
    pick="months_since",
    where={"breakdown": ""},
    by="breakdown",
    x="months_since",
    y="survival",
    interval=("survival_ci_low", "survival_ci_high"),
    kind="share",
    x_title=Text("Months since the first order", "距首单月数"),
    y_title=Text("Still active", "仍活跃"),
    start=1.0,
)
by_year = replace(
    survival,
    name="year",
    title=Text("The same, by year of the first order", "按首单年份"),
    en="After {months_since} months {survival} of those of {breakdown_value} were still active.",
    zh="{breakdown_value} 年的客户在 {months_since} 个月后仍活跃者占 {survival}。",
    where={"breakdown": "start_year"},
    by="breakdown_value",
)
repeat = Curves(
    query="fct_repeat_curve",
    title=Text("When customers order again", "复购时间曲线"),
    en="{share_reached} of customers reached the {order_number} within {months_since} months.",
    zh="{months_since} 个月内，{share_reached} 的客户达到{order_number}。",
    pick="share_reached",
    by="order_number",
    x="months_since",
    y="share_reached",
    interval=("share_reached_ci_low", "share_reached_ci_high"),
    kind="share",
    x_title=Text("Months since the first order", "距首单月数"),
    y_title=Text("Have ordered so often", "已达到该单数"),
    start=0.0,
    most=3,
)
lorenz = Curves(
    query="fct_value_deciles",
    name="lorenz",
    title=Text("Lorenz curve: what the best customers bring", "洛伦兹曲线：头部客户的贡献"),
    en="The best decile brings {share} of {measure}.",
    zh="最好的十分之一客户贡献{measure}的 {share}。",
    pick="share",
    where={"unit": "customer"},
    keep=lambda row: row["measure"] in ("revenue_net_12m", "margin_net_12m"),
    by="measure",
    x="cumulative_units_share",
    y="cumulative_share",
    interval=None,
    kind="share",
    x_title=Text("Customers, best first", "客户（由高到低）"),
    y_title=Text("Of the whole", "占总量"),
    diagonal=Text("all alike", "完全均等"),
    start=0.0,
)
deciles = Columns(
    query="fct_value_deciles",
    name="deciles",
    title=Text("Value deciles, the best first", "价值十分位（由高到低）"),
    en="Decile {decile} alone brings {share} of {measure}.",
    zh="仅第 {decile} 个十分位即贡献{measure}的 {share}。",
    pick="share",
    where={"unit": "customer"},
    keep=lambda row: row["measure"] in ("revenue_net_12m", "margin_net_12m"),
    x="decile",
    by=("measure", "share"),
    kind="share",
    y_title=Text("Share", "占比"),
    stacked=False,
)
recurring = Bridge(
    query="fct_recurring_revenue",
    title=Text("Contractual revenue of the last year", "近一年合同收入变动"),
    en="Of the opening contracts {grr} stayed, {nrr} with what grew.",
    zh="期初合同收入留存 {grr}，含增长为 {nrr}。",
    pick="closing",
    where={"years_back": 0},
    steps={
        "opening": (Text("Opening", "期初"), 0),
        "new": (Text("New", "新增"), 1),
        "expansion": (Text("Expansion", "扩展"), 1),
        "contraction": (Text("Contraction", "缩减"), -1),
        "churn": (Text("Churn", "流失"), -1),
        "closing": (Text("Closing", "期末"), 0),
    },
    kind="money",
    axis_title=Text("Annual value", "年额"),
)
reasons = Pareto(
    query="fct_churn_reasons",
    title=Text("Why customers left", "客户流失原因"),
    en="Most often: {reason}, {losses} losses, {share} of all.",
    zh="最常见：{reason}，{losses} 起，占 {share}。",
    pick="losses",
    label="reason",
    count="losses",
    cumulative="cumulative_share",
    count_title=Text("Losses", "流失数"),
)
warning = Bars(
    query="fct_churn_warning",
    title=Text("Active customers at risk, by main warning sign", "有流失风险的活跃客户（按主要信号）"),
    en="Most often: {reason}, {customers} customers, of whom {touched} were contacted in the last 60 days.",
    zh="最常见的信号：{reason}，{customers} 位客户，其中 {touched} 位在近60天内已联系。",
    pick="customers",
    where={"is_at_risk": True},
    label="reason",
    series={"customers": Text("Customers", "客户"), "touched": Text("Touched in 60 days", "60天内已联系")},
    kind="count",
    largest_first=True,
)
referrals = Network(
    query="fct_referral_network",
    title=Text("Referral network: customers brought, by value tier", "转介绍网络：带来的客户（按价值层级）"),
    en="The widest link: {referrer_tier} brought {referred_customers} customers now in {referred_tier}, who have spent "
    "{referred_revenue_net}.",
    zh="最宽的一条：{referrer_tier}带来 {referred_customers} 位现属{referred_tier}的客户，其累计消费 "
    "{referred_revenue_net}。",
    pick="referred_customers",
    level="depth",
    ends=("referrer_tier", "referred_tier"),
    order=("A", "B", "C", "none", "prospect"),
    count="referred_customers",
    levels=(
        Text("Came by themselves", "自行到来"),
        Text("Brought by them", "由其带来"),
        Text("Second step", "第二步"),
        Text("Third step", "第三步"),
        Text("Fourth step", "第四步"),
    ),
    too_few=Sentence(
        "Too few customers were referred to draw the network without showing single ones.",
        "被转介绍的客户过少，绘制网络会暴露单个客户，故不绘制。",
    ),
)
