select
    indicator_code,
    period_start,
    period_end,
    target,
    set_on,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'kpi_targets') }}
