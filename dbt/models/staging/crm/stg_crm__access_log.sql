select
    event_id,
    staff_id,
    occurred_at,
    cast(occurred_at as date) as occurred_on,
    action,
    rows,
    is_approved,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'access_log') }}
