with

dimensions as (
    select * from {{ ref('dimensions') }}
),

scores as (
    select * from {{ ref('fct_indicator_scores') }}
),

settings as (
    select max(case when setting = 'missing_middle' then value end) as missing_middle
    from {{ ref('score_settings') }}
),

weights as (
    select * from {{ source('simulation', 'weights') }}
    where level = 'dimension'
),

intervals as (
    select
        code,
        max(case when variant = 'combined' then low end) as low,
        max(case when variant = 'combined' then high end) as high
    from {{ source('simulation', 'intervals') }}
    where level = 'dimension'
    group by code
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

-- What was not shown may be anything: it counts with the middle, and widens the interval.
expected as (
    select
        scores.*,
        coalesce(scores.score, settings.missing_middle) as expected_score,
        case when scores.status != 'not_applicable' then scores.weight end as used_weight,
        case when scores.status != 'not_applicable' then scores.weight_equal end as used_weight_equal,
        case when scores.method = 'quantitative' then 1 else 0 end as is_quantitative
    from scores
    cross join settings
),

counted as (
    select
        dimension,
        sum(used_weight * expected_score) / nullif(sum(used_weight), 0) as score,
        sum(case when status = 'assessed' then used_weight * score end)
        / nullif(sum(case when status = 'assessed' then used_weight end), 0) as score_known,
        sum(is_quantitative * used_weight * expected_score) / nullif(sum(is_quantitative * used_weight), 0)
            as score_quantitative,
        sum((1 - is_quantitative) * used_weight * expected_score)
        / nullif(sum((1 - is_quantitative) * used_weight), 0) as score_qualitative,
        sum(used_weight_equal * expected_score) / nullif(sum(used_weight_equal), 0) as score_equal_weights,
        sum(case when status = 'assessed' then used_weight else 0 end) / nullif(sum(used_weight), 0) as evidence_share,
        count(*) as indicators,
        sum(case when status = 'assessed' then 1 else 0 end) as indicators_assessed,
        sum(case when status = 'assessed' then is_quantitative else 0 end) as quantitative_assessed,
        sum(case when status = 'assessed' then 1 - is_quantitative else 0 end) as qualitative_assessed,
        sum(case when status = 'not_applicable' then 1 else 0 end) as indicators_not_applicable
    from expected
    group by dimension
)

select
    dimensions.dimension,
    dimensions.pillar,
    dimensions.name_en,
    dimensions.name_zh,
    {{ steady('weights.weight_total') }} as weight,
    case when counted.indicators_assessed > 0 then {{ steady('counted.score') }} end as score,
    -- At an end of the scale all doubt is on one side: the interval still holds the score. `least` and `greatest` skip
    -- nulls: without a score the interval stands as it is, without an interval there is none.
    case
        when intervals.low is null then null
        when counted.indicators_assessed > 0 then {{ steady('least(intervals.low, counted.score)') }}
        else {{ steady('intervals.low') }}
    end as score_ci_low,
    case
        when intervals.high is null then null
        when counted.indicators_assessed > 0 then {{ steady('greatest(intervals.high, counted.score)') }}
        else {{ steady('intervals.high') }}
    end as score_ci_high,
    {{ steady('counted.score_known') }} as score_known,
    case when counted.quantitative_assessed > 0 then {{ steady('counted.score_quantitative') }} end
        as score_quantitative,
    case when counted.qualitative_assessed > 0 then {{ steady('counted.score_qualitative') }} end as score_qualitative,
    case when counted.indicators_assessed > 0 then {{ steady('counted.score_equal_weights') }} end
        as score_equal_weights,
    {{ steady('counted.evidence_share') }} as evidence_share,
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
left join weights on dimensions.dimension = weights.code
left join intervals on dimensions.dimension = intervals.code
