-- What is known of each customer as of today and as of a year before, by customer key: counts, money, dates and how he
-- stands in his spells. int_customer_states_classified makes the stage of life of it, with the ids and for every run.
-- The prior run knows what is past, today's also the year since; `bits` and `year_bit` are those of the totals.
{% set runs = {
    'current': {'bits': 7, 'year': 'y0', 'year_bit': 1, 'last_on': 'last_order_on'},
    'prior': {'bits': 6, 'year': 'y1', 'year_bit': 2, 'last_on': 'last_order_past_on'},
} %}
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
),

customers as (
    select customer_key from {{ ref('int_customers_unioned') }}
),

totals as (
    select * from {{ ref('int_customer_totals_keyed') }}
),

keys as (
    select * from {{ ref('int_customer_keys') }}
),

contracts as (
    select
        keys.customer_key,
        contracts.starts_on,
        contracts.live_until_on
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join keys on contracts.customer_id = keys.customer_id
),

{% for run in runs %}
standing_{{ run }} as (
    select
        spells.customer_key,
        min(spells.starts_period) as first_period,
        max(case when spells.ends_period >= -runs.months_shift then spells.starts_period end) as active_since_period,
        max(case when spells.ends_period >= -runs.months_shift then spells.spell_number end) as active_spell_number,
        max(case when spells.ends_period < -runs.months_shift then spells.ends_period + 1 end) as last_lost_period
    from {{ ref('int_customer_spells_keyed') }} as spells
    inner join runs on runs.run = '{{ run }}' and spells.starts_period <= -runs.months_shift
    group by spells.customer_key
),

-- Under contract at the close: a lapsed buyer with a live contract is not lapsing.
contracted_{{ run }} as (
    select distinct contracts.customer_key
    from contracts
    inner join runs
        on
            runs.run = '{{ run }}'
            and contracts.starts_on < runs.cut_on
            and (contracts.live_until_on is null or contracts.live_until_on >= runs.as_of_on)
    where runs.is_active_by_contract
),
{% endfor %}

joined as (
    {% for run, its in runs.items() %}
    select
        runs.months_shift,
        customers.customer_key,
        case when totals.{{ its.last_on }} is not null then totals.first_order_on end as first_order_on,
        totals.{{ its.last_on }} as last_on,
        {% for measure in ['orders', 'order_days', 'revenue_net'] %}
        totals.{{ measure }}_past {{- ' + totals.' ~ measure ~ '_y0' if run == 'current' }} as {{ measure }},
        {% endfor %}
        -- A sale of unknown margin makes the sum unknown.
        case
            when (totals.active_years & {{ its.bits }}) > 0 and (totals.unknown_margin_years & {{ its.bits }}) = 0
                then totals.margin_net_past {{- ' + totals.margin_net_y0' if run == 'current' }}
        end as margin_net,
        totals.orders_{{ its.year }} as orders_12m,
        totals.revenue_net_{{ its.year }} as revenue_12m,
        -- No sale is a margin of zero.
        case
            when
                (totals.active_years & {{ its.bits }}) > 0
                and (totals.unknown_margin_years & {{ its.year_bit }}) = 0
                then totals.margin_net_{{ its.year }}
        end as margin_12m,
        standing.first_period,
        standing.active_since_period,
        standing.active_spell_number,
        standing.last_lost_period,
        contracted.customer_key is not null as is_under_contract
    from customers
    inner join runs on runs.run = '{{ run }}'
    left join totals on customers.customer_key = totals.customer_key
    left join standing_{{ run }} as standing on customers.customer_key = standing.customer_key
    left join contracted_{{ run }} as contracted on customers.customer_key = contracted.customer_key
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    months_shift,
    customer_key,
    first_order_on,
    last_on as last_order_on,
    cast(coalesce(orders, 0) as integer) as order_count,
    cast(coalesce(order_days, 0) as integer) as order_day_count,
    cast(coalesce(revenue_net, 0) as {{ money() }}) as revenue_net,
    cast(margin_net as {{ money() }}) as margin_net,
    coalesce(orders_12m, 0) as order_count_12m,
    coalesce(revenue_12m, 0) as revenue_net_12m,
    margin_12m as margin_net_12m,
    first_period,
    active_since_period,
    active_spell_number,
    last_lost_period,
    is_under_contract,
    first_period is not null as is_customer
from joined
