with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

settings as (
    select
        max(case when setting = 'weak_below' then value end) as weak_below,
        max(case when setting = 'strong_from' then value end) as strong_from
    from {{ ref('score_settings') }}
),

catalogue as (
    select * from {{ ref('indicators') }}
),

scores as (
    select * from {{ ref('fct_indicator_scores') }}
),

-- The oldest earlier assessment, by its day and not by when it was made: assessing the same day twice is no progress.
earlier as (
    select
        history.*,
        row_number() over (
            partition by history.code
            order by history.as_of_on asc, history.generation desc
        ) as from_oldest
    from {{ source('simulation', 'history') }} as history
    cross join current_run
    where
        history.level = 'indicator'
        and history.as_of_on < current_run.as_of_on
        and history.score is not null
),

targets as (
    select
        targets.indicator_code,
        targets.target,
        row_number() over (
            partition by targets.indicator_code
            order by targets.period_end desc, targets.set_on desc
        ) as from_latest
    from {{ ref('stg_crm__kpi_targets') }} as targets
    cross join current_run
    where
        targets.removed_on is null
        and targets.set_on < current_run.cut_on
        and targets.period_end >= current_run.as_of_on
),

compared as (
    select
        scores.indicator_code,
        scores.dimension,
        catalogue.position,
        catalogue.unit,
        scores.value,
        scores.score,
        coalesce(earlier.score, scores.score) as baseline_score,
        coalesce(earlier.value, scores.value) as baseline_value,
        coalesce(earlier.as_of_on, current_run.as_of_on) as baseline_on,
        earlier.code is not null as is_followed,
        coalesce(cast(targets.target as double), scores.target_value) as target_value,
        case when targets.indicator_code is not null then 'company' else 'goalpost' end as target_basis,
        current_run.as_of_on,
        settings.weak_below,
        settings.strong_from
    from scores
    inner join catalogue on scores.indicator_code = catalogue.indicator_code
    cross join current_run
    cross join settings
    left join earlier on scores.indicator_code = earlier.code and earlier.from_oldest = 1
    left join targets on scores.indicator_code = targets.indicator_code and targets.from_latest = 1
    where scores.status = 'assessed'
),

found as (
    select
        *,
        case
            when baseline_score < weak_below then 'weak'
            when baseline_score >= strong_from then 'strong'
            when score < weak_below then 'weak'
            when score >= strong_from then 'strong'
        end as finding
    from compared
)

select
    found.indicator_code,
    found.dimension,
    found.finding,
    actions.area,
    actions.action_en,
    actions.action_zh,
    found.indicator_code as kpi,
    found.unit,
    found.baseline_on,
    {{ steady('found.baseline_value') }} as baseline_value,
    {{ steady('found.baseline_score') }} as baseline_score,
    {{ steady('found.target_value') }} as target_value,
    found.target_basis,
    case when found.is_followed then found.as_of_on end as result_on,
    case when found.is_followed then {{ steady('found.value') }} end as result_value,
    case when found.is_followed then {{ steady('found.score') }} end as result_score,
    case
        when not found.is_followed then 'new'
        when found.score > found.baseline_score then 'better'
        when found.score < found.baseline_score then 'worse'
        else 'unchanged'
    end as result
from found
inner join {{ ref('strategy_actions') }} as actions
    on found.dimension = actions.dimension and found.finding = actions.finding
