{{ config(meta={'dagster': {'ref': {'name': 'fct_customer_cube'}}}) }}
-- Whatever way the cube is sliced, its cells are the customer months. A returned row is a month that is not.
with

months as (
    select
        months_back,
        sum(orders) as orders,
        sum(revenue_net) as revenue_net
    from {{ ref('fct_customer_months') }}
    group by months_back
),

cube as (
    select
        months_back,
        sum(orders) as orders,
        sum(revenue_net) as revenue_net
    from {{ ref('fct_customer_cube') }}
    group by months_back
)

select
    months.months_back,
    months.orders,
    cube.orders as cube_orders,
    months.revenue_net,
    cube.revenue_net as cube_revenue_net
from months
full join cube on months.months_back = cube.months_back
where
    months.orders is null
    or cube.orders is null
    or months.orders != cube.orders
    or months.revenue_net != cube.revenue_net
