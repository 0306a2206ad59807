select
    customer_id,
    months_back,
    month_on,
    is_partial_month,
    orders,
    order_days,
    first_order_on,
    last_order_on,
    revenue_net,
    margin_net
from {{ ref('int_customer_months_aggregated') }}
