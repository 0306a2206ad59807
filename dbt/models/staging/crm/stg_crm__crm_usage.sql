select
    staff_id,
    used_on,
    records_created,
    records_updated,
    logins,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'crm_usage') }}
