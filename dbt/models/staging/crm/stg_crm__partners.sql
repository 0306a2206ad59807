select
    partner_id,
    name,
    kind,
    since_on,
    ends_on,
    commission_rate,
    is_exclusive,
    support,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'partners') }}
