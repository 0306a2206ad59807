{{ config(meta={'dagster': {'ref': {'name': 'fct_customer_months'}}}) }}
-- The one pass over the facts loses no money: months of known customers and events without one add up to the orders.
-- Only where orders carry the revenue. A returned row is the difference, in the reporting currency.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

months as (
    select coalesce(sum(revenue_net), 0) as revenue
    from {{ ref('fct_customer_months') }}
),

nameless as (
    select coalesce(sum(revenue_net), 0) as revenue
    from {{ ref('fct_orders') }}
    where customer_id is null
),

orders as (
    select coalesce(sum(revenue_net), 0) as revenue
    from {{ ref('fct_orders') }}
)

select
    months.revenue as month_revenue,
    nameless.revenue as nameless_revenue,
    orders.revenue as order_revenue
from months
cross join nameless
cross join orders
cross join current_run
where
    current_run.revenue_source = 'orders'
    and months.revenue + nameless.revenue != orders.revenue
