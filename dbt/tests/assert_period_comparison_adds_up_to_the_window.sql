{{ config(meta={'dagster': {'ref': {'name': 'fct_period_comparison'}}}) }}
-- Twelve months are the window, this year and last, and the window is what the customers' months hold. A returned row
-- is a sum that differs by more than rounding.
with

months as (
    select
        measure,
        sum(value) as value,
        sum(prior_value) as prior_value
    from {{ ref('fct_period_comparison') }}
    where period_type = 'month' and measure in ('revenue_net', 'orders', 'new_buyers')
    group by measure
),

windows as (
    select * from {{ ref('fct_period_comparison') }}
    where period_type = 'window'
),

customers as (
    select
        sum(revenue_net_12m) as revenue_net,
        sum(order_count_12m) as orders
    from {{ ref('dim_customers') }}
)

select
    windows.measure,
    windows.value,
    months.value as value_of_months
from windows
inner join months on windows.measure = months.measure
where abs(windows.value - months.value) > 0.001 or abs(windows.prior_value - months.prior_value) > 0.001

union all

select
    windows.measure,
    windows.value,
    cast(case when windows.measure = 'orders' then customers.orders else customers.revenue_net end as double)
        as value_of_months
from windows
cross join customers
where
    windows.measure in ('revenue_net', 'orders')
    and abs(
        windows.value
        - cast(case when windows.measure = 'orders' then customers.orders else customers.revenue_net end as double)
    ) > 0.001
