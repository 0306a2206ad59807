{{ config(meta={'dagster': {'ref': {'name': 'fct_access_audit'}}}) }}
-- Every access on record by as-of is in one month and action, judged one way. A returned row is a difference.
with

audit as (
    select
        coalesce(sum(events), 0) as events,
        coalesce(sum(approved + refused_or_unapproved + approval_not_recorded), 0) as judged
    from {{ ref('fct_access_audit') }}
),

staged as (
    select count(*) as events
    from {{ ref('stg_crm__access_log') }} as events
    inner join {{ ref('int_runs_prepared') }} as runs
        on runs.run = 'current' and events.occurred_on < runs.cut_on
    where events.removed_on is null
)

select
    staged.events as expected,
    audit.events
from staged
cross join audit
where staged.events != audit.events or audit.judged != audit.events
