{{ config(meta={'dagster': {'ref': {'name': 'fct_crm_adoption'}}}) }}
-- Every day somebody used the system, and every record made or changed, is in one month and team. A returned row
-- differs.
with

adoption as (
    select
        coalesce(sum(days_used), 0) as days_used,
        coalesce(sum(records_created + records_updated), 0) as records
    from {{ ref('fct_crm_adoption') }}
),

staged as (
    select
        count(*) as days_used,
        coalesce(sum(coalesce(usage.records_created, 0) + coalesce(usage.records_updated, 0)), 0) as records
    from {{ ref('stg_crm__crm_usage') }} as usage
    inner join {{ ref('int_runs_prepared') }} as runs
        on runs.run = 'current' and usage.used_on < runs.cut_on
    where usage.removed_on is null
)

select
    staged.days_used as expected,
    adoption.days_used
from staged
cross join adoption
where staged.days_used != adoption.days_used or staged.records != adoption.records
