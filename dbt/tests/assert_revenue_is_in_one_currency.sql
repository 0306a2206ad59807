{{ config(meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}
-- Sums over two currencies mean nothing. A returned row is an order in another currency than the company reports in.
select
    orders.order_id,
    orders.currency
from {{ ref('stg_crm__orders') }} as orders
cross join {{ ref('int_runs_prepared') }} as runs
where
    runs.run = 'current'
    and orders.removed_on is null
    and orders.currency is not null
    and upper(orders.currency) != upper(runs.currency)
