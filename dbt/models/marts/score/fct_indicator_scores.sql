with

indicators as (
    select * from {{ ref('fct_indicators') }}
    where breakdown = ''
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

goalposts as (
    select goalposts.*
    from {{ ref('goalposts') }} as goalposts
    inner join current_run on goalposts.profile = current_run.profile
),

-- Straight line from floor (0) to target (100); a floor above the target means lower is better.
placed as (
    select
        indicators.indicator_code,
        indicators.dimension,
        indicators.status,
        indicators.value,
        indicators.n,
        goalposts.floor_value,
        goalposts.target_value,
        goalposts.basis,
        100 * (indicators.value - goalposts.floor_value) / (goalposts.target_value - goalposts.floor_value) as score,
        100 * (indicators.ci_low - goalposts.floor_value) / (goalposts.target_value - goalposts.floor_value) as score_a,
        100 * (indicators.ci_high - goalposts.floor_value) / (goalposts.target_value - goalposts.floor_value) as score_b
    from indicators
    inner join goalposts on indicators.indicator_code = goalposts.indicator_code
)

select
    indicator_code,
    dimension,
    status,
    value,
    n,
    floor_value,
    target_value,
    basis,
    case when score is not null then least(greatest(score, 0), 100) end as score,
    case when score_a is not null then least(greatest(least(score_a, score_b), 0), 100) end as score_ci_low,
    case when score_a is not null then least(greatest(score_a, score_b, 0), 100) end as score_ci_high
from placed
