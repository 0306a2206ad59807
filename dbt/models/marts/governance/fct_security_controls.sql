with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
)

select
    controls.control,
    coalesce(controls.status, 'unknown') as status,
    case when controls.reviewed_on < current_run.cut_on then controls.reviewed_on end as reviewed_on,
    coalesce(
        controls.reviewed_on >= current_run.window_start_on and controls.reviewed_on < current_run.cut_on, false
    ) as is_reviewed_12m,
    controls.evidence is not null as has_evidence
from {{ ref('stg_crm__security_controls') }} as controls
cross join current_run
where controls.removed_on is null
