-- Retention and churn of the active book over the year that ends at as-of.
with

last_year as (
    select * from {{ ref('fct_customer_census') }}
    where period_type = 'year' and months_back = 0
)

select
    'retention_rate_12m' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(opening - lost as double) as numerator,
    cast(opening as double) as denominator,
    cast(opening as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from last_year

union all

select
    'churn_rate_12m',
    '',
    '',
    null,
    lost,
    opening,
    opening,
    null,
    null
from last_year
