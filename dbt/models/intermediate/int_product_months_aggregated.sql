-- What each customer bought month by month, product by product, in booked money and in refunds. Order lines carry the
-- money of their order where they add up to it, discounts and refunds shared in proportion; an order whose lines are
-- missing or do not add up stands as one unit of its own kind, in the category `not_itemised`.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

orders as (
    select
        orders.*,
        case when orders.is_return then -abs(orders.revenue_booked) else orders.revenue_booked end as sales,
        orders.margin_net + case orders.margin_basis
            when 'assumed' then cast(orders.refund_amount * current_run.gross_margin as {{ money() }})
            else orders.refund_amount
        end as sales_margin
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    where not orders.is_cancelled
),

lines as (
    select
        *,
        line_amount - coalesce(discount_amount, 0) as line_net
    from {{ ref('int_order_lines_prepared') }}
),

products as (
    select * from {{ ref('stg_crm__products') }}
    where removed_on is null
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
),

line_totals as (
    select
        order_id,
        sum(line_amount) as line_amount,
        sum(line_net) as line_net,
        case when count(line_cost) = count(*) then sum(line_cost) end as line_cost
    from lines
    group by order_id
),

-- Lines may carry list prices or net ones: either sum may be the order's.
judged as (
    select
        orders.order_id,
        orders.customer_id,
        orders.order_kind,
        orders.ordered_on,
        orders.refunded_on,
        orders.refund_amount,
        orders.sales,
        orders.sales - orders.sales_margin as cost,
        orders.is_return,
        line_totals.line_net,
        line_totals.line_cost,
        coalesce(
            line_totals.line_net != 0
            and (
                abs(line_totals.line_amount - orders.gross_amount) <= 0.01
                or abs(line_totals.line_net - orders.gross_amount) <= 0.01
                or abs(line_totals.line_net - (orders.gross_amount - orders.discount_amount)) <= 0.01
            ),
            false
        ) as is_itemised
    from orders
    left join line_totals on orders.order_id = line_totals.order_id
),

sold as (
    select
        judged.customer_id,
        judged.ordered_on,
        judged.refunded_on,
        'order_lines' as basis,
        coalesce(lines.product_id, lines.product_name, 'unknown') as product_key,
        coalesce(lines.category, products.category, 'unknown') as category,
        coalesce(products.role, 'unknown') as product_role,
        lines.quantity * case when lines.is_return and lines.quantity > 0 then -1 else 1 end as quantity,
        judged.sales * (lines.line_net / judged.line_net) as sales,
        judged.sales * (lines.line_net / judged.line_net)
        - judged.cost * case
            when judged.line_cost != 0 then lines.line_cost / judged.line_cost
            else lines.line_net / judged.line_net
        end as margin,
        judged.refund_amount * (lines.line_net / judged.line_net) as refunds
    from judged
    inner join lines on judged.order_id = lines.order_id
    left join products on lines.product_id = products.product_id
    where judged.is_itemised

    union all

    select
        customer_id,
        ordered_on,
        refunded_on,
        'orders' as basis,
        coalesce(order_kind, 'order') as product_key,
        'not_itemised' as category,
        'unknown' as product_role,
        case when is_return then -1 else 1 end as quantity,
        sales,
        sales - cost as margin,
        refund_amount as refunds
    from judged
    where not is_itemised
),

dated as (
    select
        customer_id,
        ordered_on as day_on,
        basis,
        product_key,
        category,
        product_role,
        cast(quantity as decimal(18, 6)) as quantity,
        cast(sales as {{ money() }}) as sales,
        cast(margin as {{ money() }}) as margin,
        cast(0 as {{ money() }}) as refunds
    from sold

    union all

    select
        customer_id,
        refunded_on as day_on,
        basis,
        product_key,
        category,
        product_role,
        cast(0 as decimal(18, 6)) as quantity,
        cast(0 as {{ money() }}) as sales,
        cast(0 as {{ money() }}) as margin,
        cast(refunds as {{ money() }}) as refunds
    from sold
    where refunds != 0 and refunded_on is not null
)

select
    dated.customer_id,
    days.months_back,
    dated.basis,
    dated.product_key,
    dated.category,
    max(dated.product_role) as product_role,
    cast(sum(dated.quantity) as decimal(18, 6)) as quantity,
    cast(sum(dated.sales) as {{ money() }}) as sales,
    cast(case when count(dated.margin) = count(*) then sum(dated.margin) end as {{ money() }}) as margin,
    cast(sum(dated.refunds) as {{ money() }}) as refunds
from dated
inner join days on dated.day_on = days.day_on
group by
    dated.customer_id,
    days.months_back,
    dated.basis,
    dated.product_key,
    dated.category
