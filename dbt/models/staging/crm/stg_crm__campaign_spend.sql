select
    campaign_id,
    channel,
    period_start,
    spend,
    impressions,
    clicks,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'campaign_spend') }}
