with

customers as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'current' and is_customer
),

-- A group under one parent is one decision.
groups as (
    select
        group_customer_id,
        sum(revenue_net_12m) as revenue_net_12m,
        case when count(margin_net_12m) = count(*) then sum(margin_net_12m) end as margin_net_12m,
        sum(revenue_net) as revenue_net,
        case when count(margin_net) = count(*) then sum(margin_net) end as margin_net
    from customers
    group by group_customer_id
),

units as (
    {% for unit, relation, key in [
        ('customer', 'customers', 'customer_id'),
        ('group', 'groups', 'group_customer_id'),
    ] %}
    {% set outer_last = loop.last %}
    {% for measure in ['revenue_net_12m', 'margin_net_12m', 'revenue_net', 'margin_net'] %}
    select
        '{{ unit }}' as unit,
        '{{ measure }}' as measure,
        {{ key }} as unit_id,
        {{ measure }} as amount
    from {{ relation }}
    where {{ measure }} > 0
    {{ 'union all' if not (loop.last and outer_last) }}
    {% endfor %}
    {% endfor %}
),

ranked as (
    select
        unit,
        measure,
        amount,
        row_number() over (
            partition by unit, measure
            order by amount desc, unit_id asc
        ) as place,
        count(*) over (partition by unit, measure) as units
    from units
),

-- The first decile is the best, and rounded up: of eleven customers it holds two.
deciles as (
    select
        unit,
        measure,
        cast(floor(10 * (place - 1) / cast(units as double)) as integer) + 1 as decile,
        count(*) as units,
        sum(amount) as amount,
        max(amount) as highest,
        min(amount) as lowest
    from ranked
    group by
        unit,
        measure,
        cast(floor(10 * (place - 1) / cast(units as double)) as integer) + 1
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
