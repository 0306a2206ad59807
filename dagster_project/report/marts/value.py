"""Tables of what the customers will still bring."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "value.fct_model_fits",
        "value",
        "run component model",
        "run:label/run component:label/value_component model:label/value_model status:label is_chosen:flag"
        " customers:people correlation:figure<customers holdout_customers:people"
        " holdout_expected:score<holdout_customers holdout_actual:score<holdout_customers reason:label/model_reason",
        is_alone=True,
    ),
)
SELLER = (
    Mart(
        "value.fct_customer_value",
        "value",
        "residual_value desc nulls last, customer_id",
        "customer_id:code model:label/value_model margin_historic:money! p_alive:share! expected_orders_12m:ratio!"
        " residual_low:money! residual_value:money! residual_high:money! referral_value:money! status:label",
    ),
)
