select
    invoice_id,
    customer_id,
    order_id,
    contract_id,
    issued_on,
    due_on,
    amount,
    settled_on,
    disputed_on,
    dispute_resolved_on,
    written_off_on,
    written_off_amount,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'invoices') }}
