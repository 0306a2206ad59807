{{ config(meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}
-- Money shared out over order lines must not be lost or doubled on the way: only a ten-thousandth a line may be rounded
-- off. A returned row is a difference beyond that.
with

orders as (
    select sum(revenue_net) as revenue_net
    from {{ ref('fct_orders') }}
),

products as (
    select sum(sales - refunds) as revenue_net
    from {{ ref('int_product_months_aggregated') }}
),

lines as (
    select count(*) as line_count
    from {{ ref('fct_order_lines') }}
)

select
    orders.revenue_net,
    products.revenue_net as revenue_of_products
from orders
cross join products
cross join lines
where abs(orders.revenue_net - products.revenue_net) > 0.0001 * (lines.line_count + 1)
