-- Every order of the window against the ledger: invoiced where invoices were delivered, else paid. What an order that
-- is not yet fulfilled still lacks is due later; the rest of the difference is not explained.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

invoice_inputs as (
    select count(*) > 0 as is_delivered
    from {{ source('evidence', 'inputs') }}
    where entity = 'invoices' and column_name = 'order_id' and delivered and non_null_count > 0
),

-- Where fulfilment is not on record, the event stands for it.
fulfilment_inputs as (
    select count(*) > 0 as is_delivered
    from {{ source('evidence', 'inputs') }}
    where entity = 'orders' and column_name = 'fulfilled_at' and delivered and non_null_count > 0
),

payments as (
    select
        payments.order_id,
        payments.invoice_id,
        case when payments.is_refund then -abs(payments.amount) else payments.amount end as amount
    from {{ ref('stg_crm__payments') }} as payments
    cross join current_run
    where payments.removed_on is null and payments.paid_on < current_run.cut_on
),

paid_invoices as (
    select
        invoice_id,
        sum(amount) as paid_amount
    from payments
    where invoice_id is not null
    group by invoice_id
),

-- A payment that names its invoice belongs to the invoice's order.
paid_orders as (
    select
        order_id,
        sum(amount) as paid_amount
    from payments
    where order_id is not null and invoice_id is null
    group by order_id
),

invoiced as (
    select
        invoices.order_id,
        sum(invoices.amount) as invoiced_amount,
        sum(
            case
                when invoices.written_off_on < current_run.cut_on
                    then coalesce(invoices.written_off_amount, invoices.amount)
                else 0
            end
        ) as written_off_amount,
        sum(coalesce(receivables.open_amount, 0)) as open_amount,
        sum(coalesce(paid_invoices.paid_amount, 0)) as paid_amount
    from {{ ref('stg_crm__invoices') }} as invoices
    cross join current_run
    left join {{ ref('int_receivables_prepared') }} as receivables on invoices.invoice_id = receivables.invoice_id
    left join paid_invoices on invoices.invoice_id = paid_invoices.invoice_id
    where
        invoices.removed_on is null
        and invoices.order_id is not null
        and invoices.issued_on < current_run.cut_on
    group by invoices.order_id
),

bridged as (
    select
        orders.order_id,
        orders.customer_id,
        case when orders.is_return then -abs(orders.revenue_net) else orders.revenue_net end as revenue_net,
        case
            when fulfilment_inputs.is_delivered then coalesce(orders.fulfilled_on < current_run.cut_on, false)
            else coalesce(orders.event_on, orders.ordered_on) < current_run.cut_on
        end as is_fulfilled,
        invoice_inputs.is_delivered as is_by_invoice,
        coalesce(invoiced.invoiced_amount, 0) as invoiced_amount,
        coalesce(invoiced.open_amount, 0) as open_amount,
        coalesce(invoiced.written_off_amount, 0) as written_off_amount,
        coalesce(invoiced.paid_amount, 0) + coalesce(paid_orders.paid_amount, 0) as paid_amount
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    cross join invoice_inputs
    cross join fulfilment_inputs
    left join invoiced on orders.order_id = invoiced.order_id
    left join paid_orders on orders.order_id = paid_orders.order_id
    where
        not orders.is_cancelled
        and orders.ordered_on >= current_run.window_start_on
),

covered as (
    select
        *,
        case when is_by_invoice then invoiced_amount else paid_amount end as ledger_amount
    from bridged
),

explained as (
    select
        *,
        case when not is_fulfilled and revenue_net > ledger_amount then revenue_net - ledger_amount else 0 end
            as due_later_amount
    from covered
)

select
    order_id,
    customer_id,
    is_by_invoice,
    cast(revenue_net as {{ money() }}) as revenue_net,
    cast(ledger_amount as {{ money() }}) as ledger_amount,
    cast(due_later_amount as {{ money() }}) as due_later_amount,
    cast(revenue_net - ledger_amount - due_later_amount as {{ money() }}) as unexplained_amount,
    cast(invoiced_amount as {{ money() }}) as invoiced_amount,
    cast(paid_amount as {{ money() }}) as paid_amount,
    cast(open_amount as {{ money() }}) as open_amount,
    cast(written_off_amount as {{ money() }}) as written_off_amount
from explained
