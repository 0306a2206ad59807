-- Invoices open at as-of and at the 24 closes before it: issued, and neither settled nor wholly written off by then.
-- What was paid, disputed or written off later is not known at a close.
with

closes as (
    select * from {{ ref('int_closes_spined') }}
    where months_back <= 24
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

invoices as (
    select
        invoices.*,
        coalesce(resolved_customers.resolved_customer_id, invoices.customer_id) as resolved_customer_id
    from {{ ref('stg_crm__invoices') }} as invoices
    left join resolved_customers on invoices.customer_id = resolved_customers.customer_id
    where invoices.removed_on is null and not coalesce(resolved_customers.is_test, false)
),

-- Written off by the close; without an amount, all of it.
standing as (
    select
        closes.months_back,
        closes.as_of_on,
        closes.cut_on,
        invoices.*,
        case
            when invoices.written_off_on < closes.cut_on then coalesce(invoices.written_off_amount, invoices.amount)
            else 0
        end as lost_amount
    from invoices
    inner join closes
        on
            invoices.issued_on < closes.cut_on
            and (invoices.settled_on is null or invoices.settled_on >= closes.cut_on)
),

paid as (
    select
        standing.months_back,
        standing.invoice_id,
        sum(case when payments.is_refund then -abs(payments.amount) else payments.amount end) as paid_amount
    from standing
    inner join {{ ref('stg_crm__payments') }} as payments
        on
            standing.invoice_id = payments.invoice_id
            and standing.cut_on > payments.paid_on
    where payments.removed_on is null
    group by
        standing.months_back,
        standing.invoice_id
)

select
    standing.months_back,
    standing.as_of_on,
    standing.invoice_id,
    standing.resolved_customer_id as customer_id,
    standing.issued_on,
    standing.due_on,
    cast(
        greatest(standing.amount - standing.lost_amount - coalesce(paid.paid_amount, 0), 0) as {{ money() }}
    ) as open_amount,
    standing.due_on < standing.cut_on as is_due,
    {{ days_between('standing.due_on', 'standing.as_of_on') }} as days_overdue,
    coalesce(standing.disputed_on < standing.cut_on, false)
    and not coalesce(standing.dispute_resolved_on < standing.cut_on, false) as is_disputed
from standing
left join paid on standing.months_back = paid.months_back and standing.invoice_id = paid.invoice_id
where standing.lost_amount = 0 or standing.lost_amount < standing.amount
