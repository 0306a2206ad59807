select
    improvement_id,
    opened_on,
    source,
    topic,
    done_on,
    indicator_code,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'improvements') }}
