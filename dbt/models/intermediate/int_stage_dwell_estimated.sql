-- How long a stay in each stage of life lasts, by Kaplan-Meier: a stay that lasts at as-of is censored, not dropped, or
-- the short ones would speak for all. `any_active` is the whole time in the active book.
with

stays as (
    select
        lifecycle_stage as stage,
        coalesce(ends_period, 0) - starts_period + 1 as months,
        case when ends_period is null then 0 else 1 end as is_ended
    from {{ ref('int_customer_stages_spelled') }}

    union all

    select
        'any_active' as stage,
        least(ends_period, 0) - starts_period + 1 as months,
        case when ends_period < 0 then 1 else 0 end as is_ended
    from {{ ref('int_customer_spells_merged') }}
    where starts_period <= 0
),

durations as (
    select
        stage,
        months,
        count(*) as stays,
        sum(is_ended) as ended
    from stays
    group by
        stage,
        months
),

at_risk as (
    select
        *,
        sum(stays) over (partition by stage order by months desc rows unbounded preceding) as at_risk
    from durations
),

-- A product of factors by their logarithms; where everybody leaves nobody is left.
survived as (
    select
        stage,
        months,
        stays,
        ended,
        at_risk,
        case
            when max(case when ended = at_risk then 1 else 0 end) over upto = 1 then 0
            else exp(sum(case when ended < at_risk then ln(1 - ended / cast(at_risk as double)) else 0 end) over upto)
        end as survival
    from at_risk
    window upto as (partition by stage order by months rows unbounded preceding)
)

select
    survived.stage,
    cast(sum(survived.stays) as integer) as stays,
    cast(sum(survived.ended) as integer) as ended,
    -- Null while more than half still stay: the median lies in the future. A product of factors may miss one half by a
    -- rounding.
    cast(min(case when survived.survival <= 0.5 + 1e-9 then survived.months end) as integer) as median_months
from survived
group by survived.stage
