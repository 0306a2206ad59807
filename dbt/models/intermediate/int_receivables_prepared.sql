-- Invoices open at as-of.
select
    invoice_id,
    customer_id,
    issued_on,
    due_on,
    open_amount,
    is_due,
    days_overdue,
    is_disputed
from {{ ref('int_receivables_aged') }}
where months_back = 0
