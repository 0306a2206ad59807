-- Tickets known by as-of, each with what was known of it then. What is not answered or not resolved yet is watched
-- until the close of as-of and no longer: `is_responded` and `is_resolved` part the ended from the censored.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

business_days as (
    select * from {{ ref('int_business_days_prepared') }}
),

known as (
    select
        tickets.*,
        cast(current_run.cut_on as timestamp) as cut_at,
        current_run.cut_on,
        current_run.window_start_on,
        coalesce(resolved_customers.resolved_customer_id, tickets.customer_id) as resolved_customer_id,
        coalesce(tickets.resolved_on < current_run.cut_on, false) as is_resolved,
        -- What is written down when a ticket is resolved has no date of its own.
        not coalesce(tickets.resolved_on >= current_run.cut_on, false) as is_outcome_known,
        -- Who resolved a ticket had answered it by then.
        case
            when tickets.first_response_on < current_run.cut_on then tickets.first_response_at
            when tickets.resolved_on < current_run.cut_on then tickets.resolved_at
        end as answered_at
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    left join resolved_customers on tickets.customer_id = resolved_customers.customer_id
    where
        tickets.removed_on is null
        and tickets.opened_on < current_run.cut_on
        and not coalesce(resolved_customers.is_test, false)
),

watched as (
    select
        *,
        case when is_resolved then resolved_at else cut_at end as resolution_watched_until,
        coalesce(answered_at, cut_at) as response_watched_until
    from known
),

timed as (
    select
        watched.*,
        {{ business_hours_before('watched.opened_at', 'opened_days') }} as opened_hours,
        {{ business_hours_before('watched.response_watched_until', 'response_days') }} as response_until_hours,
        {{ business_hours_before('watched.resolution_watched_until', 'resolution_days') }} as resolution_until_hours
    from watched
    left join business_days as opened_days on watched.opened_on = opened_days.day_on
    left join business_days as response_days
        on cast(watched.response_watched_until as date) = response_days.day_on
    left join business_days as resolution_days
        on cast(watched.resolution_watched_until as date) = resolution_days.day_on
)

select
    ticket_id,
    resolved_customer_id as customer_id,
    coalesce(kind, 'unknown') as kind,
    category,
    reason,
    coalesce(priority, 'unknown') as priority,
    opened_at,
    opened_on,
    {{ month_of('opened_on') }} as opened_month_on,
    due_at,
    answered_at,
    case when is_resolved then resolved_at end as resolved_at,
    case when is_resolved then resolved_on end as resolved_on,
    answered_at is not null as is_responded,
    is_resolved,
    -- A moment before the ticket was opened is a slip of the pen: no duration.
    case
        when response_watched_until >= opened_at
            then
                {{ dbt.datediff('opened_at', 'response_watched_until', 'second') }}
                / 3600.0
    end as response_hours,
    case
        when response_watched_until >= opened_at
            then round(cast(response_until_hours - opened_hours as double), 6)
    end as response_business_hours,
    case
        when resolution_watched_until >= opened_at
            then
                {{ dbt.datediff('opened_at', 'resolution_watched_until', 'second') }}
                / 3600.0
    end as resolution_hours,
    case
        when resolution_watched_until >= opened_at
            then round(cast(resolution_until_hours - opened_hours as double), 6)
    end as resolution_business_hours,
    -- An open ticket past its due time missed it; one not yet due is not judged. Midnight is a day without a time: all
    -- of it is in time.
    case
        when due_at is null then 'no_due_time'
        when cast(due_at as date) >= cut_on then 'not_due'
        when is_resolved and resolved_at <= due_at then 'met'
        when is_resolved and due_at = cast(cast(due_at as date) as timestamp) and resolved_on <= cast(due_at as date)
            then 'met'
        else 'missed'
    end as sla_outcome,
    case when is_outcome_known then reopened_count > 0 end as is_reopened,
    case when is_outcome_known then handling_minutes end as handling_minutes,
    assignee_staff_id,
    case when is_outcome_known then satisfaction_score end as satisfaction_score,
    case when is_outcome_known then is_adopted end as is_adopted,
    case when is_outcome_known then improvement_id end as improvement_id,
    opened_on >= window_start_on as is_in_window,
    opened_on >= {{ add_months('window_start_on', -12) }} and opened_on < window_start_on as is_in_prior_window
from timed
