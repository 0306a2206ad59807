{{ config(meta={'dagster': {'ref': {'name': 'fct_backlog'}}}) }}
-- The backlog is the open orders of fct_orders, once each: a payment that names two of an order's invoices must not
-- double it. A returned row is a difference, or a liability beyond the money taken.
with

open_orders as (
    select
        count(*) as orders,
        coalesce(sum(orders.revenue_net), 0) as order_value
    from {{ ref('fct_orders') }} as orders
    cross join {{ ref('int_runs_prepared') }} as runs
    where
        runs.run = 'current'
        and not orders.is_cancelled
        and not orders.is_return
        and (orders.fulfilled_on is null or orders.fulfilled_on >= runs.cut_on)
),

backlog as (
    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(order_value), 0) as order_value,
        coalesce(sum(case when deposits_liability > greatest(money_taken, 0) then 1 else 0 end), 0) as overstated
    from {{ ref('fct_backlog') }}
)

select
    open_orders.orders,
    backlog.orders as backlog_orders,
    open_orders.order_value,
    backlog.order_value as backlog_value
from open_orders
cross join backlog
where
    open_orders.orders != backlog.orders
    or open_orders.order_value != backlog.order_value
    or backlog.overstated > 0
