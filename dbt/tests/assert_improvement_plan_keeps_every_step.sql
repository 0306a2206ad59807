{{ config(meta={'dagster': {'ref': {'name': 'fct_improvement_plan'}}}) }}
-- A step nobody is named for falls out of the plan in silence. A returned row is one.
select
    steps.kind,
    steps.item
from {{ source('simulation', 'steps') }} as steps
left join {{ ref('fct_improvement_plan') }} as plan on steps.kind = plan.kind and steps.item = plan.item
where plan.item is null
