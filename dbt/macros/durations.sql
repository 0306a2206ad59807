{#
    Product-limit estimate (Kaplan & Meier 1958) with pointwise 95% limits on the log-log scale: what is still open counts
    as long as it was watched instead of being dropped.
    relation: a CTE with the group columns, a column `duration` (null is left out) and a boolean `is_event`.
    groups: names of the group columns.
    Gives query text with the groups and duration, at_risk, events, survival, survival_low, survival_high, watched, one row
    per group and distinct duration.
#}
{% macro kaplan_meier_curve(relation, groups) -%}
    {%- set keys = groups | join(', ') -%}
    with
    counted as (
        select
            {{ keys }},
            duration,
            count(*) as leaving,
            sum(case when is_event then 1 else 0 end) as events
        from {{ relation }}
        where duration is not null
        group by {{ keys }}, duration
    ),

    watched as (
        select
            *,
            sum(leaving) over (
                partition by {{ keys }} order by duration desc rows unbounded preceding
            ) as at_risk,
            sum(leaving) over (partition by {{ keys }}) as watched
        from counted
    ),

    -- All that is still watched ends at once only at the last duration: the curve falls to zero there.
    summed as (
        select
            *,
            sum(case when events < at_risk then ln(1 - events / cast(at_risk as double)) else 0 end) over (
                partition by {{ keys }} order by duration asc rows unbounded preceding
            ) as log_survival,
            sum(case when events < at_risk then events / (cast(at_risk as double) * (at_risk - events)) else 0 end) over (
                partition by {{ keys }} order by duration asc rows unbounded preceding
            ) as greenwood
        from watched
    )

    select
        {{ keys }},
        duration,
        at_risk,
        events,
        watched,
        case when events = at_risk then 0 else exp(log_survival) end as survival,
        case
            when events = at_risk then 0
            when log_survival = 0 then 1
            else exp(log_survival * exp(1.959964 * sqrt(greenwood) / abs(log_survival)))
        end as survival_low,
        case
            when events = at_risk then null
            when log_survival = 0 then 1
            else exp(log_survival * exp(-1.959964 * sqrt(greenwood) / abs(log_survival)))
        end as survival_high
    from summed
{%- endmacro %}

{#
    The duration by which half have ended, from `kaplan_meier_curve`; null where fewer than half did. The bounds are where
    the limits of the curve cross one half (Brookmeyer & Crowley 1982).
    column: survival, survival_high (for the upper bound) or survival_low (for the lower).
#}
{% macro median_of_curve(column='survival') -%}
    min(case when {{ column }} <= 0.5 + 1e-9 then duration end)
{%- endmacro %}

{#
    Business hours gone by before a moment, since the calendar began.
    moment: a timestamp; days: the alias of int_business_days_prepared, joined on the moment's day.
#}
{% macro business_hours_before(moment, days) -%}
    {{ days }}.hours_before + case
        when {{ days }}.business_hours = 0 or {{ moment }} <= {{ days }}.opens_at then 0
        when {{ moment }} >= {{ days }}.closes_at then {{ days }}.business_hours
        else {{ dbt.datediff(days ~ '.opens_at', moment, 'second') }} / 3600.0
    end
{%- endmacro %}
