select
    staff_id,
    topic,
    completed_on,
    hours,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'training') }}
