"""Tables of what the book is worth as a whole, and what of it survives a sale."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "value.fct_customer_equity",
        "value",
        "breakdown breakdown_value scenario",
        "breakdown:label/equity_cut breakdown_value:label/segment scenario:label customers:people"
        " customers_assessed:people residual_low:money<customers_assessed residual_value:money<customers_assessed"
        " residual_high:money<customers_assessed share_of_total:share<customers_assessed status:label",
        within="breakdown scenario",
    ),
    # The steps of the bridge without the levels between them, from which a hidden step would follow.
    Mart(
        "value.fct_transfer_bridge",
        "value",
        "position",
        "step:label/transfer_step customers:people amount:money<customers",
    ),
    Mart(
        "value.fct_transfer_bridge",
        "value",
        "position",
        "step:label/transfer_step value_low:money! value_after:money! value_high:money!",
        name="transfer_levels",
        select="select * from value.fct_transfer_bridge where step in ('gross', 'transferable')",
    ),
    # A row of the table is one person, partner or parent: shown is the worst of each kind.
    Mart(
        "value.fct_exit_stress",
        "value",
        "dependence",
        "dependence:label counted:count! customers:people residual_share:share<customers lost_share:share<customers",
        select="""
        select
            dependence,
            cast(count(*) as integer) as counted,
            arg_max(customers, lost_share) as customers,
            arg_max(residual_share, lost_share) as residual_share,
            max(lost_share) as lost_share
        from value.fct_exit_stress
        group by dependence
        """,
        is_alone=True,
    ),
    Mart(
        "value.fct_demand_forecast",
        "value",
        "part period months_ahead",
        "part:label/forecast_part period:label/period_type months_ahead:count! starts_on:date expected_orders:score!"
        " expected_interval:pair/score,expected_low,expected_high!",
    ),
    Mart(
        "value.fct_backtest",
        "value",
        "kind breakdown breakdown_value measure",
        "kind:label/backtest_kind breakdown:label/backtest_cut breakdown_value:text measure:label"
        " forecast_made_on:date compared_on:date customers:people expected:score<customers"
        " expected_interval:pair/score,expected_low,expected_high<customers actual:score<customers"
        " error_share:share<customers is_covered:flag",
        is_alone=True,
    ),
)
# A row per customer, with the seller's own forecast of who stays: shown by nobody.
ROWS = frozenset({"value.fct_transferable_value"})
