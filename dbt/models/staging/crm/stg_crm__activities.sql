select
    activity_id,
    customer_id,
    staff_id,
    kind,
    channel,
    is_automated,
    occurred_at,
    cast(occurred_at as date) as occurred_on,
    minutes,
    cost,
    outcome,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'activities') }}
