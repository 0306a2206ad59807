-- When money was earned or given back, and when an order was placed, by customer. `revenue_source` decides which
-- entity carries the revenue, so that none counts twice; orders count as orders whichever it is. Orders are read where
-- they are used: a shared CTE would hold every column of all of them, whatever is asked of this view.
{{ config(materialized='view') }}

with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

invoices as (
    select
        invoices.*,
        coalesce(resolved_customers.resolved_customer_id, invoices.customer_id) as resolved_customer_id,
        resolved_customers.customer_key
    from {{ ref('stg_crm__invoices') }} as invoices
    left join resolved_customers on invoices.customer_id = resolved_customers.customer_id
    where invoices.removed_on is null and not coalesce(resolved_customers.is_test, false)
),

contract_months as (
    select * from {{ ref('int_contract_months_accrued') }}
),

-- Where neither orders nor their lines were delivered, an invoice is the purchase.
order_inputs as (
    select count(*) > 0 as is_delivered
    from {{ source('evidence', 'inputs') }}
    where entity in ('orders', 'order_lines') and column_name = 'order_id' and delivered
),

placed as (
    select
        'order' as event_kind,
        orders.order_id as document_id,
        orders.customer_id,
        orders.customer_key,
        orders.ordered_on as occurred_on,
        orders.event_on,
        -- Booked by a contract: the renewal model speaks for it, not the purchase model.
        current_run.is_active_by_contract
        and orders.contract_id is not null
        and coalesce(orders.order_kind, 'main') in ('main', 'renewal') as is_contractual,
        case when orders.is_return then 0 else 1 end as orders,
        case when current_run.revenue_source != 'orders' then 0
            when orders.is_return then -abs(orders.revenue_booked)
            else orders.revenue_booked
        end as revenue,
        case when current_run.revenue_source != 'orders' then 0
            -- Cast before it is added: a product of two decimals makes every row's sum a wide one, ten times as dear.
            else orders.margin_net + case when orders.margin_basis = 'assumed'
                then cast(orders.refund_amount * current_run.gross_margin as {{ money() }})
                else orders.refund_amount
            end
        end as margin
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    where not orders.is_cancelled
),

refunded as (
    select
        'refund' as event_kind,
        orders.order_id as document_id,
        orders.customer_id,
        orders.customer_key,
        orders.refunded_on as occurred_on,
        cast(null as date) as event_on,
        current_run.is_active_by_contract
        and orders.contract_id is not null
        and coalesce(orders.order_kind, 'main') in ('main', 'renewal') as is_contractual,
        0 as orders,
        -orders.refund_amount as revenue,
        -- Unknown stays unknown: a refund alone would read as a loss.
        -case orders.margin_basis
            when 'assumed' then cast(orders.refund_amount * current_run.gross_margin as {{ money() }})
            when 'delivered' then orders.refund_amount
        end as margin
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    where not orders.is_cancelled and current_run.revenue_source = 'orders' and orders.refunded_on is not null
),

invoiced as (
    select
        'invoice' as event_kind,
        invoices.invoice_id as document_id,
        invoices.resolved_customer_id as customer_id,
        invoices.customer_key,
        invoices.issued_on as occurred_on,
        cast(null as date) as event_on,
        false as is_contractual,
        case when order_inputs.is_delivered then 0 else 1 end as orders,
        invoices.amount as revenue,
        cast(invoices.amount * current_run.gross_margin as {{ money() }}) as margin
    from invoices
    cross join current_run
    cross join order_inputs
    where current_run.revenue_source = 'invoices' and invoices.issued_on < current_run.cut_on
),

written_off as (
    select
        'write_off' as event_kind,
        invoices.invoice_id as document_id,
        invoices.resolved_customer_id as customer_id,
        invoices.customer_key,
        invoices.written_off_on as occurred_on,
        cast(null as date) as event_on,
        false as is_contractual,
        0 as orders,
        -coalesce(invoices.written_off_amount, invoices.amount) as revenue,
        case
            when current_run.gross_margin is not null then -coalesce(invoices.written_off_amount, invoices.amount)
        end as margin
    from invoices
    cross join current_run
    where current_run.revenue_source = 'invoices' and invoices.written_off_on < current_run.cut_on
),

accrued as (
    select
        'contract_month' as event_kind,
        contract_months.contract_id as document_id,
        contract_months.customer_id,
        contract_months.customer_key,
        contract_months.accrued_on as occurred_on,
        cast(null as date) as event_on,
        true as is_contractual,
        0 as orders,
        contract_months.revenue,
        cast(contract_months.revenue * current_run.gross_margin as {{ money() }}) as margin
    from contract_months
    cross join current_run
    where current_run.revenue_source = 'contracts'
),

unioned as (
    select * from placed
    union all
    select * from refunded
    union all
    select * from invoiced
    union all
    select * from written_off
    union all
    select * from accrued
)

select
    event_kind,
    document_id,
    customer_id,
    customer_key,
    occurred_on,
    event_on,
    is_contractual,
    orders,
    cast(revenue as {{ money() }}) as revenue_net,
    cast(margin as {{ money() }}) as margin_net
from unioned
