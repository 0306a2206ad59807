with

dimensions as (
    select * from {{ ref('dimensions') }}
),

scores as (
    select * from {{ ref('fct_indicator_scores') }}
),

-- Of every catalogued indicator, with goalposts or without: why a dimension has no score.
catalogued as (
    select
        dimension,
        sum(case when status != 'not_applicable' then 1 else 0 end) as applicable
    from {{ ref('fct_indicators') }}
    where breakdown = ''
    group by dimension
),

counted as (
    select
        dimension,
        {{ steady('avg(score)') }} as score,
        count(*) as indicators,
        count(score) as indicators_assessed,
        sum(case when status = 'not_applicable' then 1 else 0 end) as indicators_not_applicable,
        case when count(score) = count(score_ci_low) and count(score) > 0
            then {{ steady('sqrt(sum(power(score_ci_high - score_ci_low, 2))) / count(score) / 2') }}
        end as half_width
    from scores
    group by dimension
)

select
    dimensions.dimension,
    dimensions.name_en,
    dimensions.name_zh,
    counted.score,
    -- `greatest` and `least` skip nulls: without a width there is no interval.
    case when counted.half_width is not null then greatest(counted.score - counted.half_width, 0) end as score_ci_low,
    case when counted.half_width is not null then least(counted.score + counted.half_width, 100) end as score_ci_high,
    cast(coalesce(counted.indicators, 0) as integer) as indicators,
    cast(coalesce(counted.indicators_assessed, 0) as integer) as indicators_assessed,
    cast(coalesce(counted.indicators_not_applicable, 0) as integer) as indicators_not_applicable,
    case when coalesce(counted.indicators_assessed, 0) > 0 then 'assessed' else 'not_assessed' end as status,
    case
        when counted.indicators_assessed > 0 then null
        when catalogued.dimension is null then 'no indicator of this dimension is built yet'
        when catalogued.applicable = 0 then 'its indicators do not apply to this trade'
        when counted.dimension is null then 'its indicators have no goalposts in this trade'
        else 'none of its indicators could be assessed'
    end as reason,
    case
        when counted.indicators_assessed > 0 then null
        when catalogued.dimension is null then '该维度的指标尚未建立'
        when catalogued.applicable = 0 then '该维度的指标不适用于本行业'
        when counted.dimension is null then '该维度的指标在本行业尚无评分标尺'
        else '该维度的指标均无法评估'
    end as reason_zh
from dimensions
left join counted on dimensions.dimension = counted.dimension
left join catalogued on dimensions.dimension = catalogued.dimension
