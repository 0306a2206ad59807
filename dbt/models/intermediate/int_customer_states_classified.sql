-- What each customer is as of each run: counts, money, dates and the stage of life.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

spells as (
    select * from {{ ref('int_customer_spells_merged') }}
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
),

totals as (
    select
        runs.run,
        months.customer_id,
        min(months.first_order_on) as first_order_on,
        max(months.last_order_on) as last_order_on,
        sum(months.orders) as order_count,
        sum(months.order_days) as order_day_count,
        sum(months.revenue_net) as revenue_net,
        -- A sale of unknown margin makes the sum unknown.
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net,
        sum(case when months.months_back < runs.months_shift + 12 then months.orders else 0 end) as order_count_12m,
        sum(
            case when months.months_back < runs.months_shift + 12 then months.revenue_net else 0 end
        ) as revenue_net_12m,
        -- No sale is a margin of zero.
        case
            when
                count(case when months.months_back < runs.months_shift + 12 then 1 end)
                = count(case when months.months_back < runs.months_shift + 12 then months.margin_net end)
                then coalesce(sum(case when months.months_back < runs.months_shift + 12 then months.margin_net end), 0)
        end as margin_net_12m
    from months
    inner join runs on months.months_back >= runs.months_shift
    group by
        runs.run,
        months.customer_id
),

standing as (
    select
        runs.run,
        spells.customer_id,
        min(spells.starts_period) as first_period,
        max(case when spells.ends_period >= -runs.months_shift then spells.starts_period end) as active_since_period,
        max(case when spells.ends_period >= -runs.months_shift then spells.spell_number end) as active_spell_number,
        max(case when spells.ends_period < -runs.months_shift then spells.ends_period + 1 end) as last_lost_period
    from spells
    inner join runs on spells.starts_period <= -runs.months_shift
    group by
        runs.run,
        spells.customer_id
),

-- Under contract at the close: a lapsed buyer with a live contract is not lapsing.
contracted as (
    select distinct
        runs.run,
        contracts.customer_id
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join runs
        on
            contracts.starts_on < runs.cut_on
            and (contracts.live_until_on is null or contracts.live_until_on >= runs.as_of_on)
    where runs.is_active_by_contract
),

joined as (
    select
        runs.run,
        runs.months_shift,
        runs.is_one_purchase,
        runs.new_months,
        runs.lapsing_months,
        customers.customer_id,
        customers.group_customer_id,
        totals.first_order_on,
        totals.last_order_on,
        coalesce(totals.order_count, 0) as order_count,
        coalesce(totals.order_day_count, 0) as order_day_count,
        coalesce(totals.revenue_net, 0) as revenue_net,
        totals.margin_net,
        coalesce(totals.order_count_12m, 0) as order_count_12m,
        coalesce(totals.revenue_net_12m, 0) as revenue_net_12m,
        totals.margin_net_12m,
        standing.first_period,
        standing.active_since_period,
        standing.active_spell_number,
        standing.last_lost_period,
        last_days.months_back as last_order_months_back,
        contracted.customer_id is not null as is_under_contract
    from customers
    cross join runs
    left join totals on customers.customer_id = totals.customer_id and runs.run = totals.run
    left join standing on customers.customer_id = standing.customer_id and runs.run = standing.run
    left join days as last_days on totals.last_order_on = last_days.day_on
    left join contracted on customers.customer_id = contracted.customer_id and runs.run = contracted.run
)

select
    run,
    customer_id,
    group_customer_id,
    first_order_on,
    last_order_on,
    cast(order_count as integer) as order_count,
    cast(order_day_count as integer) as order_day_count,
    cast(revenue_net as {{ money() }}) as revenue_net,
    cast(margin_net as {{ money() }}) as margin_net,
    cast(order_count_12m as integer) as order_count_12m,
    cast(revenue_net_12m as {{ money() }}) as revenue_net_12m,
    cast(margin_net_12m as {{ money() }}) as margin_net_12m,
    first_period,
    last_lost_period,
    first_period is not null as is_customer,
    active_since_period is not null as is_active,
    case
        when first_period is null then 'prospect'
        when active_since_period is not null and active_spell_number > 1
            and active_since_period > -months_shift - new_months then 'won_back'
        when active_since_period is not null and first_period > -months_shift - new_months then 'new'
        when active_since_period is not null
            and not is_one_purchase
            and not is_under_contract
            and last_order_months_back - months_shift >= lapsing_months then 'lapsing'
        when active_since_period is not null then 'active'
        when is_one_purchase and order_count > 0 then 'completed'
        else 'lost'
    end as lifecycle_stage
from joined
