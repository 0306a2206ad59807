select
    channel,
    is_online,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'channels') }}
