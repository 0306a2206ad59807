with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

care as (
    select * from {{ ref('int_customer_care_aggregated') }}
),

chances as (
    select * from {{ ref('int_action_chances_estimated') }}
),

rules as (
    select * from {{ ref('action_rules') }}
),

customer_values as (
    select * from {{ ref('fct_customer_value') }}
),

-- Who fades out of a trade that buys once has had what he came for: no warning applies.
warnings as (
    select warnings.*
    from {{ ref('fct_churn_warning') }} as warnings
    cross join current_run
    where not current_run.is_one_purchase
),

warned as (
    select customer_id
    from warnings
    where run = 'current' and is_at_risk
),

-- How often the warning of a year ago came true.
warning_precision as (
    select avg(case when was_lost then 1.0 else 0.0 end) as chance
    from warnings
    where run = 'backtest' and is_at_risk
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

-- The one category worth most; of two alike, the one first by name.
whitespace as (
    select
        *,
        row_number() over (partition by customer_id order by expected_margin desc, category asc) as place
    from {{ ref('int_category_whitespace_computed') }}
    where expected_margin > 0
),

overdue as (
    select
        customer_id,
        sum(open_amount) as amount
    from {{ ref('int_receivables_prepared') }}
    where days_overdue > 90
    group by customer_id
),

-- What another contract renews already needs no call.
ending as (
    select
        contracts.customer_id,
        min(contracts.live_until_on) as ends_on
    from {{ ref('int_contract_standings') }} as contracts
    cross join current_run
    left join {{ ref('int_contracts_prepared') }} as successors
        on contracts.contract_id = successors.renews_contract_id
    where
        current_run.is_active_by_contract
        and successors.contract_id is null
        and contracts.live_until_on < {{ add_months('current_run.cut_on', 12) }}
    group by contracts.customer_id
),

-- Margin of the last twelve months of buying: what somebody who left used to bring.
order_reach as (
    select
        customer_id,
        min(months_back) as last_months_back,
        max(months_back) as first_months_back
    from months
    where orders > 0
    group by customer_id
),

last_years as (
    select
        months.customer_id,
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net
    from months
    inner join order_reach on months.customer_id = order_reach.customer_id
    where months.months_back < order_reach.last_months_back + 12
    group by months.customer_id
),

-- What a customer brings in the twelve months that begin with the first purchase, and an order after the first purchase
-- on average: the stakes of a first purchase and of follow-on work.
first_years as (
    select
        months.customer_id,
        sum(months.margin_net) as margin_net
    from months
    inner join order_reach on months.customer_id = order_reach.customer_id
    where
        order_reach.first_months_back between 12 and 23
        and months.months_back > order_reach.first_months_back - 12
    group by months.customer_id
    having count(months.margin_net) = count(*)
),

follow_ons as (
    select avg(orders.margin_net) as margin_net
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    where
        orders.order_kind = 'follow_on'
        and not orders.is_cancelled
        and orders.ordered_on >= current_run.window_start_on
        and orders.ordered_on < current_run.cut_on
),

first_year_means as (
    select avg(margin_net) as margin_net
    from first_years
),

means as (
    select
        first_year_means.margin_net as first_year_margin,
        follow_ons.margin_net as follow_on_margin
    from first_year_means
    cross join follow_ons
),

joined as (
    select
        customers.customer_id,
        customers.lifecycle_stage,
        customers.is_active,
        customers.value_tier,
        -- Who buys once pays for the care of years: there all margin to date stands against it.
        case when current_run.is_one_purchase then customers.margin_net else customers.margin_net_12m end
            as margin_to_serve,
        -- What is still to come; where no model says, what the last year brought.
        coalesce(customer_values.residual_value, customers.margin_net_12m) as worth,
        case when customer_values.residual_value is null then 'margin_12m' else 'residual_value' end as worth_basis,
        last_years.margin_net as last_year_margin,
        case when care.customer_id is null then 0 else care.care_cost_12m end as care_cost_12m,
        overdue.amount as overdue_amount,
        ending.ends_on as contract_ends_on,
        whitespace.category as whitespace_category,
        whitespace.expected_margin as whitespace_margin,
        whitespace.buyer_margin as whitespace_buyer_margin,
        whitespace.buyers_12m / cast(whitespace.peers as double) as whitespace_chance,
        means.first_year_margin,
        means.follow_on_margin,
        warned.customer_id is not null as is_at_risk,
        case
            when warned.customer_id is not null then coalesce(warning_precision.chance, leavers.chance)
            else leavers.chance
        end as chance_leave,
        comebacks.chance as chance_return,
        starters.chance as chance_buy,
        payers.chance as chance_pay
    from customers
    cross join current_run
    cross join means
    cross join warning_precision
    left join warned on customers.customer_id = warned.customer_id
    left join customer_values on customers.customer_id = customer_values.customer_id
    left join last_years on customers.customer_id = last_years.customer_id
    left join care on customers.customer_id = care.customer_id
    left join overdue on customers.customer_id = overdue.customer_id
    left join ending on customers.customer_id = ending.customer_id
    left join whitespace on customers.customer_id = whitespace.customer_id and whitespace.place = 1
    left join chances as leavers on leavers.chance_of = 'leave' and customers.lifecycle_stage = leavers.stage
    left join chances as comebacks on comebacks.chance_of = 'return' and customers.lifecycle_stage = comebacks.stage
    left join chances as starters on starters.chance_of = 'buy' and customers.lifecycle_stage = starters.stage
    left join chances as payers on payers.chance_of = 'pay'
),

-- The first rule that fits decides. Among customers who buy and are not at risk, what could be lost is weighed against
-- what could be added and what care costs.
ruled as (
    select
        *,
        case
            when lifecycle_stage = 'prospect' then 'first_purchase'
            when overdue_amount > 0 then 'collect_overdue'
            when is_active and margin_to_serve - care_cost_12m < 0 then 'costs_more_than_it_brings'
            when (lifecycle_stage = 'lapsing' or is_at_risk) and value_tier in ('A', 'B') then 'keep_at_risk'
            when contract_ends_on is not null then 'renew_contract'
            when lifecycle_stage = 'completed' then 'follow_on'
            when lifecycle_stage = 'lost' and value_tier in ('A', 'B') then 'win_back'
            when lifecycle_stage = 'lost' then 'stop_effort'
            when care_cost_12m > coalesce(worth * chance_leave, 0) + coalesce(whitespace_margin, 0)
                and coalesce(value_tier, 'C') = 'C' then 'lighten_care'
            when whitespace_margin > coalesce(worth * chance_leave, 0) then 'cross_sell'
            else 'keep'
        end as rule
    from joined
),

staked as (
    select
        *,
        case
            when rule = 'first_purchase' then first_year_margin
            when rule = 'collect_overdue' then overdue_amount
            when rule = 'costs_more_than_it_brings' then care_cost_12m - margin_to_serve
            when rule = 'follow_on' then follow_on_margin
            when rule = 'win_back' then last_year_margin
            when rule in ('stop_effort', 'lighten_care') then care_cost_12m
            when rule = 'cross_sell' then whitespace_buyer_margin
            else worth
        end as value_at_stake,
        case
            when rule = 'first_purchase' then chance_buy
            when rule = 'collect_overdue' then chance_pay
            when rule in ('costs_more_than_it_brings', 'stop_effort', 'lighten_care') then 1
            when rule in ('follow_on', 'win_back') then chance_return
            when rule = 'cross_sell' then whitespace_chance
            else chance_leave
        end as chance,
        case
            when rule = 'first_purchase' then 'first_year_margin'
            when rule = 'collect_overdue' then 'overdue_amount'
            when rule = 'costs_more_than_it_brings' then 'care_cost_less_margin'
            when rule = 'follow_on' then 'follow_on_margin'
            when rule = 'win_back' then 'last_year_margin'
            when rule in ('stop_effort', 'lighten_care') then 'care_cost'
            when rule = 'cross_sell' then 'buyer_margin_12m'
            else worth_basis
        end as stake_basis
    from ruled
)

select
    staked.customer_id,
    rules.action,
    staked.rule,
    rules.reason_en as reason,
    rules.reason_zh,
    case when staked.rule = 'cross_sell' then staked.whitespace_category end as category,
    case when staked.rule = 'renew_contract' then staked.contract_ends_on end as due_on,
    staked.lifecycle_stage,
    staked.value_tier,
    cast(staked.value_at_stake as {{ money() }}) as value_at_stake,
    staked.stake_basis,
    {{ steady('staked.chance') }} as chance,
    cast(staked.value_at_stake * staked.chance as {{ money() }}) as expected_value
from staked
inner join rules on staked.rule = rules.rule
