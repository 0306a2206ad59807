"""What the customers are worth, what survives a sale, what is to be expected and how good the forecasts were."""

from __future__ import annotations

from dagster_project.report.content import Text
from dagster_project.report.exhibits.shapes import Bars, Curves, Dots

equity = Dots(
    query="fct_customer_equity",
    title=Text("Customer equity by scenario", "各情景下的客户资产"),
    en="Highest in the scenario {scenario}: {residual_value} from {customers_assessed} customers.",
    zh="最高为{scenario}情景：{customers_assessed} 位客户，{residual_value}。",
    pick="residual_value",
    where={"breakdown": "total"},
    label="scenario",
    value="residual_value",
    interval=("residual_low", "residual_high"),
    kind="money",
    axis_title=Text("Residual value, low to high", "剩余价值（低至高）"),
)
bridge = Bars(
    query="fct_transfer_bridge",
    title=Text("From what the book is worth to what survives the sale", "从客户资产到交易后存续价值"),
    en="Largest: {step}, {amount}.",
    zh="最大：{step}，{amount}。",
    pick="amount",
    label="step",
    series={"amount": Text("Amount", "金额")},
    kind="money",
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
    en="Most in month {months_ahead}: {expected_orders} orders ({part}).",
    zh="最多为第 {months_ahead} 个月：{expected_orders} 单（{part}）。",
    pick="expected_orders",
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
    en="Of {kind}, {expected} orders were expected and {actual} came.",
    zh="{kind}：预测 {expected} 单，实际 {actual} 单。",
    pick="expected",
    where={"breakdown": "decile", "measure": "orders", "kind": "residual"},
    label="breakdown_value",
    series={"expected": Text("Forecast", "预测"), "actual": Text("Came", "实际")},
    kind="score",
    axis_title=Text("Orders, by decile of the forecast", "订单（按预测十分位）"),
)
