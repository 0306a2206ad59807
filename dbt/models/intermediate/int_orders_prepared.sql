-- The orders that count: known by as-of, not a test, each with its resolved customer and what it earned.
-- Cancelled orders stay, at zero; a return document is a row of its own with negative revenue.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

order_inputs as (
    select count(*) > 0 as is_delivered
    from {{ source('evidence', 'inputs') }}
    where entity = 'orders' and column_name = 'order_id' and delivered
),

delivered_orders as (
    select
        order_id,
        customer_id,
        lead_id,
        contract_id,
        order_kind,
        ordered_on,
        event_on,
        fulfilled_on,
        cancelled_on,
        status,
        channel,
        cast(null as varchar) as region,
        sales_staff_id,
        partner_id,
        gross_amount,
        coalesce(discount_amount, 0) as discount_amount,
        deposit_amount,
        refund_amount,
        refunded_on,
        cost_amount,
        is_test,
        false as is_return,
        'orders' as record_source
    from {{ ref('stg_crm__orders') }}
    where removed_on is null
),

-- Without an orders extract the documents of the line extract are the orders.
derived_orders as (
    select
        lines.order_id,
        max(lines.customer_id) as customer_id,
        cast(null as varchar) as lead_id,
        cast(null as varchar) as contract_id,
        cast(null as varchar) as order_kind,
        min(lines.ordered_on) as ordered_on,
        cast(null as date) as event_on,
        cast(null as date) as fulfilled_on,
        cast(null as date) as cancelled_on,
        cast(null as varchar) as status,
        cast(null as varchar) as channel,
        min(lines.region) as region,
        cast(null as varchar) as sales_staff_id,
        cast(null as varchar) as partner_id,
        -- Sums are wide; cast here, or the union widens the delivered orders too.
        cast(sum(lines.line_amount) as {{ money() }}) as gross_amount,
        cast(sum(coalesce(lines.discount_amount, 0)) as {{ money() }}) as discount_amount,
        cast(null as {{ money() }}) as deposit_amount,
        cast(null as {{ money() }}) as refund_amount,
        cast(null as date) as refunded_on,
        cast(
            case when count(lines.line_cost) = count(*) then sum(lines.line_cost) end as {{ money() }}
        ) as cost_amount,
        false as is_test,
        min(case when lines.is_return then 1 else 0 end) = 1 as is_return,
        'order_lines' as record_source
    from {{ ref('int_order_lines_prepared') }} as lines
    cross join order_inputs
    where not order_inputs.is_delivered and lines.ordered_on is not null
    group by lines.order_id
),

unioned as (
    select * from delivered_orders
    union all
    select * from derived_orders
),

dated as (
    select
        unioned.*,
        current_run.cut_on,
        current_run.gross_margin,
        case
            when resolved_customers.customer_id is not null then resolved_customers.resolved_customer_id
            else unioned.customer_id
        end as resolved_customer_id,
        resolved_customers.customer_key,
        coalesce(unioned.cancelled_on < current_run.cut_on, unioned.status = 'cancelled', false) as is_cancelled,
        coalesce(unioned.refunded_on, unioned.cancelled_on, unioned.ordered_on) as refund_dated_on,
        case
            when unioned.refund_amount is not null then unioned.refund_amount
            when unioned.status = 'refunded' then unioned.gross_amount - unioned.discount_amount
            else 0
        end as refund_claimed
    from unioned
    cross join current_run
    left join resolved_customers on unioned.customer_id = resolved_customers.customer_id
    where
        -- A subquery: as a join, DuckDB expects a handful of orders to pass and hashes all of them, not the customers.
        unioned.ordered_on < (select known.cut_on from current_run as known)
        and not unioned.is_test
        and not coalesce(resolved_customers.is_test, false)
),

valued as (
    select
        *,
        case when is_cancelled then 0 else gross_amount - discount_amount end as revenue_booked,
        case when is_cancelled or refund_dated_on >= cut_on then 0 else refund_claimed end as refunded_amount
    from dated
)

select
    order_id,
    resolved_customer_id as customer_id,
    -- Null for a buyer without a record; int_customer_keys has one for him.
    customer_key,
    lead_id,
    contract_id,
    order_kind,
    ordered_on,
    event_on,
    case when fulfilled_on < cut_on then fulfilled_on end as fulfilled_on,
    cancelled_on,
    status,
    is_cancelled,
    is_return,
    channel,
    region,
    sales_staff_id,
    partner_id,
    cast(gross_amount as {{ money() }}) as gross_amount,
    cast(discount_amount as {{ money() }}) as discount_amount,
    deposit_amount,
    cast(refunded_amount as {{ money() }}) as refund_amount,
    case when refunded_amount != 0 then refund_dated_on end as refunded_on,
    cast(revenue_booked as {{ money() }}) as revenue_booked,
    cast(revenue_booked - refunded_amount as {{ money() }}) as revenue_net,
    cast(
        case
            when is_cancelled then 0
            when cost_amount is not null then revenue_booked - refunded_amount - cost_amount
            -- Cast by itself: the wide product would widen the other branches too, at ten times their price.
            else cast((revenue_booked - refunded_amount) * gross_margin as {{ money() }})
        end as {{ money() }}
    ) as margin_net,
    case
        when cost_amount is not null then 'delivered'
        when gross_margin is not null then 'assumed'
        else 'unknown'
    end as margin_basis,
    record_source
from valued
