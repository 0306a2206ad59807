{% set keys = ['period_type', 'period_start_on', 'kind', 'priority'] %}
{% set clocks = ['response_hours', 'response_business_hours', 'resolution_hours', 'resolution_business_hours'] %}
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

tickets as (
    select * from {{ ref('int_tickets_prepared') }}
),

first_tickets as (
    select min(opened_on) as first_on from tickets
),

periods as (
    select
        'window' as period_type,
        window_start_on as period_start_on,
        cut_on as period_ends_before_on,
        false as is_partial
    from current_run

    union all

    select
        'prior' as period_type,
        {{ add_months('window_start_on', -12) }} as period_start_on,
        window_start_on as period_ends_before_on,
        false as is_partial
    from current_run

    union all

    select distinct
        'month' as period_type,
        days.month_on as period_start_on,
        {{ add_months('days.month_on', 1) }} as period_ends_before_on,
        days.is_partial_month as is_partial
    from {{ ref('int_calendar_days_spined') }} as days
    cross join current_run
    cross join first_tickets
    where days.day_on >= first_tickets.first_on and days.day_on < current_run.cut_on
),

-- Every ticket once under its own kind and priority, and once under all of them.
cut_by as (
    {% for kind, priority in [
        ('tickets.kind', 'tickets.priority'), ('tickets.kind', "'all'"), ("'all'", 'tickets.priority'), ("'all'", "'all'")
    ] %}
    select
        {{ kind }} as cut_kind,
        {{ priority }} as cut_priority,
        tickets.*
    from tickets
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

opened as (
    select
        periods.period_type,
        periods.period_start_on,
        cut_by.*
    from cut_by
    inner join periods
        on
            cut_by.opened_on >= periods.period_start_on
            and cut_by.opened_on < periods.period_ends_before_on
),

counted as (
    select
        period_type,
        period_start_on,
        cut_kind as kind,
        cut_priority as priority,
        count(*) as opened,
        sum(case when is_responded then 1 else 0 end) as responded,
        sum(case when is_resolved then 1 else 0 end) as resolved,
        sum(case when is_reopened then 1 else 0 end) as reopened,
        sum(case when sla_outcome in ('met', 'missed') then 1 else 0 end) as sla_judged,
        sum(case when sla_outcome = 'met' then 1 else 0 end) as sla_met,
        sum(handling_minutes) as handling_minutes,
        avg(cast(satisfaction_score as double)) as satisfaction_mean,
        count(satisfaction_score) as satisfaction_answers
    from opened
    group by
        period_type,
        period_start_on,
        cut_kind,
        cut_priority
),

durations as (
    {% for clock, event in [
        ('response_hours', 'is_responded'),
        ('response_business_hours', 'is_responded'),
        ('resolution_hours', 'is_resolved'),
        ('resolution_business_hours', 'is_resolved'),
    ] %}
    select
        period_type,
        period_start_on,
        cut_kind as kind,
        cut_priority as priority,
        '{{ clock }}' as clock,
        {{ clock }} as duration,
        {{ event }} as is_event
    from opened
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

curves as (
    {{ kaplan_meier_curve('durations', keys + ['clock']) }}
),

medians as (
    select
        {{ keys | join(', ') }},
        clock,
        {{ median_of_curve() }} as median,
        {{ median_of_curve('survival_low') }} as ci_low,
        {{ median_of_curve('survival_high') }} as ci_high
    from curves
    group by {{ keys | join(', ') }}, clock
),

pivoted as (
    select
        {{ keys | join(', ') }}
        {% for clock in clocks %}
        {% for part in ['median', 'ci_low', 'ci_high'] %},
        max(case when clock = '{{ clock }}' then {{ part }} end) as {{ clock }}_{{ part }}
        {% endfor %}
        {% endfor %}
    from medians
    group by {{ keys | join(', ') }}
),

-- What was open at the end of a period: opened by then and not resolved by then.
moves as (
    select
        cut_kind as kind,
        cut_priority as priority,
        opened_on as moved_on,
        count(*) as tickets
    from cut_by
    group by
        cut_kind,
        cut_priority,
        opened_on

    union all

    select
        cut_kind as kind,
        cut_priority as priority,
        resolved_on as moved_on,
        -count(*) as tickets
    from cut_by
    where resolved_on is not null
    group by
        cut_kind,
        cut_priority,
        resolved_on
),

backlogs as (
    select
        periods.period_type,
        periods.period_start_on,
        periods.is_partial,
        moves.kind,
        moves.priority,
        sum(case when moves.moved_on < periods.period_ends_before_on then moves.tickets else 0 end) as backlog
    from periods
    cross join moves
    group by
        periods.period_type,
        periods.period_start_on,
        periods.is_partial,
        moves.kind,
        moves.priority
),

joined as (
    select
        backlogs.*,
        coalesce(counted.opened, 0) as opened,
        coalesce(counted.responded, 0) as responded,
        coalesce(counted.resolved, 0) as resolved,
        coalesce(counted.reopened, 0) as reopened,
        coalesce(counted.sla_judged, 0) as sla_judged,
        coalesce(counted.sla_met, 0) as sla_met,
        counted.handling_minutes,
        counted.satisfaction_mean,
        coalesce(counted.satisfaction_answers, 0) as satisfaction_answers
        {% for clock in clocks %}
        {% for part in ['median', 'ci_low', 'ci_high'] %},
        pivoted.{{ clock }}_{{ part }}
        {% endfor %}
        {% endfor %}
    from backlogs
    left join counted
        on
            {% for key in keys %}
            {{ 'and ' if not loop.first }}backlogs.{{ key }} = counted.{{ key }}
            {% endfor %}
    left join pivoted
        on
            {% for key in keys %}
            {{ 'and ' if not loop.first }}backlogs.{{ key }} = pivoted.{{ key }}
            {% endfor %}
)

select
    {{ keys | join(',\n    ') }},
    is_partial,
    cast(opened as integer) as opened,
    cast(responded as integer) as responded,
    cast(resolved as integer) as resolved,
    cast(backlog as integer) as backlog,
    cast(reopened as integer) as reopened,
    {{ steady('response_hours_median') }} as first_response_hours_median,
    {{ steady('response_hours_ci_low') }} as first_response_hours_ci_low,
    {{ steady('response_hours_ci_high') }} as first_response_hours_ci_high,
    {{ steady('response_business_hours_median') }} as first_response_business_hours_median,
    {{ steady('response_business_hours_ci_low') }} as first_response_business_hours_ci_low,
    {{ steady('response_business_hours_ci_high') }} as first_response_business_hours_ci_high,
    {{ steady('resolution_hours_median') }} as resolution_hours_median,
    {{ steady('resolution_hours_ci_low') }} as resolution_hours_ci_low,
    {{ steady('resolution_hours_ci_high') }} as resolution_hours_ci_high,
    {{ steady('resolution_business_hours_median') }} as resolution_business_hours_median,
    {{ steady('resolution_business_hours_ci_low') }} as resolution_business_hours_ci_low,
    {{ steady('resolution_business_hours_ci_high') }} as resolution_business_hours_ci_high,
    cast(sla_judged as integer) as sla_judged,
    cast(sla_met as integer) as sla_met,
    {{ steady('sla_met / nullif(cast(sla_judged as double), 0)') }} as sla_attainment,
    {{ steady(wilson_bound('sla_met', 'sla_judged', 'low')) }} as sla_attainment_ci_low,
    {{ steady(wilson_bound('sla_met', 'sla_judged', 'high')) }} as sla_attainment_ci_high,
    cast(handling_minutes as bigint) as handling_minutes,
    {{ steady('satisfaction_mean') }} as satisfaction_mean,
    cast(satisfaction_answers as integer) as satisfaction_answers
from joined
