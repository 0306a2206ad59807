select
    customer_id,
    lead_id,
    need,
    recorded_at,
    cast(recorded_at as date) as recorded_on,
    source,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'needs') }}
