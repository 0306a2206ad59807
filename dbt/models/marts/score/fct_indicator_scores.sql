with

indicators as (
    select * from {{ ref('int_indicators_normalised') }}
),

weights as (
    select * from {{ source('simulation', 'weights') }}
    where level = 'indicator'
)

select
    indicators.indicator_code,
    indicators.dimension,
    indicators.method,
    indicators.status,
    indicators.value,
    indicators.n,
    indicators.scale,
    indicators.floor_value,
    indicators.target_value,
    indicators.sweet_until_value,
    indicators.cap_value,
    indicators.basis,
    {{ steady('indicators.score') }} as score,
    -- With a sweet spot the best score may lie between the ends: the figure's own is one of three.
    case
        when indicators.score_at_ci_low is not null
            then {{ steady('least(indicators.score, indicators.score_at_ci_low, indicators.score_at_ci_high)') }}
    end as score_ci_low,
    case
        when indicators.score_at_ci_low is not null
            then {{ steady('greatest(indicators.score, indicators.score_at_ci_low, indicators.score_at_ci_high)') }}
    end as score_ci_high,
    {{ steady('weights.weight') }} as weight,
    {{ steady('weights.weight_total') }} as weight_total,
    {{ steady('weights.weight_equal') }} as weight_equal,
    {{ steady('weights.reliability') }} as reliability
from indicators
left join weights on indicators.indicator_code = weights.code
