-- What was sold in the current and the prior twelve months, by product and category: delivered lines of orders that
-- count, net of line discounts. Discounts and refunds of whole orders are in no line.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'prior')
),

lines as (
    select * from {{ ref('int_order_lines_prepared') }}
),

orders as (
    select * from {{ ref('int_orders_prepared') }}
    where not is_cancelled
)

select
    runs.run,
    coalesce(lines.product_id, lines.product_name) as product,
    lines.category,
    cast(sum(lines.line_amount - coalesce(lines.discount_amount, 0)) as {{ money() }}) as revenue,
    count(*) as lines
from lines
inner join orders on lines.order_id = orders.order_id
inner join runs
    on
        orders.ordered_on >= runs.window_start_on
        and orders.ordered_on < runs.cut_on
group by
    runs.run,
    coalesce(lines.product_id, lines.product_name),
    lines.category
