select
    entry_id,
    customer_id,
    occurred_at,
    cast(occurred_at as date) as occurred_on,
    points_delta,
    tier,
    reason,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'loyalty_ledger') }}
