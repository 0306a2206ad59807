with

catalogue as (
    select * from {{ ref('indicators') }}
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

evidence as (
    select * from {{ ref('int_indicator_evidence_checked') }}
),

exclusions as (
    select * from {{ ref('profile_exclusions') }}
),

measured as (
    select * from {{ ref('int_indicators_unioned') }}
),

-- Every catalogued indicator has its total row, measured or not; breakdowns follow only where there is evidence.
listed as (
    select
        indicator_code,
        '' as breakdown,
        '' as breakdown_value
    from catalogue

    union

    select
        indicator_code,
        breakdown,
        breakdown_value
    from measured
    where value is not null
),

judged as (
    select
        listed.indicator_code,
        listed.breakdown,
        listed.breakdown_value,
        catalogue.dimension,
        catalogue.position,
        catalogue.name_en,
        catalogue.name_zh,
        catalogue.unit,
        catalogue.window_kind,
        current_run.as_of_on,
        current_run.window_start_on,
        measured.value,
        measured.numerator,
        measured.denominator,
        measured.n,
        measured.ci_low,
        measured.ci_high,
        case
            when exclusions.indicator_code is not null then 'not_applicable'
            when not coalesce(evidence.is_assessable, true) then 'not_assessed'
            when measured.value is null or measured.n < catalogue.minimum_n then 'not_assessed'
            else 'assessed'
        end as status,
        case
            when exclusions.indicator_code is not null then exclusions.reason_en
            when not coalesce(evidence.is_assessable, true) then 'needs ' || evidence.missing_en
            when measured.value is null and catalogue.mart like 'value.%'
                then 'no forecast to measure it on; value.fct_model_fits says why'
            when measured.value is null then 'no record in the window to measure it on'
            when measured.n < catalogue.minimum_n
                then 'needs at least ' || catalogue.minimum_n || ' records, has ' || measured.n
        end as reason,
        case
            when exclusions.indicator_code is not null then exclusions.reason_zh
            when not coalesce(evidence.is_assessable, true) then '缺少 ' || evidence.missing_zh
            when measured.value is null and catalogue.mart like 'value.%'
                then '没有可依据的预测，原因见 value.fct_model_fits'
            when measured.value is null then '窗口期内没有可计量的记录'
            when measured.n < catalogue.minimum_n
                then '至少需要 ' || catalogue.minimum_n || ' 条记录，现有 ' || measured.n || ' 条'
        end as reason_zh
    from listed
    inner join catalogue on listed.indicator_code = catalogue.indicator_code
    cross join current_run
    left join evidence on listed.indicator_code = evidence.indicator_code
    left join exclusions
        on
            listed.indicator_code = exclusions.indicator_code
            and current_run.profile = exclusions.profile
    left join measured
        on
            listed.indicator_code = measured.indicator_code
            and listed.breakdown = measured.breakdown
            and listed.breakdown_value = measured.breakdown_value
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    dimension,
    name_en,
    name_zh,
    case when status = 'assessed' then {{ steady('value') }} end as value,
    unit,
    case when status = 'assessed' then numerator end as numerator,
    case when status = 'assessed' then denominator end as denominator,
    case when status = 'assessed' then n end as n,
    case when status = 'assessed' then {{ steady('ci_low') }} end as ci_low,
    case when status = 'assessed' then {{ steady('ci_high') }} end as ci_high,
    status,
    reason,
    reason_zh,
    as_of_on as as_of_date,
    case when window_kind = '12m' then window_start_on end as window_start,
    as_of_on as window_end
from judged
where breakdown = '' or status = 'assessed'
