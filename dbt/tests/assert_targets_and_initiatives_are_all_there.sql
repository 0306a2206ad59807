{{ config(meta={'dagster': {'ref': {'name': 'fct_targets'}}}) }}
-- Every target set and every initiative begun by as-of is listed once: a join to the figures that fans out would count
-- a goal twice, one that drops would hide it. A returned row is a difference.
with

targets as (
    select count(*) as expected
    from {{ ref('stg_crm__kpi_targets') }} as staged
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current' and staged.set_on < runs.cut_on
    where staged.removed_on is null
),

initiatives as (
    select count(*) as expected
    from {{ ref('stg_crm__initiatives') }} as staged
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current' and staged.started_on < runs.cut_on
    where staged.removed_on is null
)

select 'targets' as relation
from targets
where expected != (select count(*) from {{ ref('fct_targets') }})

union all

select 'initiatives' as relation
from initiatives
where expected != (select count(*) from {{ ref('fct_initiatives') }})
