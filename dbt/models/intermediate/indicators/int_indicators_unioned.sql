-- Every measured indicator, with the interval its kind asks for: Wilson for shares of counts, what its own model gave
-- otherwise. The breakdown `measure` is the same question in another unit (of revenue in place of customers).
with

-- Strategy last: it judges targets by the others.
unioned as (
    select * from {{ ref('int_indicators_stacked') }}
    union all
    select * from {{ ref('int_indicators_strategy') }}
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
        when catalogue.interval_kind = 'wilson' and unioned.breakdown != 'measure'
            then {{ wilson_bound('unioned.numerator', 'unioned.denominator', 'low') }}
        else unioned.ci_low
    end as ci_low,
    case
        when catalogue.interval_kind = 'wilson' and unioned.breakdown != 'measure'
            then {{ wilson_bound('unioned.numerator', 'unioned.denominator', 'high') }}
        else unioned.ci_high
    end as ci_high
from unioned
inner join catalogue on unioned.indicator_code = catalogue.indicator_code
