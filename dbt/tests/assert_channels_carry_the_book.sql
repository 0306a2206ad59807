{{ config(meta={'dagster': {'ref': {'name': 'fct_channel_performance'}}}) }}
-- By acquisition every customer, its money and all spend of the window stand under one channel; by sale every
-- order of the window does. A returned row is a measure that a channel lost or doubled.
with

channels as (
    select
        sum(case when basis = 'acquisition' then customers else 0 end) as customers,
        sum(case when basis = 'acquisition' then revenue_net_12m else 0 end) as revenue_net_12m,
        coalesce(sum(case when basis = 'acquisition' then spend_12m end), 0) as spend_12m,
        sum(case when basis = 'sale' then orders_12m else 0 end) as orders_12m
    from {{ ref('fct_channel_performance') }}
),

book as (
    select
        count(*) as customers,
        coalesce(sum(revenue_net_12m), 0) as revenue_net_12m
    from {{ ref('dim_customers') }}
    where is_customer
),

spend as (
    select coalesce(sum(spend), 0) as spend_12m
    from {{ ref('int_campaign_spend_prepared') }}
    where is_in_window
),

orders as (
    select count(*) as orders_12m
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current'
    where not orders.is_cancelled and not orders.is_return and orders.ordered_on >= runs.window_start_on
)

select
    channels.customers,
    book.customers as book_customers,
    channels.revenue_net_12m,
    book.revenue_net_12m as book_revenue_net_12m,
    channels.spend_12m,
    spend.spend_12m as all_spend_12m,
    channels.orders_12m,
    orders.orders_12m as all_orders_12m
from channels
cross join book
cross join spend
cross join orders
where
    coalesce(channels.customers, 0) != book.customers
    or coalesce(channels.revenue_net_12m, 0) != book.revenue_net_12m
    or channels.spend_12m != spend.spend_12m
    or coalesce(channels.orders_12m, 0) != orders.orders_12m
