-- Every measured indicator, with the interval its kind asks for: Wilson for shares of counts, what its own model gave
-- otherwise.
with

unioned as (
    select * from {{ ref('int_indicators_stacked') }}
),

catalogue as (
    select * from {{ ref('indicators') }}
)

select
    unioned.indicator_code,
    unioned.breakdown,
    unioned.breakdown_value,
    coalesce(unioned.value, unioned.numerator / nullif(unioned.denominator, 0)) as value,
    unioned.numerator,
    unioned.denominator,
    cast(unioned.n as bigint) as n,
    case
        when catalogue.interval_kind = 'wilson'
            then {{ wilson_bound('unioned.numerator', 'unioned.denominator', 'low') }}
        else unioned.ci_low
    end as ci_low,
    case
        when catalogue.interval_kind = 'wilson'
            then {{ wilson_bound('unioned.numerator', 'unioned.denominator', 'high') }}
        else unioned.ci_high
    end as ci_high
from unioned
inner join catalogue on unioned.indicator_code = catalogue.indicator_code
