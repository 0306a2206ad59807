{% set horizon = 180 %}
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

-- A stage implies those before it: a lead that was quoted without a qualification date was qualified.
leads as (
    select
        leads.*,
        current_run.window_start_on,
        current_run.cut_on,
        {{ days_between('leads.created_on', 'current_run.as_of_on') }} as days_watched,
        {{ days_between('leads.created_on', 'leads.converted_on') }} as days_to_conversion,
        {{ days_between('leads.created_on', 'coalesce(leads.converted_on, leads.lost_on)') }} as days_to_decision,
        {{ days_between(
            'leads.created_on', 'coalesce(leads.qualified_on, leads.quoted_on, leads.converted_on)') }}
            as days_to_qualified,
        {{ days_between('leads.created_on', 'coalesce(leads.quoted_on, leads.converted_on)') }} as days_to_quoted
    from {{ ref('int_leads_prepared') }} as leads
    cross join current_run
),

periods as (
    select
        'ripe_year' as period_type,
        {{ add_months('leads.cut_on', -18) }} as period_start_on,
        leads.*
    from leads
    where leads.created_on >= {{ add_months('leads.cut_on', -18) }} and leads.days_watched >= {{ horizon }}

    union all

    select
        'window' as period_type,
        leads.window_start_on as period_start_on,
        leads.*
    from leads
    where leads.created_on >= leads.window_start_on

    union all

    select
        'month' as period_type,
        {{ month_of('leads.created_on') }} as period_start_on,
        leads.*
    from leads
),

cut_by as (
    {% for breakdown, expression in [
        ('', "''"),
        ('source', "coalesce(periods.source_channel, 'unknown')"),
        ('product', "coalesce(periods.product_id, 'unknown')"),
        ('owner', "coalesce(periods.owner_staff_id, 'unknown')"),
        ('tender', "case when periods.is_tender then 'tender' when not periods.is_tender then 'direct' else 'unknown' end"),
    ] %}
    select
        '{{ breakdown }}' as breakdown,
        {{ expression }} as breakdown_value,
        periods.*
    from periods
    {% if breakdown in ('product', 'owner', 'tender') %}where periods.period_type != 'month'{% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

{% set keys = ['period_type', 'period_start_on', 'breakdown', 'breakdown_value'] %}
counted as (
    select
        {{ keys | join(', ') }},
        count(*) as leads,
        min(days_watched) as days_watched,
        sum(case when days_to_qualified is not null then 1 else 0 end) as qualified,
        sum(case when days_to_quoted is not null then 1 else 0 end) as quoted,
        sum(case when converted_on is not null then 1 else 0 end) as converted,
        sum(case when converted_on is null and lost_on is not null then 1 else 0 end) as lost,
        sum(case when is_open then 1 else 0 end) as open,
        sum(case when days_to_qualified <= {{ horizon }} then 1 else 0 end) as qualified_180d,
        sum(case when days_to_quoted <= {{ horizon }} then 1 else 0 end) as quoted_180d,
        sum(case when days_to_conversion <= {{ horizon }} then 1 else 0 end) as converted_180d,
        {{ quantile('case when days_to_conversion <= ' ~ horizon ~ ' then days_to_conversion end', 0.5) }}
            as days_to_conversion_median
    from cut_by
    group by {{ keys | join(', ') }}
),

-- A lost lead never converts, but was watched like the others: only as-of cuts the watching short.
conversions as (
    select
        {{ keys | join(', ') }},
        coalesce(days_to_conversion, days_watched) as duration,
        days_to_conversion is not null as is_event
    from cut_by
),

conversion_curve as (
    {{ kaplan_meier_curve('conversions', keys) }}
),

-- Known to the horizon where somebody was watched that long, or where nobody is left to convert.
converted_by_horizon as (
    select
        {{ keys | join(', ') }},
        1 - min(case when duration <= {{ horizon }} then survival else 1 end) as conversion,
        1 - min(case when duration <= {{ horizon }} then survival_high else 1 end) as conversion_low,
        1 - min(case when duration <= {{ horizon }} then survival_low else 1 end) as conversion_high,
        max(duration) >= {{ horizon }} or min(survival) = 0 as is_watched_to_horizon
    from conversion_curve
    group by {{ keys | join(', ') }}
),

decisions as (
    select
        {{ keys | join(', ') }},
        coalesce(days_to_decision, days_watched) as duration,
        days_to_decision is not null as is_event
    from cut_by
),

decision_curve as (
    {{ kaplan_meier_curve('decisions', keys) }}
),

decided as (
    select
        {{ keys | join(', ') }},
        {{ median_of_curve() }} as days_to_decision_median,
        {{ median_of_curve('survival_low') }} as days_to_decision_ci_low,
        {{ median_of_curve('survival_high') }} as days_to_decision_ci_high
    from decision_curve
    group by {{ keys | join(', ') }}
),

joined as (
    select
        counted.*,
        counted.days_watched >= {{ horizon }} as is_ripe,
        case when converted_by_horizon.is_watched_to_horizon then converted_by_horizon.conversion end as conversion,
        case when converted_by_horizon.is_watched_to_horizon then converted_by_horizon.conversion_low end
            as conversion_low,
        case when converted_by_horizon.is_watched_to_horizon then converted_by_horizon.conversion_high end
            as conversion_high,
        decided.days_to_decision_median,
        decided.days_to_decision_ci_low,
        decided.days_to_decision_ci_high
    from counted
    left join converted_by_horizon
        on
            {% for key in keys %}
            {{ 'and ' if not loop.first }}counted.{{ key }} = converted_by_horizon.{{ key }}
            {% endfor %}
    left join decided
        on
            {% for key in keys %}
            {{ 'and ' if not loop.first }}counted.{{ key }} = decided.{{ key }}
            {% endfor %}
)

select
    period_type,
    period_start_on,
    breakdown,
    breakdown_value,
    is_ripe,
    cast(leads as integer) as leads,
    cast(qualified as integer) as qualified,
    cast(quoted as integer) as quoted,
    cast(converted as integer) as converted,
    cast(lost as integer) as lost,
    cast(open as integer) as open,
    cast(qualified_180d as integer) as qualified_180d,
    cast(quoted_180d as integer) as quoted_180d,
    cast(converted_180d as integer) as converted_180d,
    {{ steady('conversion') }} as conversion_180d,
    {{ steady('conversion_low') }} as conversion_180d_ci_low,
    {{ steady('conversion_high') }} as conversion_180d_ci_high,
    {{ steady('converted / nullif(cast(converted + lost as double), 0)') }} as win_rate,
    {{ steady(wilson_bound('converted', '(converted + lost)', 'low')) }} as win_rate_ci_low,
    {{ steady(wilson_bound('converted', '(converted + lost)', 'high')) }} as win_rate_ci_high,
    cast(days_to_conversion_median as double) as days_to_conversion_median,
    cast(days_to_decision_median as integer) as days_to_decision_median,
    cast(days_to_decision_ci_low as integer) as days_to_decision_ci_low,
    cast(days_to_decision_ci_high as integer) as days_to_decision_ci_high
from joined
