select
    campaign_id,
    name,
    channel,
    is_online,
    started_on,
    ended_on,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'campaigns') }}
