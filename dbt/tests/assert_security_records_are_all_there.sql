{{ config(meta={'dagster': {'ref': {'name': 'fct_security_incidents'}}}) }}
-- Incidents and controls are few and each counts: none may be dropped. A returned row is one that is missing or too
-- many.
with

incidents as (
    select count(*) as expected
    from {{ ref('stg_crm__security_incidents') }} as staged
    inner join {{ ref('int_runs_prepared') }} as runs
        on runs.run = 'current' and staged.occurred_on < runs.cut_on
    where staged.removed_on is null
),

controls as (
    select count(*) as expected
    from {{ ref('stg_crm__security_controls') }}
    where removed_on is null
)

select 'incidents' as relation
from incidents
where expected != (select count(*) from {{ ref('fct_security_incidents') }})

union all

select 'controls' as relation
from controls
where expected != (select count(*) from {{ ref('fct_security_controls') }})
