select
    contract_id,
    effective_on,
    annual_value,
    annual_cost,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'contract_values') }}
