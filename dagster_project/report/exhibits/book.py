"""Segments and stages of the book, what changed its revenue, what is booked, what to do."""

from __future__ import annotations

from dataclasses import replace

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Bridge, Columns, Map

rfm_map = Map(
    query="rfm_map",
    title=Text("RFM map: how recently, how often, how much", "RFM 分布图：近度、频率与金额"),
    en="The most valuable field: {customers} customers with {orders_each} orders, the last in {last_orders}, have "
    "brought {revenue_per_customer} each. In each field: customers, and revenue of each to date; darker is more.",
    zh="价值最高的一格：{customers} 位客户，订单数 {orders_each}，末次下单 {last_orders}，人均累计收入 "
    "{revenue_per_customer}。每格为客户数与人均累计收入，颜色越深越高。",
    pick="revenue_per_customer",
    x=("recency_score", "last_orders"),
    y=("frequency_score", "orders_each"),
    count="customers",
    value="revenue_per_customer",
    titles=(Text("Last order", "末次下单"), Text("Orders to date", "累计订单数")),
)
segments = Bars(
    query="fct_segments",
    name="rfm",
    title=Text("Customers and revenue by purchase segment", "各消费细分的客户与收入"),
    en="Most revenue comes from the segment {segment}: {revenue_share} from {customer_share} of the customers.",
    zh="收入最多的细分为{segment}：{customer_share} 的客户贡献 {revenue_share} 的收入。",
    pick="revenue_share",
    where={"segmentation": "rfm_segment"},
    label="segment",
    series={
        "customer_share": Text("Share of customers", "客户占比"),
        "revenue_share": Text("Share of revenue", "收入占比"),
    },
    kind="share",
    largest_first=True,
)
affinity = Bars(
    query="fct_category_affinity",
    name="whitespace",
    title=Text("What customers like them buy and these do not", "交叉销售空间（按品类）"),
    en="Most is open in {category}: a margin of {whitespace_margin} with {whitespace_customers} customers.",
    zh="空间最大的品类为{category}：{whitespace_customers} 位客户，毛利 {whitespace_margin}。",
    pick="whitespace_margin",
    where={"segmentation": "all"},
    label="category",
    series={"whitespace_margin": Text("Margin not yet earned", "尚未实现的毛利")},
    kind="money",
    axis_title=Text("Margin not yet earned", "尚未实现的毛利"),
    largest_first=True,
)
transitions = Columns(
    query="fct_lifecycle_transitions",
    title=Text("Where customers of each stage were a year later", "各阶段客户一年后的去向"),
    en="Of those {from_stage} a year ago, {share} are now {to_stage}: {customers} customers.",
    zh="一年前为{from_stage}的客户中，{share} 现为{to_stage}，共 {customers} 位。",
    pick="customers",
    keep=lambda row: row["from_stage"] != "unknown",
    x="from_stage",
    by=("to_stage", "share"),
    kind="share",
    y_title=Text("Share of the stage", "占该阶段"),
)
revenue_by_customer = Bridge(
    query="fct_price_volume_mix",
    name="customer",
    title=Text("What changed the revenue, by customer", "收入变动桥（按客户）"),
    en="From {revenue_from} to {revenue_to}: new customers {new}, lost ones {lost}.",
    zh="由 {revenue_from} 到 {revenue_to}：新客 {new}，流失 {lost}。",
    pick="revenue_to",
    where={"bridge": "customer"},
    steps={
        "revenue_from": (Text("Year before", "上一年"), 0),
        "price": (Text("Price", "价格"), 1),
        "volume": (Text("Volume", "数量"), 1),
        "mix": (Text("Mix", "结构"), 1),
        "new": (Text("New", "新增"), 1),
        "returned": (Text("Returned", "回归"), 1),
        "lost": (Text("Lost", "流失"), 1),
        "unknown_customer": (Text("Unknown customer", "未知客户"), 1),
        "unsplit": (Text("Not split", "未拆分"), 1),
        "revenue_to": (Text("This year", "本年"), 0),
    },
    kind="money",
    axis_title=Text("Net revenue", "净收入"),
)
revenue_by_product = replace(
    revenue_by_customer,
    name="product",
    title=Text("What changed the revenue, by product", "收入变动桥（按产品）"),
    en="From {revenue_from} to {revenue_to}: price {price}, volume {volume}, mix {mix}.",
    zh="由 {revenue_from} 到 {revenue_to}：价格 {price}，数量 {volume}，结构 {mix}。",
    where={"bridge": "product"},
)
backlog = Columns(
    query="fct_backlog",
    title=Text("Booked and not delivered, by month of the event", "已订未交付（按事件月份）"),
    en="Most falls in {event_period}: {undelivered_value} to deliver, {deposits_liability} of it taken already.",
    zh="最多的月份为 {event_period}：待交付 {undelivered_value}，已收 {deposits_liability}。",
    pick="undelivered_value",
    where={"standing": "ahead"},
    x="event_period",
    series={
        "undelivered_value": Text("To deliver", "待交付"),
        "deposits_liability": Text("Of it taken already", "其中已收"),
    },
    kind="money",
    y_title=Text("Value", "金额"),
    stacked=False,
)
actions = Bars(
    query="fct_actions",
    title=Text("What to do with the customers, by rule", "对客户的行动建议（按规则）"),
    en="Most is to be had by: {rule}, {expected_value} with {customers} customers.",
    zh="预期价值最大的规则：{rule}，{customers} 位客户，{expected_value}。",
    pick="expected_value",
    label="rule",
    series={"expected_value": Text("Expected value", "预期价值")},
    kind="money",
    axis_title=Text("Expected value", "预期价值"),
    largest_first=True,
)
