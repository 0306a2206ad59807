with

sources as (
    select * from {{ source('simulation', 'sources') }}
),

overall as (
    select * from {{ ref('fct_overall_score') }}
),

goalposts as (
    select
        avg(case when basis = 'judgement' then 1.0 else 0.0 end) as judged_share,
        avg((score_ci_high - score_ci_low) / 2) as half_width
    from {{ ref('fct_indicator_scores') }}
    where status != 'not_applicable'
),

consistency as (
    select max(consistency_ratio) as consistency_ratio
    from {{ source('simulation', 'consistency') }}
),

quality as (
    select sum(unexpected) / cast(nullif(sum(evaluated), 0) as double) as unexpected_share
    from {{ ref('fct_dimension_quality') }}
),

-- What each source of doubt can be read off, beside what the simulation makes of it.
read_off as (
    select
        'evidence' as source,
        'share of the weight that was not assessed' as reading_en,
        '未评估权重占比' as reading_zh,
        1 - overall.evidence_share as reading
    from overall
    union all
    select
        'sampling',
        'points, on average, between an indicator and the end of its own interval',
        '各指标与其自身区间端点的平均距离（分）',
        goalposts.half_width
    from goalposts
    union all
    select
        'records',
        'share of cells and rows that broke an expectation',
        '未满足数据检查的单元格与行占比',
        quality.unexpected_share
    from quality
    union all
    select
        'weights',
        'largest consistency ratio of the judgements (refused above 0.1)',
        '判断矩阵最大一致性比率（超过 0.1 即拒绝）',
        consistency.consistency_ratio
    from consistency
    union all
    select
        'goalposts',
        'share of goalposts that are judgements',
        '属于判断值的标尺占比',
        goalposts.judged_share
    from goalposts
    union all
    select
        'aggregation',
        'points between the arithmetic and the geometric mean',
        '算术平均与几何平均之差（分）',
        overall.score_arithmetic - overall.score
    from overall
    union all
    select
        'raters',
        'agreement of the raters (alpha; below 0.667 ratings weigh less)',
        '评审一致性 alpha（低于 0.667 则降权）',
        overall.rater_alpha
    from overall
)

select
    sources.source,
    case
        when sources.source in ('sampling', 'records', 'evidence') then 'data'
        when sources.source = 'raters' then 'subjective'
        else 'method'
    end as risk,
    {{ steady('sources.points_alone') }} as points,
    {{ steady('sources.first_order') }} as variance_share,
    {{ steady('sources.first_order_error') }} as variance_share_error,
    {{ steady('sources.total_effect') }} as variance_share_with_others,
    read_off.reading_en,
    read_off.reading_zh,
    {{ steady('read_off.reading') }} as reading
from sources
inner join read_off on sources.source = read_off.source
