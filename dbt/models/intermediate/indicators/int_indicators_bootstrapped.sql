-- Resampled indicators: the book's own figure, and the middle 95% of the replicates.
with

statistics as (
    select * from {{ ref('int_bootstrap_statistics_computed') }}
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    max(case when replicate = 0 then value end) as value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(max(case when replicate = 0 then units end) as bigint) as n,
    {{ quantile('case when replicate > 0 then value end', 0.025) }} as ci_low,
    {{ quantile('case when replicate > 0 then value end', 0.975) }} as ci_high
from statistics
group by
    indicator_code,
    breakdown,
    breakdown_value
