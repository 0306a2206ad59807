-- The modules a company needs of each system, one row each, and whether it uses them. Lists are words between
-- semicolons, in Latin or Chinese width.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

systems as (
    select
        systems.system,
        replace(replace(replace(systems.modules_needed, '；', ';'), '、', ';'), ',', ';') as modules_needed,
        ';' || replace(replace(replace(replace(systems.modules_used, '；', ';'), '、', ';'), ',', ';'), '; ', ';') || ';'
            as modules_used
    from {{ ref('stg_crm__crm_systems') }} as systems
    cross join current_run
    where systems.removed_on is null and coalesce(systems.selected_on < current_run.cut_on, true)
),

numbers as (
    {{ number_rows(40) }}
),

listed as (
    select distinct
        systems.system,
        systems.modules_used,
        trim({{ dbt.split_part('systems.modules_needed', "';'", 'numbers.n') }}) as module
    from systems
    cross join numbers
    where systems.modules_needed is not null
)

select
    system,
    module,
    coalesce({{ dbt.position("';' || module || ';'", 'modules_used') }} > 0, false) as is_used
from listed
where module != ''
