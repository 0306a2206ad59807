with

customers as (
    select
        customers.group_customer_key,
        states.revenue_net,
        states.margin_net,
        states.revenue_net_12m,
        states.margin_net_12m
    from {{ ref('int_customer_states_keyed') }} as states
    inner join {{ ref('int_customers_unioned') }} as customers on states.customer_key = customers.customer_key
    where states.months_shift = 0 and states.is_customer
),

-- A group under one parent is one decision.
groups as (
    select
        group_customer_key,
        sum(revenue_net_12m) as revenue_net_12m,
        case when count(margin_net_12m) = count(*) then sum(margin_net_12m) end as margin_net_12m,
        sum(revenue_net) as revenue_net,
        case when count(margin_net) = count(*) then sum(margin_net) end as margin_net
    from customers
    group by group_customer_key
),

-- Each curve is sorted by itself: sorting them all by curve and amount costs twice as much. Which of two equal amounts
-- comes first changes no decile.
{% set curves = [
    ('customer', 'customers', 'revenue_net_12m'),
    ('customer', 'customers', 'margin_net_12m'),
    ('customer', 'customers', 'revenue_net'),
    ('customer', 'customers', 'margin_net'),
    ('group', 'groups', 'revenue_net_12m'),
    ('group', 'groups', 'margin_net_12m'),
    ('group', 'groups', 'revenue_net'),
    ('group', 'groups', 'margin_net'),
] %}
units as (
    {% for _, relation, measure in curves %}
    select
        {{ loop.index }} as curve,
        cast({{ measure }} as {{ money() }}) as amount,
        row_number() over (order by {{ measure }} desc) as place,
        count(*) over () as curve_units
    from {{ relation }}
    where {{ measure }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- The first decile is the best, and rounded up: of eleven customers it holds two.
deciles as (
    select
        case curve
            {% for unit, _, _ in curves %}
            when {{ loop.index }} then '{{ unit }}'
            {% endfor %}
        end as unit,
        case curve
            {% for _, _, measure in curves %}
            when {{ loop.index }} then '{{ measure }}'
            {% endfor %}
        end as measure,
        cast(floor(10 * (place - 1) / cast(curve_units as double)) as integer) + 1 as decile,
        count(*) as units,
        sum(amount) as amount,
        max(amount) as highest,
        min(amount) as lowest
    from units
    group by
        curve,
        cast(floor(10 * (place - 1) / cast(curve_units as double)) as integer) + 1
)

select
    unit,
    measure,
    decile,
    cast(units as integer) as units,
    cast(amount as {{ money() }}) as amount,
    cast(highest as {{ money() }}) as highest,
    cast(lowest as {{ money() }}) as lowest,
    {{ steady('cast(amount as double) / cast(sum(amount) over whole as double)') }} as share,
    {{ steady('sum(units) over so_far / cast(sum(units) over whole as double)') }} as cumulative_units_share,
    {{ steady('cast(sum(amount) over so_far as double) / cast(sum(amount) over whole as double)') }}
        as cumulative_share
from deciles
window
    whole as (partition by unit, measure),
    so_far as (
        partition by unit, measure
        order by decile
        rows between unbounded preceding and current row
    )
