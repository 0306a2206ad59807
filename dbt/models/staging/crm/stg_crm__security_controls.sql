select
    control,
    status,
    reviewed_on,
    evidence,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'security_controls') }}
