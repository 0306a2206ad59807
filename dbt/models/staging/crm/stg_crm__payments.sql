select
    payment_id,
    order_id,
    invoice_id,
    customer_id,
    paid_at,
    cast(paid_at as date) as paid_on,
    amount,
    method,
    coalesce(is_refund, false) as is_refund,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'payments') }}
