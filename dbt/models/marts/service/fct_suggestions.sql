with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

suggestions as (
    select
        *,
        case when is_in_window then 'window' when is_in_prior_window then 'prior' end as period_type
    from {{ ref('int_tickets_prepared') }}
    where kind = 'suggestion' and (is_in_window or is_in_prior_window)
),

improvements as (
    select
        improvements.improvement_id,
        max(case when improvements.done_on < current_run.cut_on then improvements.done_on end) as done_on
    from {{ ref('stg_crm__improvements') }} as improvements
    cross join current_run
    where improvements.removed_on is null and improvements.opened_on < current_run.cut_on
    group by improvements.improvement_id
),

traced as (
    select
        suggestions.period_type,
        coalesce(suggestions.category, 'unknown') as category,
        suggestions.is_adopted,
        improvements.improvement_id is not null as has_improvement,
        improvements.done_on is not null as is_done,
        {{ days_between('suggestions.opened_on', 'improvements.done_on') }} as days_to_done
    from suggestions
    left join improvements on suggestions.improvement_id = improvements.improvement_id
),

cut_by as (
    select * from traced
    union all
    select
        period_type,
        'all' as category,
        is_adopted,
        has_improvement,
        is_done,
        days_to_done
    from traced
),

counted as (
    select
        period_type,
        category,
        count(*) as received,
        sum(case when is_adopted is null then 1 else 0 end) as undecided,
        sum(case when is_adopted then 1 else 0 end) as adopted,
        sum(case when has_improvement then 1 else 0 end) as with_improvement,
        sum(case when is_done then 1 else 0 end) as done,
        {{ quantile('case when is_done and days_to_done >= 0 then days_to_done end', 0.5) }} as days_to_done_median
    from cut_by
    group by
        period_type,
        category
)

select
    period_type,
    category,
    cast(received as integer) as received,
    cast(undecided as integer) as undecided,
    cast(adopted as integer) as adopted,
    {{ steady('adopted / cast(received as double)') }} as adoption,
    {{ steady(wilson_bound('adopted', 'received', 'low')) }} as adoption_ci_low,
    {{ steady(wilson_bound('adopted', 'received', 'high')) }} as adoption_ci_high,
    cast(with_improvement as integer) as with_improvement,
    cast(done as integer) as done,
    {{ steady('days_to_done_median') }} as days_to_done_median
from counted
