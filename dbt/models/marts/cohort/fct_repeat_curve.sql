with

times as (
    select * from {{ ref('int_repeat_times_aggregated') }}
),

curves as (
    {{ kaplan_meier('times', ['order_number']) }}
)

-- The share that has ordered is what the curve of those who have not leaves; its band turns over with it.
select
    order_number,
    cast(months_since as integer) as months_since,
    cast(at_risk as integer) as at_risk,
    cast(events as integer) as reached,
    cast(censored as integer) as censored,
    {{ steady('1 - survival') }} as share_reached,
    {{ steady('1 - ci_high') }} as share_reached_ci_low,
    {{ steady('1 - ci_low') }} as share_reached_ci_high
from curves
