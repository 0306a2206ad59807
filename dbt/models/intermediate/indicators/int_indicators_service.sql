-- Service and complaints; tickets per head come resampled from int_ratio_parts_service.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

tickets as (
    select * from {{ ref('int_tickets_prepared') }}
),

performance as (
    select * from {{ ref('fct_ticket_performance') }}
    where period_type = 'window'
),

-- With or without a known customer, as the complaints.
placed as (
    select sum(events.orders) as orders
    from {{ ref('int_revenue_events_unioned') }} as events
    cross join current_run
    where events.occurred_on >= current_run.window_start_on and events.occurred_on < current_run.cut_on
),

complaints as (
    select
        count(*) as complaints,
        sum(case when was_reopened or is_repeated then 1 else 0 end) as recurring,
        sum(case when sla_outcome in ('met', 'missed') then 1 else 0 end) as judged,
        sum(case when sla_outcome = 'met' then 1 else 0 end) as in_time
    from {{ ref('int_complaints_prepared') }}
    where is_in_window
),

causes as (
    select
        *,
        row_number() over (order by case when cause = 'unknown' then 1 else 0 end, cause_rank) as known_rank
    from {{ ref('fct_complaint_causes') }}
    where period_type = 'window'
),

opened as (
    select count(*) as tickets from tickets
),

suggestions as (
    select * from {{ ref('fct_suggestions') }}
    where period_type = 'window'
),

feedback as (
    select
        feedback_kind,
        count(*) as said,
        sum(case when is_answered then 1 else 0 end) as answered
    from {{ ref('int_feedback_traced') }}
    group by feedback_kind
)

select
    'complaints_per_100_orders' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    100.0 * complaints.complaints / nullif(placed.orders, 0) as value,
    cast(complaints.complaints as double) as numerator,
    cast(placed.orders as double) as denominator,
    cast(placed.orders as bigint) as n,
    -- Poisson limits after Byar (Breslow & Day 1987).
    case
        when complaints.complaints > 0
            then
                100.0 * complaints.complaints
                * power(1 - 1 / (9.0 * complaints.complaints) - 1.959964 / (3 * sqrt(complaints.complaints)), 3)
                / nullif(placed.orders, 0)
        else 0
    end as ci_low,
    100.0 * (complaints.complaints + 1)
    * power(1 - 1 / (9.0 * (complaints.complaints + 1)) + 1.959964 / (3 * sqrt(complaints.complaints + 1)), 3)
    / nullif(placed.orders, 0) as ci_high
from complaints
cross join placed

union all

select
    'sla_attainment',
    '',
    '',
    null,
    sum(sla_met),
    sum(sla_judged),
    sum(sla_judged),
    null,
    null
from performance
where kind = 'all' and priority = 'all'

union all

select
    'sla_attainment',
    case when kind = 'all' then 'priority' else 'kind' end,
    case when kind = 'all' then priority else kind end,
    null,
    sla_met,
    sla_judged,
    sla_judged,
    null,
    null
from performance
where (kind = 'all') != (priority = 'all')

union all

select
    'backlog',
    '',
    '',
    sum(performance.backlog),
    null,
    null,
    max(opened.tickets),
    null,
    null
from performance
cross join opened
where performance.kind = 'all' and performance.priority = 'all'

union all

select
    'backlog',
    'kind',
    performance.kind,
    performance.backlog,
    null,
    null,
    opened.tickets,
    null,
    null
from performance
cross join opened
where performance.kind != 'all' and performance.priority = 'all'

union all

{% for code, clock in [('first_response_median', 'first_response'), ('resolution_median', 'resolution')] %}
select
    '{{ code }}',
    '',
    '',
    {{ clock }}_hours_median,
    null,
    null,
    opened,
    {{ clock }}_hours_ci_low,
    {{ clock }}_hours_ci_high
from performance
where kind = 'all' and priority = 'all'

union all

select
    '{{ code }}',
    'clock',
    'business_hours',
    {{ clock }}_business_hours_median,
    null,
    null,
    opened,
    {{ clock }}_business_hours_ci_low,
    {{ clock }}_business_hours_ci_high
from performance
where kind = 'all' and priority = 'all'

union all

select
    '{{ code }}',
    case when kind = 'all' then 'priority' else 'kind' end,
    case when kind = 'all' then priority else kind end,
    {{ clock }}_hours_median,
    null,
    null,
    opened,
    {{ clock }}_hours_ci_low,
    {{ clock }}_hours_ci_high
from performance
where (kind = 'all') != (priority = 'all')

union all
{% endfor %}

select
    'presales_response',
    '',
    '',
    first_response_hours_median,
    null,
    null,
    opened,
    first_response_hours_ci_low,
    first_response_hours_ci_high
from performance
where kind = 'inquiry' and priority = 'all'

union all

select
    'presales_response',
    'clock',
    'business_hours',
    first_response_business_hours_median,
    null,
    null,
    opened,
    first_response_business_hours_ci_low,
    first_response_business_hours_ci_high
from performance
where kind = 'inquiry' and priority = 'all'

union all

-- A cause nobody wrote down is no cause: the most frequent known one, of all complaints.
select
    'complaint_top_cause_share',
    '',
    '',
    null,
    case when causes.cause = 'unknown' then 0 else causes.complaints end,
    complaints.complaints,
    complaints.complaints,
    null,
    null
from causes
cross join complaints
where causes.known_rank = 1

union all

select
    'complaint_top_cause_share',
    'cause',
    causes.cause,
    null,
    causes.complaints,
    complaints.complaints,
    complaints.complaints,
    null,
    null
from causes
cross join complaints

union all

select
    'complaint_on_time',
    '',
    '',
    null,
    in_time,
    judged,
    judged,
    null,
    null
from complaints

union all

select
    'complaint_recurrence',
    '',
    '',
    null,
    recurring,
    complaints,
    complaints,
    null,
    null
from complaints

union all

select
    'complaint_recurrence',
    'cause',
    cause,
    null,
    recurring,
    complaints,
    complaints,
    null,
    null
from causes

union all

select
    'suggestion_adoption',
    case when category = 'all' then '' else 'category' end,
    case when category = 'all' then '' else category end,
    null,
    adopted,
    received,
    received,
    null,
    null
from suggestions

union all

select
    'feedback_closure',
    '',
    '',
    null,
    sum(answered),
    sum(said),
    sum(said),
    null,
    null
from feedback

union all

select
    'feedback_closure',
    'kind',
    feedback_kind,
    null,
    answered,
    said,
    said,
    null,
    null
from feedback
