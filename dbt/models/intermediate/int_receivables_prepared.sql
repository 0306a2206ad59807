-- Invoices open at as-of: issued, and neither settled nor wholly written off by then.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

-- Written off by as-of; without an amount, all of it.
invoices as (
    select
        invoices.*,
        case
            when invoices.written_off_on < current_run.cut_on
                then coalesce(invoices.written_off_amount, invoices.amount)
            else 0
        end as lost_amount
    from {{ ref('stg_crm__invoices') }} as invoices
    cross join current_run
    where invoices.removed_on is null
),

paid as (
    select
        payments.invoice_id,
        sum(case when payments.is_refund then -payments.amount else payments.amount end) as paid_amount
    from {{ ref('stg_crm__payments') }} as payments
    cross join current_run
    where
        payments.removed_on is null
        and payments.invoice_id is not null
        and payments.paid_on < current_run.cut_on
    group by payments.invoice_id
)

select
    invoices.invoice_id,
    coalesce(resolved_customers.resolved_customer_id, invoices.customer_id) as customer_id,
    invoices.issued_on,
    invoices.due_on,
    cast(
        greatest(invoices.amount - invoices.lost_amount - coalesce(paid.paid_amount, 0), 0) as {{ money() }}
    ) as open_amount,
    invoices.due_on < current_run.cut_on as is_due,
    {{ days_between('invoices.due_on', 'current_run.as_of_on') }} as days_overdue
from invoices
cross join current_run
left join paid on invoices.invoice_id = paid.invoice_id
left join resolved_customers on invoices.customer_id = resolved_customers.customer_id
where
    invoices.issued_on < current_run.cut_on
    and (invoices.settled_on is null or invoices.settled_on >= current_run.cut_on)
    and (invoices.lost_amount = 0 or invoices.lost_amount < invoices.amount)
    and not coalesce(resolved_customers.is_test, false)
