select
    customer_id,
    purpose,
    granted_at,
    cast(granted_at as date) as granted_on,
    withdrawn_at,
    cast(withdrawn_at as date) as withdrawn_on,
    evidence,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'consents') }}
