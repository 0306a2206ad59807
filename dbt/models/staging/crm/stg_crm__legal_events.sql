select
    event_id,
    customer_id,
    contract_id,
    kind,
    opened_on,
    closed_on,
    amount,
    outcome,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'legal_events') }}
