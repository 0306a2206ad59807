with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

settings as (
    select
        max(case when setting = 'missing_middle' then value end) as missing_middle,
        max(case when setting = 'dimension_floor' then value end) as dimension_floor,
        max(case when setting = 'grade_evidence_needed' then value end) as grade_evidence_needed
    from {{ ref('score_settings') }}
),

-- A dimension without any evidence counts with the middle of what it could be, as a missing indicator does.
dimension_scores as (
    select
        dimensions.dimension,
        dimensions.score,
        dimensions.weight,
        dimensions.evidence_share,
        coalesce(dimensions.score, settings.missing_middle) as expected,
        dimensions.score_known,
        dimensions.score_quantitative,
        dimensions.score_qualitative,
        coalesce(dimensions.score_equal_weights, settings.missing_middle) as expected_equal_weights,
        settings.dimension_floor
    from {{ ref('fct_dimension_scores') }} as dimensions
    cross join settings
),

-- `greatest` skips nulls, so only what is scored is floored.
combined as (
    select
        exp(sum(weight * ln(greatest(expected, dimension_floor))) / nullif(sum(weight), 0)) as score,
        sum(weight * expected) / nullif(sum(weight), 0) as score_arithmetic,
        exp(avg(case when weight is not null then ln(greatest(expected_equal_weights, dimension_floor)) end))
            as score_equal_weights,
        {% for variant in ['known', 'quantitative', 'qualitative'] %}
        exp(
            sum(
                case
                    when score_{{ variant }} is not null
                        then weight * ln(greatest(score_{{ variant }}, dimension_floor))
                end
            )
            / nullif(sum(case when score_{{ variant }} is not null then weight end), 0)
        ) as score_{{ variant }},
        {% endfor %}
        sum(weight * evidence_share) / nullif(sum(weight), 0) as evidence_share,
        count(score) as dimensions_assessed,
        count(*) as dimensions
    from dimension_scores
),

intervals as (
    select
        max(case when variant = 'combined' then middle end) as combined_middle,
        {% for variant in ['combined', 'quantitative', 'qualitative'] %}
        max(case when variant = '{{ variant }}' then low end) as {{ variant }}_low,
        max(case when variant = '{{ variant }}' then high end) as {{ variant }}_high{{ ',' if not loop.last }}
        {% endfor %}
    from {{ source('simulation', 'intervals') }}
    where level = 'total'
),

agreement as (
    select
        max(alpha) as alpha,
        max(rule) as rule
    from {{ source('simulation', 'agreement') }}
),

grades as (
    select * from {{ ref('grade_cuts') }}
),

counted as (
    select
        sum(case when status = 'assessed' then 1 else 0 end) as indicators_assessed,
        sum(case when status = 'not_assessed' then 1 else 0 end) as indicators_not_assessed,
        sum(case when status = 'not_applicable' then 1 else 0 end) as indicators_not_applicable
    from {{ ref('fct_indicators') }}
    where breakdown = ''
),

judged as (
    select
        combined.*,
        combined.dimensions_assessed > 0 as is_scored,
        combined.evidence_share >= settings.grade_evidence_needed as is_gradable,
        -- The interval holds the score, as in fct_dimension_scores.
        {% for variant, score in [
            ('combined', 'score'),
            ('quantitative', 'score_quantitative'),
            ('qualitative', 'score_qualitative'),
        ] %}
        case
            when combined.{{ score }} is not null and intervals.{{ variant }}_low is not null
                then least(intervals.{{ variant }}_low, combined.{{ score }})
        end as {{ variant }}_low,
        case
            when combined.{{ score }} is not null and intervals.{{ variant }}_high is not null
                then greatest(intervals.{{ variant }}_high, combined.{{ score }})
        end as {{ variant }}_high,
        {% endfor %}
        intervals.combined_middle
    from combined
    cross join settings
    cross join intervals
),

graded as (
    select max(grades.at_least) as at_least
    from grades
    cross join judged
    where judged.score >= grades.at_least
)

select
    current_run.as_of_on as as_of_date,
    current_run.profile,
    case when judged.is_scored then {{ steady('judged.score') }} end as score,
    case when judged.is_scored then {{ steady('judged.combined_low') }} end as score_ci_low,
    case when judged.is_scored then {{ steady('judged.combined_high') }} end as score_ci_high,
    case when judged.is_scored then {{ steady('judged.combined_middle') }} end as score_median,
    case when judged.is_scored and judged.is_gradable then grades.grade end as grade,
    {{ steady('judged.score_known') }} as score_known,
    {{ steady('judged.evidence_share') }} as evidence_share,
    {{ steady('judged.score_quantitative') }} as score_quantitative,
    {{ steady('judged.quantitative_low') }} as score_quantitative_ci_low,
    {{ steady('judged.quantitative_high') }} as score_quantitative_ci_high,
    {{ steady('judged.score_qualitative') }} as score_qualitative,
    {{ steady('judged.qualitative_low') }} as score_qualitative_ci_low,
    {{ steady('judged.qualitative_high') }} as score_qualitative_ci_high,
    {{ steady('agreement.alpha') }} as rater_alpha,
    agreement.rule as rater_rule,
    case when judged.is_scored then {{ steady('judged.score_arithmetic') }} end as score_arithmetic,
    case when judged.is_scored then {{ steady('judged.score_equal_weights') }} end as score_equal_weights,
    cast(judged.dimensions_assessed as integer) as dimensions_assessed,
    cast(judged.dimensions as integer) as dimensions,
    cast(counted.indicators_assessed as integer) as indicators_assessed,
    cast(counted.indicators_not_assessed as integer) as indicators_not_assessed,
    cast(counted.indicators_not_applicable as integer) as indicators_not_applicable
from judged
cross join counted
cross join current_run
cross join agreement
left join graded on true
left join grades on graded.at_least = grades.at_least
