with

times as (
    select * from {{ ref('int_survival_times_aggregated') }}
),

curves as (
    {{ kaplan_meier('times', ['breakdown', 'breakdown_value']) }}
)

select
    breakdown,
    breakdown_value,
    cast(months_since as integer) as months_since,
    cast(at_risk as integer) as at_risk,
    cast(events as integer) as events,
    cast(censored as integer) as censored,
    {{ steady('survival') }} as survival,
    {{ steady('ci_low') }} as survival_ci_low,
    {{ steady('ci_high') }} as survival_ci_high
from curves
