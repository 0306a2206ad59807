{{ config(meta={'dagster': {'ref': {'name': 'dim_customers'}}}) }}
-- A customer's totals are the sum of the customer's months. A returned row is a customer for whom they are not.
with

months as (
    select
        customer_id,
        sum(orders) as orders,
        sum(revenue_net) as revenue
    from {{ ref('fct_customer_months') }}
    group by customer_id
)

select
    customers.customer_id,
    customers.order_count,
    months.orders,
    customers.revenue_net,
    months.revenue
from {{ ref('dim_customers') }} as customers
full join months on customers.customer_id = months.customer_id
where
    customers.customer_id is null
    or customers.order_count != coalesce(months.orders, 0)
    or customers.revenue_net != coalesce(months.revenue, 0)
