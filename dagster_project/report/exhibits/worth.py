"""What the customers are worth, what survives a sale, what is to be expected and how good the forecasts were."""

from __future__ import annotations

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Curves, Dots, Steps

equity = Dots(
    query="fct_customer_equity",
    title=Text("Customer equity by scenario", "各情景下的客户资产"),
    en="In the {scenario} scenario {customers_assessed} customers will still bring {residual_value}, between "
    "{residual_low} and {residual_high}.",
    zh="{scenario}情景下，{customers_assessed} 位客户仍将带来 {residual_value}，介于 {residual_low} 与 "
    "{residual_high} 之间。",
    pick="residual_value",
    told={"breakdown": "total", "scenario": "base"},
    where={"breakdown": "total"},
    label="scenario",
    value="residual_value",
    interval=("residual_low", "residual_high"),
    kind="money",
    axis_title=Text("Residual value, low to high", "剩余价值（低至高）"),
)
bridge = Steps(
    query="fct_transfer_bridge",
    title=Text("From what the book is worth to what survives the sale", "从客户资产到交易后存续价值"),
    en="{amount} of it survives the sale.",
    zh="其中 {amount} 可在交易后存续。",
    pick="amount",
    told={"step": "transferable"},
    label="step",
    value="amount",
    levels=frozenset({"gross", "transferable"}),
    axis_title=Text("Amount", "金额"),
)
stress = Bars(
    query="fct_exit_stress",
    title=Text("What would be lost if one left", "单一依赖离开的损失"),
    en="Worst: one {dependence} takes {lost_share} of the value that survives.",
    zh="最坏情形：一个{dependence}带走存续价值的 {lost_share}。",
    pick="lost_share",
    label="dependence",
    series={"lost_share": Text("Lost", "损失"), "residual_share": Text("Held", "持有")},
    kind="share",
)
forecast = Curves(
    query="fct_demand_forecast",
    title=Text("Orders to be expected, by month", "未来各月预期订单"),
    en="{expected_orders} orders are to be expected in the next twelve months, {part}.",
    zh="未来12个月{part}预期 {expected_orders} 单。",
    pick="expected_orders",
    told={"period": "year", "part": "total"},
    where={"period": "month"},
    by="part",
    x="months_ahead",
    y="expected_orders",
    interval=("expected_low", "expected_high"),
    kind="score",
    x_title=Text("Months ahead", "未来月数"),
    y_title=Text("Orders", "订单"),
)
backtest = Bars(
    query="fct_backtest",
    title=Text("Back-test: what was forecast a year ago and what came", "回测：一年前的预测与实际"),
    en="A year ago {expected} orders were forecast of {kind}; {actual} came.",
    zh="一年前对{kind}的预测为 {expected} 单，实际 {actual} 单。",
    pick="expected",
    told={"breakdown": "total", "measure": "orders", "kind": "residual"},
    where={"breakdown": "decile", "measure": "orders", "kind": "residual"},
    label="breakdown_value",
    series={"expected": Text("Forecast", "预测"), "actual": Text("Came", "实际")},
    kind="score",
    axis_title=Text("Orders, by decile of the forecast", "订单（按预测十分位）"),
)
