with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
)

select
    incidents.incident_id,
    incidents.occurred_on,
    coalesce(incidents.kind, 'unknown') as kind,
    cast(incidents.records_affected as bigint) as records_affected,
    case when incidents.closed_on < current_run.cut_on then incidents.closed_on end as closed_on,
    not coalesce(incidents.closed_on < current_run.cut_on, false) as is_open,
    incidents.responsible_staff_id is not null as has_responsible,
    -- An outcome without a closing belongs to no date: it counts only once the incident is closed.
    coalesce(incidents.closed_on < current_run.cut_on and incidents.sanction is not null, false) as has_outcome,
    incidents.occurred_on >= current_run.window_start_on as is_in_window
from {{ ref('stg_crm__security_incidents') }} as incidents
cross join current_run
where
    incidents.removed_on is null
    and incidents.occurred_on < current_run.cut_on
