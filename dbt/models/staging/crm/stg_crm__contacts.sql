select
    contact_id,
    customer_id,
    full_name is not null as has_full_name,
    role,
    left_on,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'contacts') }}
