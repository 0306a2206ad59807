-- Which customers are a partner's: by their own record, or by an order the partner stands behind. A customer may be
-- claimed by several. One row per partner and customer.
with

customers as (
    select * from {{ ref('int_customers_unioned') }}
)

select
    partner_id,
    customer_id
from customers
where partner_id is not null

union

select
    orders.partner_id,
    orders.customer_id
from {{ ref('int_orders_prepared') }} as orders
inner join customers on orders.customer_id = customers.customer_id
where orders.partner_id is not null and not orders.is_cancelled
