select
    kind,
    industry,
    region,
    year,
    market_size,
    growth_rate,
    source,
    vintage,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'market_reference') }}
