-- Customers by month, for whoever asks by customer id: int_customer_months_keyed with the id in the key's place.
{{ config(materialized='view') }}

select
    keys.customer_id,
    months.months_back,
    months.month_on,
    {{ add_months('months.month_on', 1) }} > current_run.cut_on as is_partial_month,
    months.orders,
    months.order_days,
    {{ lowest_day('months.month_on', 'months.order_bits') }} as first_order_on,
    {{ highest_day('months.month_on', 'months.order_bits') }} as last_order_on,
    months.purchase_days,
    months.revenue_net,
    months.margin_net
from {{ ref('int_customer_months_keyed') }} as months
inner join {{ ref('int_customer_keys') }} as keys on months.customer_key = keys.customer_key
inner join {{ ref('int_runs_prepared') }} as current_run on current_run.run = 'current'
