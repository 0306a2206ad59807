"""What the revenue hangs on: few customers, late payers, contracts that end, markets that shrink, people who leave."""

from __future__ import annotations

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Columns

concentration = Bars(
    largest_first=True,
    query="fct_concentration",
    title=Text("How much hangs on the largest", "收入对最大类别的依赖"),
    en="Most concentrated is the split by {cut}: the largest brings {top1_share} of the revenue of twelve months; "
    "it is as uneven as {effective_number} equal ones.",
    zh="最集中的是按{cut}划分：最大者占近12个月收入的 {top1_share}，相当于 {effective_number} 个等份。",
    pick="top1_share",
    where={"run": "current"},
    keep=lambda row: row["unknown_share"] < 0.5,
    label="cut",
    series={"top1_share": Text("Largest", "最大者"), "top10_share": Text("Ten largest", "最大十者")},
    kind="share",
)
receivables = Bars(
    query="fct_receivables_ageing",
    title=Text("Receivables by how late they are", "应收账款账龄"),
    en="Most is owed in the bucket {bucket}: {open_amount}, of which {expected_loss} may not come.",
    zh="欠款最多的账龄区间为{bucket}：{open_amount}，其中预计损失 {expected_loss}。",
    pick="open_amount",
    keep=lambda row: row["bucket"] != "written_off",
    label="bucket",
    series={"open_amount": Text("Open", "未收"), "expected_loss": Text("Loss to be expected", "预计损失")},
    kind="money",
    axis_title=Text("Open at as-of", "截至评估日未收"),
)
contracts = Columns(
    query="fct_contract_ladder",
    title=Text("Contract ladder: what ends when, by change-of-control clause", "合同到期阶梯（按控制权变更条款）"),
    en="The largest step: {ends}, change of control {change_of_control_clause}, {annual_value_in_effect} a year.",
    zh="最大一档：{ends} 到期，控制权变更条款“{change_of_control_clause}”，年额 {annual_value_in_effect}。",
    pick="annual_value_in_effect",
    x="ends",
    by=("change_of_control_clause", "annual_value_in_effect"),
    kind="money",
    y_title=Text("Annual value in effect", "有效合同年额"),
)
markets = Bars(
    query="fct_market_exposure",
    title=Text("Own growth beside that of the customers' industries", "自身增长与客户行业增长对照"),
    en="{industry} brings most, {revenue_share} of revenue: own growth {own_growth} beside {reference_growth}.",
    zh="{industry}占收入最多（{revenue_share}）：自身增长 {own_growth}，行业增长 {reference_growth}。",
    pick="revenue_share",
    where={"kind": "customer industry"},
    keep=lambda row: row["reference_growth"] is not None,
    label="industry",
    series={"own_growth": Text("Own growth", "自身增长"), "reference_growth": Text("Industry", "行业增长")},
    kind="share",
)
key_people = Bars(
    query="fct_key_people",
    title=Text("Who holds the accounts", "客户由谁负责"),
    en="{revenue_share} of the revenue of twelve months stands with accounts held by: {standing}.",
    zh="近12个月收入的 {revenue_share} 来自由“{standing}”负责的客户。",
    pick="revenue_share",
    label="standing",
    series={"revenue_share": Text("Share of revenue", "收入占比"), "margin_share": Text("Share of margin", "毛利占比")},
    kind="share",
)
