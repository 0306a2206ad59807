-- Invoices open at as-of: issued, and neither settled nor written off by then.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
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
    cast(greatest(invoices.amount - coalesce(paid.paid_amount, 0), 0) as {{ money() }}) as open_amount,
    invoices.due_on < current_run.cut_on as is_due,
    {{ days_between('invoices.due_on', 'current_run.as_of_on') }} as days_overdue
from {{ ref('stg_crm__invoices') }} as invoices
cross join current_run
left join paid on invoices.invoice_id = paid.invoice_id
left join resolved_customers on invoices.customer_id = resolved_customers.customer_id
where
    invoices.removed_on is null
    and invoices.issued_on < current_run.cut_on
    and (invoices.settled_on is null or invoices.settled_on >= current_run.cut_on)
    and (invoices.written_off_on is null or invoices.written_off_on >= current_run.cut_on)
    and not coalesce(resolved_customers.is_test, false)
