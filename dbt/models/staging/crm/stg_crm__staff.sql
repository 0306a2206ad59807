select
    staff_id,
    role,
    team,
    is_owner,
    hired_on,
    left_on,
    has_crm_seat,
    incentive_plan,
    annual_cost,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'staff') }}
