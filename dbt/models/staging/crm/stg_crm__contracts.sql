select
    contract_id,
    customer_id,
    signed_on,
    starts_on,
    ends_on,
    annual_value,
    renewal,
    status,
    assignment_clause,
    change_of_control_clause,
    terminated_on,
    termination_reason,
    renews_contract_id,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'contracts') }}
