select
    initiative_id,
    objective,
    owner_staff_id,
    indicator_code,
    started_on,
    ended_on,
    budget,
    cost,
    status,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'initiatives') }}
