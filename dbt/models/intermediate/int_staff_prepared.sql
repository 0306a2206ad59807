-- The people on the staff list by as-of: who is there that day, who was a year before, and who left in between. A
-- later leaving is not known yet. Where nobody's first day was delivered, everybody is taken to have been there.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
)

select
    staff.staff_id,
    staff.role,
    coalesce(staff.team, 'unknown') as team,
    coalesce(staff.is_owner, false) as is_company_owner,
    staff.hired_on,
    case when staff.left_on < current_run.cut_on then staff.left_on end as left_on,
    coalesce(staff.has_crm_seat, false) as has_crm_seat,
    staff.incentive_plan,
    staff.annual_cost,
    not coalesce(staff.left_on < current_run.cut_on, false) as is_there,
    coalesce(staff.hired_on < current_run.window_start_on, true)
    and not coalesce(staff.left_on < current_run.window_start_on, false) as was_there,
    coalesce(staff.left_on >= current_run.window_start_on and staff.left_on < current_run.cut_on, false)
        as left_in_window
from {{ ref('stg_crm__staff') }} as staff
cross join current_run
where
    staff.removed_on is null
    and coalesce(staff.hired_on < current_run.cut_on, true)
