{{ config(meta={'dagster': {'ref': {'name': 'fct_legal_exposure'}}}) }}
-- Every legal event known by as-of is listed, whoever it is with: one dropped in a join is a liability the buyer takes
-- over unseen. A returned row is an event missing.
select events.event_id
from {{ ref('stg_crm__legal_events') }} as events
inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current'
left join {{ ref('int_customers_resolved') }} as resolved on events.customer_id = resolved.customer_id
left join {{ ref('fct_legal_exposure') }} as exposure on events.event_id = exposure.event_id
where
    events.removed_on is null
    and events.opened_on < runs.cut_on
    and not coalesce(resolved.is_test, false)
    and exposure.event_id is null
