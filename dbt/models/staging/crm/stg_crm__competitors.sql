select
    name,
    market_share,
    segment,
    price_level,
    as_of,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'competitors') }}
