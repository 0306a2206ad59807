{#
    Kaplan & Meier's product-limit estimate, right-censored, with Greenwood's variance on the log-log scale (Kalbfleisch &
    Prentice), which keeps the 95% band inside 0 and 1. Who is censored in a month is still at risk in it.
    relation: a CTE with the key columns, `months` (whole months observed), `is_event`, `customers` (how many of them).
    keys: the columns that name a curve.
    Gives CTE text: the keys, months_since (from 0), at_risk, events, censored, survival, ci_low, ci_high. The band is null
    before the first event and once nobody is left.
#}
{% macro kaplan_meier(relation, keys) -%}
    {%- set z = 1.959964 -%}
    with

    exits as (
        select
            {{ keys | join(', ') }},
            months,
            sum(customers) as leaving,
            sum(case when is_event then customers else 0 end) as events
        from {{ relation }}
        group by {{ keys | join(', ') }}, months
    ),

    curves as (
        select
            {{ keys | join(', ') }},
            sum(leaving) as customers,
            max(months) as last_month
        from exits
        group by {{ keys | join(', ') }}
    ),

    numbers as (
        {{ number_rows(1800) }}
    ),

    counted as (
        select
            {% for key in keys %}curves.{{ key }},
            {% endfor -%}
            numbers.n - 1 as months_since,
            coalesce(exits.events, 0) as events,
            coalesce(exits.leaving - exits.events, 0) as censored,
            curves.customers - coalesce(sum(exits.leaving) over (
                partition by {% for key in keys %}curves.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
                order by numbers.n
                rows between unbounded preceding and 1 preceding
            ), 0) as at_risk
        from curves
        inner join numbers on numbers.n - 1 <= curves.last_month
        left join exits
            on
                numbers.n - 1 = exits.months
                {% for key in keys -%}
                and curves.{{ key }} = exits.{{ key }}
                {% endfor %}
    ),

    accumulated as (
        select
            *,
            max(case when events = at_risk then 1 else 0 end) over so_far = 1 as is_extinct,
            sum(case when events < at_risk then ln(1 - events / cast(at_risk as double)) else 0 end) over so_far
                as log_survival,
            sum(
                case when events < at_risk then events / (cast(at_risk as double) * (at_risk - events)) else 0 end
            ) over so_far as greenwood
        from counted
        window so_far as (
            partition by {{ keys | join(', ') }}
            order by months_since
            rows between unbounded preceding and current row
        )
    )

    select
        {% for key in keys %}{{ key }},
        {% endfor -%}
        months_since,
        at_risk,
        events,
        censored,
        case when is_extinct then 0 else exp(log_survival) end as survival,
        case
            when not is_extinct and log_survival < 0
                then exp(log_survival * exp({{ z }} * sqrt(greenwood) / abs(log_survival)))
        end as ci_low,
        case
            when not is_extinct and log_survival < 0
                then exp(log_survival * exp(-{{ z }} * sqrt(greenwood) / abs(log_survival)))
        end as ci_high
    from accumulated
{%- endmacro %}
