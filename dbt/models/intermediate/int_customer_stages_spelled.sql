-- In which stage of life each customer was, and from when to when, in months counted towards as-of (period 0 ends at
-- as-of). The rules are those of int_customer_states_keyed, evaluated only where a stage can change: at the edges
-- of a spell, of being new, of a gap between orders, and of a contract.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

spells as (
    select * from {{ ref('int_customer_spells_keyed') }}
    where starts_period <= 0
),

order_months as (
    select
        customer_key,
        -months_back as period,
        lead(-months_back) over (partition by customer_key order by months_back desc) as next_period
    from (
        select distinct
            customer_key,
            months_back
        from {{ ref('int_customer_months_keyed') }}
        where orders > 0 and months_back >= 0
    ) as bought
),

keys as (
    select * from {{ ref('int_customer_keys') }}
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
),

contract_terms as (
    select * from {{ ref('int_contract_terms_keyed') }}
),

-- Known before the first purchase: a record has a day it was made.
prospects as (
    select
        customers.customer_key,
        -days.months_back as period
    from {{ ref('int_customers_unioned') }} as customers
    inner join days on coalesce(customers.created_on, customers.acquired_on) = days.day_on
    where days.months_back >= 0
),

edges as (
    select
        customer_key,
        starts_period as period
    from spells
    union
    select
        spells.customer_key,
        spells.starts_period + current_run.new_months
    from spells
    cross join current_run
    where spells.starts_period + current_run.new_months <= spells.ends_period
    union
    select
        customer_key,
        ends_period + 1
    from spells
    union
    select
        order_months.customer_key,
        order_months.period + current_run.lapsing_months
    from order_months
    cross join current_run
    where
        not current_run.is_one_purchase
        and (
            order_months.next_period is null
            or order_months.next_period > order_months.period + current_run.lapsing_months
        )
    union
    select
        order_months.customer_key,
        order_months.next_period
    from order_months
    cross join current_run
    where
        not current_run.is_one_purchase
        and order_months.next_period > order_months.period + current_run.lapsing_months
    union
    select
        customer_key,
        starts_period
    from contract_terms
    union
    select
        customer_key,
        ends_period + 1
    from contract_terms
    where ends_period >= starts_period
    union
    select
        customer_key,
        period
    from prospects
),

standing as (
    select
        edges.customer_key,
        edges.period,
        min(spells.starts_period) as first_period,
        max(case when spells.ends_period >= edges.period then spells.starts_period end) as active_since_period,
        max(case when spells.ends_period >= edges.period then spells.spell_number end) as active_spell_number
    from edges
    left join spells
        on
            edges.customer_key = spells.customer_key
            and edges.period >= spells.starts_period
    where edges.period <= 0
    group by
        edges.customer_key,
        edges.period
),

-- The last order by each edge: one sort, where a join would meet every edge with every month of orders.
timeline as (
    select
        customer_key,
        period,
        true as is_edge,
        cast(null as integer) as order_period
    from edges
    where period <= 0
    union all
    select
        customer_key,
        period,
        false as is_edge,
        period as order_period
    from order_months
),

reached as (
    select
        customer_key,
        period,
        is_edge,
        max(order_period) over (
            partition by customer_key
            order by period
            range between unbounded preceding and current row
        ) as last_order_period
    from timeline
),

bought as (
    select
        customer_key,
        period,
        last_order_period
    from reached
    where is_edge and last_order_period is not null
),

under_contract as (
    select distinct
        edges.customer_key,
        edges.period
    from edges
    inner join contract_terms
        on
            edges.customer_key = contract_terms.customer_key
            and edges.period between contract_terms.starts_period and contract_terms.ends_period
),

staged as (
    select
        standing.customer_key,
        standing.period,
        case
            when standing.first_period is null then 'prospect'
            when standing.active_since_period is not null and standing.active_spell_number > 1
                and standing.active_since_period > standing.period - current_run.new_months then 'won_back'
            when standing.active_since_period is not null
                and standing.first_period > standing.period - current_run.new_months then 'new'
            when standing.active_since_period is not null
                and not current_run.is_one_purchase
                and under_contract.customer_key is null
                and standing.period - bought.last_order_period >= current_run.lapsing_months then 'lapsing'
            when standing.active_since_period is not null then 'active'
            when current_run.is_one_purchase and bought.last_order_period is not null then 'completed'
            else 'lost'
        end as lifecycle_stage
    from standing
    cross join current_run
    left join bought
        on
            standing.customer_key = bought.customer_key
            and standing.period = bought.period
    left join under_contract
        on
            standing.customer_key = under_contract.customer_key
            and standing.period = under_contract.period
),

changed as (
    select
        *,
        lag(lifecycle_stage) over (partition by customer_key order by period) as stage_before
    from staged
),

-- Changes alone, by key; the id comes last.
stages as (
    select
        customer_key,
        lifecycle_stage,
        stage_before,
        cast(period as integer) as starts_period,
        -- Null: it lasts at as-of.
        cast(lead(period) over (partition by customer_key order by period) - 1 as integer) as ends_period
    from changed
    where stage_before is null or stage_before != lifecycle_stage
)

select
    keys.customer_id,
    stages.lifecycle_stage,
    stages.stage_before,
    stages.starts_period,
    stages.ends_period
from stages
inner join keys on stages.customer_key = keys.customer_key
