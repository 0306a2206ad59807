select
    system,
    selected_on,
    seats,
    annual_cost,
    modules,
    modules_needed,
    modules_used,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'crm_systems') }}
