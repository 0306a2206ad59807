select
    claim_id,
    statement,
    indicator_code,
    claimed_value,
    period_end,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'seller_claims') }}
