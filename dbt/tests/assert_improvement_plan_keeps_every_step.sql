{{ config(meta={'dagster': {'ref': {'name': 'fct_improvement_plan'}}}) }}
-- A step nobody is named for falls out of the plan in silence. A returned row is one that is large enough.
with

settings as (
    select max(case when setting = 'plan_least_points' then value end) as least_points
    from {{ ref('score_settings') }}
)

select
    steps.kind,
    steps.item
from {{ source('simulation', 'steps') }} as steps
left join {{ ref('fct_improvement_plan') }} as plan on steps.kind = plan.kind and steps.item = plan.item
cross join settings
where
    plan.item is null
    and (steps.kind in ('deliver', 'record') or steps.width_before - steps.width_after >= settings.least_points)
