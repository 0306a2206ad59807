{#
    The months at risk of a discrete-time hazard that may happen again and again (Singer & Willett): for every customer each
    whole month since his start that had passed by the cut, whether he had come back before it, and whether he came back in it.
    exposed: a CTE with run, customer_id, is_referred, starts_on. happened: a CTE with customer_id, happened_on.
    horizon: the row of the value settings that says how many months are watched.
    Gives CTE text: run, months_since (from 0), had_come_back, is_referred, customers, came_back.
#}
{% macro hazard_months(exposed, happened, horizon) -%}
    runs as (
        select * from {{ ref('int_runs_prepared') }}
    ),

    horizon as (
        select cast(value as integer) as months
        from {{ ref('int_value_settings_prepared') }}
        where assumption = '{{ horizon }}'
    ),

    numbers as (
        {{ number_rows(120) }}
    ),

    watched as (
        select
            {{ exposed }}.run,
            {{ exposed }}.customer_id,
            {{ exposed }}.is_referred,
            numbers.n - 1 as months_since,
            {{ add_months(exposed ~ '.starts_on', 'numbers.n - 1') }} as month_starts_on,
            {{ add_months(exposed ~ '.starts_on', 'numbers.n') }} as month_ends_before_on
        from {{ exposed }}
        cross join horizon
        inner join runs on {{ exposed }}.run = runs.run
        inner join numbers
            on
                horizon.months >= numbers.n
                and runs.cut_on >= {{ add_months(exposed ~ '.starts_on', 'numbers.n') }}
    ),

    marked as (
        select
            watched.run,
            watched.customer_id,
            watched.is_referred,
            watched.months_since,
            max(case when {{ happened }}.happened_on >= watched.month_starts_on then 1 else 0 end) as came_back,
            max(case when {{ happened }}.happened_on < watched.month_starts_on then 1 else 0 end) as had_come_back
        from watched
        left join {{ happened }}
            on
                watched.customer_id = {{ happened }}.customer_id
                and watched.month_ends_before_on > {{ happened }}.happened_on
        group by
            watched.run,
            watched.customer_id,
            watched.is_referred,
            watched.months_since
    )

    select
        run,
        cast(months_since as integer) as months_since,
        had_come_back = 1 as had_come_back,
        is_referred,
        cast(count(*) as integer) as customers,
        cast(sum(came_back) as integer) as came_back
    from marked
    group by
        run,
        months_since,
        had_come_back = 1,
        is_referred
{%- endmacro %}
