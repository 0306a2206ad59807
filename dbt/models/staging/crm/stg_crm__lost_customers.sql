select
    customer_id,
    lost_at,
    cast(lost_at as date) as lost_on,
    reason,
    competitor,
    won_back_at,
    cast(won_back_at as date) as won_back_on,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'lost_customers') }}
