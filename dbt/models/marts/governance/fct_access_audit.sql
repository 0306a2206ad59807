with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
)

select
    {{ month_of('events.occurred_on') }} as month_on,
    coalesce(events.action, 'unknown') as action,
    cast(count(*) as integer) as events,
    cast(coalesce(sum(events.rows), 0) as bigint) as records,
    cast(count(distinct events.staff_id) as integer) as people,
    cast(sum(case when events.is_approved then 1 else 0 end) as integer) as approved,
    cast(sum(case when not events.is_approved then 1 else 0 end) as integer) as refused_or_unapproved,
    cast(sum(case when events.is_approved is null then 1 else 0 end) as integer) as approval_not_recorded
from {{ ref('stg_crm__access_log') }} as events
cross join current_run
where
    events.removed_on is null
    and events.occurred_on < current_run.cut_on
group by
    {{ month_of('events.occurred_on') }},
    coalesce(events.action, 'unknown')
