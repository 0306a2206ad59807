-- Strategy, as far as it can be counted.
with

targets as (
    select * from {{ ref('fct_targets') }}
),

initiatives as (
    select * from {{ ref('fct_initiatives') }}
),

attained as (
    select
        count(*) as targets,
        sum(case when status = 'met' then 1 else 0 end) as met
    from targets
    where status in ('met', 'missed')
),

-- The latest period of each.
latest as (
    select
        *,
        row_number() over (partition by indicator_code order by period_end desc, period_start asc) as recency
    from targets
    where attainment is not null
),

early as (
    select
        count(*) as targets,
        sum(case when is_set_before then 1 else 0 end) as set_before
    from targets
),

finished as (
    select
        count(*) as due,
        sum(case when is_done and is_in_budget then 1 else 0 end) as completed,
        count(case when is_done then is_improved end) as effects,
        sum(case when is_done and is_improved then 1 else 0 end) as improved
    from initiatives
    where is_due
)

select
    'target_attainment' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(met as double) as numerator,
    cast(targets as double) as denominator,
    targets as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from attained

union all

select
    'target_attainment' as indicator_code,
    'indicator' as breakdown,
    indicator_code as breakdown_value,
    attainment as value,
    null as numerator,
    null as denominator,
    1 as n,
    null as ci_low,
    null as ci_high
from latest
where recency = 1

union all

select
    'target_set_before' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    null as value,
    set_before as numerator,
    targets as denominator,
    targets as n,
    null as ci_low,
    null as ci_high
from early

union all

select
    'initiative_completion' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    null as value,
    completed as numerator,
    due as denominator,
    due as n,
    null as ci_low,
    null as ci_high
from finished

union all

select
    'initiative_effect' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    null as value,
    improved as numerator,
    effects as denominator,
    effects as n,
    null as ci_low,
    null as ci_high
from finished

union all

select
    'initiative_effect' as indicator_code,
    'initiative' as breakdown,
    initiative_id as breakdown_value,
    change as value,
    null as numerator,
    null as denominator,
    1 as n,
    null as ci_low,
    null as ci_high
from initiatives
where is_done and change is not null
