-- The indicators that this trade has goalposts for, on their line from 0 to 100: what the score is made from.
with

indicators as (
    select * from {{ ref('fct_indicators') }}
    where breakdown = ''
),

catalogue as (
    select * from {{ ref('indicators') }}
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

goalposts as (
    select
        goalposts.*,
        catalogue.scale,
        catalogue.method,
        catalogue.interval_kind
    from {{ ref('goalposts') }} as goalposts
    inner join current_run on goalposts.profile = current_run.profile
    inner join catalogue on goalposts.indicator_code = catalogue.indicator_code
)

select
    indicators.indicator_code,
    indicators.dimension,
    indicators.status,
    goalposts.method,
    indicators.value,
    indicators.numerator,
    indicators.denominator,
    indicators.n,
    indicators.ci_low,
    indicators.ci_high,
    goalposts.interval_kind,
    goalposts.floor_value,
    goalposts.target_value,
    goalposts.sweet_until_value,
    goalposts.cap_value,
    goalposts.scale,
    goalposts.basis,
    {{ goalpost_score('indicators.value', 'goalposts') }} as score,
    {{ goalpost_score('indicators.ci_low', 'goalposts') }} as score_at_ci_low,
    {{ goalpost_score('indicators.ci_high', 'goalposts') }} as score_at_ci_high
from indicators
inner join goalposts on indicators.indicator_code = goalposts.indicator_code
