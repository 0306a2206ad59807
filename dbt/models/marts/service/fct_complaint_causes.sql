with

complaints as (
    select
        *,
        case when is_in_window then 'window' when is_in_prior_window then 'prior' end as period_type
    from {{ ref('int_complaints_prepared') }}
    where is_in_window or is_in_prior_window
),

causes as (
    select
        period_type,
        coalesce(cause, 'unknown') as cause,
        max(category) as category,
        count(*) as complaints,
        count(distinct customer_id) as customers,
        sum(case when was_reopened then 1 else 0 end) as reopened,
        sum(case when is_repeated then 1 else 0 end) as repeated,
        sum(case when was_reopened or is_repeated then 1 else 0 end) as recurring,
        sum(case when sla_outcome in ('met', 'missed') then 1 else 0 end) as sla_judged,
        sum(case when sla_outcome = 'met' then 1 else 0 end) as sla_met,
        sum(case when not is_resolved then 1 else 0 end) as open
    from complaints
    group by
        period_type,
        coalesce(cause, 'unknown')
),

-- Ties fall in the order of their names, so that the same complaints give the same Pareto.
ranked as (
    select
        *,
        row_number() over (partition by period_type order by complaints desc, cause asc) as cause_rank,
        sum(complaints) over (partition by period_type) as all_complaints,
        sum(complaints) over (
            partition by period_type order by complaints desc, cause asc rows unbounded preceding
        ) as complaints_to_here
    from causes
)

select
    period_type,
    cause,
    category,
    cast(cause_rank as integer) as cause_rank,
    cast(complaints as integer) as complaints,
    {{ steady('complaints / cast(all_complaints as double)') }} as complaint_share,
    {{ steady(wilson_bound('complaints', 'all_complaints', 'low')) }} as complaint_share_ci_low,
    {{ steady(wilson_bound('complaints', 'all_complaints', 'high')) }} as complaint_share_ci_high,
    {{ steady('complaints_to_here / cast(all_complaints as double)') }} as cumulative_share,
    -- The few causes that make up the first four fifths.
    (complaints_to_here - complaints) < 0.8 * all_complaints as is_vital_few,
    cast(customers as integer) as customers,
    cast(reopened as integer) as reopened,
    cast(repeated as integer) as repeated,
    cast(recurring as integer) as recurring,
    {{ steady('recurring / cast(complaints as double)') }} as recurrence,
    cast(sla_judged as integer) as sla_judged,
    cast(sla_met as integer) as sla_met,
    {{ steady('sla_met / nullif(cast(sla_judged as double), 0)') }} as sla_attainment,
    cast(open as integer) as open
from ranked
