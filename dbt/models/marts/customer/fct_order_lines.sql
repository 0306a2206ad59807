with

lines as (
    select * from {{ ref('int_order_lines_prepared') }}
),

orders as (
    select * from {{ ref('int_orders_prepared') }}
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
)

select
    lines.order_id,
    lines.line_no,
    lines.source_file,
    lines.source_line,
    coalesce(orders.customer_id, resolved_customers.resolved_customer_id, lines.customer_id) as customer_id,
    lines.ordered_at,
    coalesce(lines.ordered_on, orders.ordered_on) as ordered_on,
    lines.product_id,
    lines.product_name,
    lines.category,
    lines.region,
    lines.is_return,
    orders.order_id is not null and not orders.is_cancelled as is_counted,
    lines.quantity,
    lines.unit_price,
    lines.discount_amount,
    lines.line_amount
from lines
left join orders on lines.order_id = orders.order_id
left join resolved_customers on lines.customer_id = resolved_customers.customer_id
