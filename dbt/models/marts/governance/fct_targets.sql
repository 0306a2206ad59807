with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

catalogue as (
    select * from {{ ref('indicators') }}
),

-- A target set after as-of was no target yet.
targets as (
    select
        targets.*,
        cast({{ dbt.dateadd('day', 1, 'targets.period_end') }} as date) as period_cut_on
    from {{ ref('stg_crm__kpi_targets') }} as targets
    cross join current_run
    where targets.removed_on is null and targets.set_on < current_run.cut_on
),

evidence as (
    select * from {{ ref('int_indicator_evidence_checked') }}
),

exclusions as (
    select exclusions.*
    from {{ ref('profile_exclusions') }} as exclusions
    inner join current_run on exclusions.profile = current_run.profile
),

-- At as-of the assessment's own figure; at earlier closes the history, which not every indicator has.
figures as (
    select
        current_run.as_of_on,
        stacked.indicator_code,
        coalesce(stacked.value, stacked.numerator / nullif(stacked.denominator, 0)) as value
    from {{ ref('int_indicators_stacked') }} as stacked
    cross join current_run
    where stacked.breakdown = ''
    union all
    select
        as_of_on,
        indicator_code,
        value
    from {{ ref('int_indicator_history') }}
    where months_back > 0
),

joined as (
    select
        targets.indicator_code,
        targets.period_start,
        targets.period_end,
        targets.set_on,
        cast(targets.target as double) as target,
        catalogue.name_en,
        catalogue.name_zh,
        catalogue.direction,
        case
            when targets.period_end >= current_run.cut_on then 'running'
            when catalogue.indicator_code is null then 'unknown_indicator'
            when exclusions.indicator_code is not null then 'not_applicable'
            when not coalesce(evidence.is_assessable, true) then 'no_evidence'
            -- A figure of twelve months says nothing about a target for a quarter.
            when
                catalogue.window_kind = '12m'
                and targets.period_start != {{ add_months('targets.period_cut_on', -12) }}
                then 'other_window'
            when figures.value is null then 'no_figure'
            else 'measured'
        end as standing,
        figures.value as actual
    from targets
    cross join current_run
    left join catalogue on targets.indicator_code = catalogue.indicator_code
    left join evidence on targets.indicator_code = evidence.indicator_code
    left join exclusions on targets.indicator_code = exclusions.indicator_code
    left join figures
        on
            targets.indicator_code = figures.indicator_code
            and targets.period_end = figures.as_of_on
),

judged as (
    select
        *,
        case
            when standing != 'measured' then null
            when direction = 'lower' then actual <= target
            when direction = 'higher' then actual >= target
            -- Neither way is better: within a twentieth of the target.
            else abs(actual - target) <= 0.05 * abs(target)
        end as is_met
    from joined
)

select
    indicator_code,
    period_start,
    period_end,
    name_en,
    name_zh,
    target,
    case when standing = 'measured' then {{ steady('actual') }} end as actual,
    -- As a share of the target, the good way round.
    case
        when standing != 'measured' or target <= 0 or actual <= 0 then null
        when direction = 'lower' then {{ steady('target / actual') }}
        else {{ steady('actual / target') }}
    end as attainment,
    set_on,
    set_on < period_start as is_set_before,
    case
        when standing = 'measured' and is_met then 'met'
        when standing = 'measured' then 'missed'
        when standing = 'running' then 'running'
        else 'not_assessed'
    end as status,
    case standing
        when 'unknown_indicator' then 'no indicator of the catalogue has this code'
        when 'not_applicable' then 'the indicator does not apply to this trade'
        when 'no_evidence' then 'what the indicator needs was not delivered'
        when 'other_window' then 'the indicator is measured over twelve months, the target over another period'
        when 'no_figure' then 'the indicator cannot be taken back to the end of this period'
    end as reason,
    case standing
        when 'unknown_indicator' then '指标目录中无此代码'
        when 'not_applicable' then '该指标不适用于本行业'
        when 'no_evidence' then '该指标所需数据未交付'
        when 'other_window' then '指标按十二个月计量，目标期间不同'
        when 'no_figure' then '该指标无法回溯至该期末'
    end as reason_zh
from judged
