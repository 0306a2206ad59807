-- What the value models assume for this company: its own discount rate, and the documented assumptions of its trade.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

assumptions as (
    select * from {{ ref('value_assumptions') }}
),

-- A trade's own assumption goes before the one for any trade.
ranked as (
    select
        assumptions.assumption,
        assumptions.value,
        row_number() over (
            partition by assumptions.assumption
            order by case when assumptions.profile = 'any' then 1 else 0 end
        ) as preference
    from assumptions
    cross join current_run
    where assumptions.profile in ('any', current_run.profile)
)

select
    ranked.assumption,
    cast(
        case
            when ranked.assumption = 'discount_rate' then coalesce(current_run.discount_rate, ranked.value)
            else ranked.value
        end as double
    ) as value,
    ranked.assumption = 'discount_rate' and current_run.discount_rate is not null as is_own
from ranked
cross join current_run
where ranked.preference = 1
