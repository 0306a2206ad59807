-- What is known of each customer as of today and as of a year before, by customer key: counts, money, dates and how he
-- stands in his spells. int_customer_states_classified makes the stage of life of it, with the ids and for every run.
-- The prior run knows what is past, today's also the year since; `bits` and `year_bit` are those of the totals.
{% set runs = {
    'current': {'bits': 7, 'year': 'y0', 'year_bit': 1, 'last_on': 'last_order_on'},
    'prior': {'bits': 6, 'year': 'y1', 'year_bit': 2, 'last_on': 'last_order_past_on'},
} %}
{% set totals_read = [
    'orders_y0', 'orders_y1', 'orders_past', 'order_days_y0', 'order_days_past',
    'revenue_net_y0', 'revenue_net_y1', 'revenue_net_past', 'margin_net_y0', 'margin_net_y1', 'margin_net_past',
] %}
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

shifts as (
    select
        {% for run in runs %}
        max(case when run = '{{ run }}' then months_shift end) as months_shift_{{ run }} {{- ',' if not loop.last }}
        {% endfor %}
    from runs
),

spells as (
    select
        spells.customer_key,
        spells.spell_number,
        spells.starts_period,
        spells.ends_period,
        {% for run in runs %}
        spells.starts_period <= -shifts.months_shift_{{ run }} as is_begun_{{ run }},
        spells.ends_period >= -shifts.months_shift_{{ run }} as is_running_{{ run }} {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_customer_spells_keyed') }} as spells
    cross join shifts
),

standing as (
    select
        customer_key,
        {% for run in runs %}
        min(case when is_begun_{{ run }} then starts_period end) as first_period_{{ run }},
        max(case when is_begun_{{ run }} and is_running_{{ run }} then starts_period end)
            as active_since_period_{{ run }},
        max(case when is_begun_{{ run }} and is_running_{{ run }} then spell_number end)
            as active_spell_number_{{ run }},
        max(case when not is_running_{{ run }} then ends_period + 1 end) as last_lost_period_{{ run }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from spells
    group by customer_key
),

-- Under contract at the close: a lapsed buyer with a live contract is not lapsing.
contracted as (
    select
        contracts.customer_key,
        {% for run in runs %}
        max(case when runs.run = '{{ run }}' then 1 else 0 end) = 1 as is_under_contract_{{ run }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from contracts
    inner join runs
        on
            contracts.starts_on < runs.cut_on
            and (contracts.live_until_on is null or contracts.live_until_on >= runs.as_of_on)
    where runs.is_active_by_contract
    group by contracts.customer_key
),

known as (
    select
        customers.customer_key,
        totals.first_order_on,
        totals.active_years,
        totals.unknown_margin_years,
        {% for measure in totals_read %}
        totals.{{ measure }},
        {% endfor %}
        {% for run, its in runs.items() %}
        totals.{{ its.last_on }},
        standing.first_period_{{ run }},
        standing.active_since_period_{{ run }},
        standing.active_spell_number_{{ run }},
        standing.last_lost_period_{{ run }},
        coalesce(contracted.is_under_contract_{{ run }}, false) as is_under_contract_{{ run }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from customers
    left join totals on customers.customer_key = totals.customer_key
    left join standing on customers.customer_key = standing.customer_key
    left join contracted on customers.customer_key = contracted.customer_key
),

joined as (
    {% for run, its in runs.items() %}
    select
        runs.months_shift,
        known.customer_key,
        case when known.{{ its.last_on }} is not null then known.first_order_on end as first_order_on,
        known.{{ its.last_on }} as last_on,
        {% for measure in ['orders', 'order_days', 'revenue_net'] %}
        known.{{ measure }}_past {{- ' + known.' ~ measure ~ '_y0' if run == 'current' }} as {{ measure }},
        {% endfor %}
        -- A sale of unknown margin makes the sum unknown.
        case
            when (known.active_years & {{ its.bits }}) > 0 and (known.unknown_margin_years & {{ its.bits }}) = 0
                then known.margin_net_past {{- ' + known.margin_net_y0' if run == 'current' }}
        end as margin_net,
        known.orders_{{ its.year }} as orders_12m,
        known.revenue_net_{{ its.year }} as revenue_12m,
        -- No sale is a margin of zero.
        case
            when
                (known.active_years & {{ its.bits }}) > 0
                and (known.unknown_margin_years & {{ its.year_bit }}) = 0
                then known.margin_net_{{ its.year }}
        end as margin_12m,
        known.first_period_{{ run }} as first_period,
        known.active_since_period_{{ run }} as active_since_period,
        known.active_spell_number_{{ run }} as active_spell_number,
        known.last_lost_period_{{ run }} as last_lost_period,
        known.is_under_contract_{{ run }} as is_under_contract
    from known
    inner join runs on runs.run = '{{ run }}'
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
