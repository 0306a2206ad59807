-- What each customer is as of each run: counts, money, dates and the stage of life.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
),

-- Two runs of one date are one computation.
shifts as (
    select distinct
        months_shift,
        as_of_on,
        cut_on,
        new_months,
        lapsing_months,
        is_active_by_contract,
        is_one_purchase
    from runs
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

months as (
    select * from {{ ref('int_customer_months_keyed') }}
),

spells as (
    select * from {{ ref('int_customer_spells_keyed') }}
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
),

keys as (
    select * from {{ ref('int_customer_keys') }}
),

totals as (
    select
        shifts.months_shift,
        months.customer_key,
        min(months.first_order_on) as first_order_on,
        max(months.last_order_on) as last_order_on,
        sum(months.orders) as order_count,
        sum(months.order_days) as order_day_count,
        sum(months.revenue_net) as revenue_net,
        -- A sale of unknown margin makes the sum unknown.
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net,
        sum(case when months.months_back < shifts.months_shift + 12 then months.orders else 0 end) as order_count_12m,
        sum(
            case when months.months_back < shifts.months_shift + 12 then months.revenue_net else 0 end
        ) as revenue_net_12m,
        -- No sale is a margin of zero.
        case
            when
                count(case when months.months_back < shifts.months_shift + 12 then 1 end)
                = count(case when months.months_back < shifts.months_shift + 12 then months.margin_net end)
                then
                    coalesce(
                        sum(case when months.months_back < shifts.months_shift + 12 then months.margin_net end), 0
                    )
        end as margin_net_12m
    from months
    inner join shifts on months.months_back >= shifts.months_shift
    group by
        shifts.months_shift,
        months.customer_key
),

standing as (
    select
        shifts.months_shift,
        spells.customer_key,
        min(spells.starts_period) as first_period,
        max(case when spells.ends_period >= -shifts.months_shift then spells.starts_period end) as active_since_period,
        max(case when spells.ends_period >= -shifts.months_shift then spells.spell_number end) as active_spell_number,
        max(case when spells.ends_period < -shifts.months_shift then spells.ends_period + 1 end) as last_lost_period
    from spells
    inner join shifts on spells.starts_period <= -shifts.months_shift
    group by
        shifts.months_shift,
        spells.customer_key
),

-- Under contract at the close: a lapsed buyer with a live contract is not lapsing.
contracted as (
    select distinct
        shifts.months_shift,
        keys.customer_key
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join keys on contracts.customer_id = keys.customer_id
    inner join shifts
        on
            contracts.starts_on < shifts.cut_on
            and (contracts.live_until_on is null or contracts.live_until_on >= shifts.as_of_on)
    where shifts.is_active_by_contract
),

joined as (
    select
        shifts.months_shift,
        shifts.is_one_purchase,
        shifts.new_months,
        shifts.lapsing_months,
        customers.customer_key,
        customers.customer_id,
        customers.group_customer_key,
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
        contracted.customer_key is not null as is_under_contract
    from customers
    cross join shifts
    left join totals on customers.customer_key = totals.customer_key and shifts.months_shift = totals.months_shift
    left join standing on customers.customer_key = standing.customer_key and shifts.months_shift = standing.months_shift
    left join days as last_days on totals.last_order_on = last_days.day_on
    left join contracted
        on customers.customer_key = contracted.customer_key and shifts.months_shift = contracted.months_shift
)

select
    runs.run,
    joined.customer_key,
    joined.customer_id,
    joined.group_customer_key,
    joined.group_customer_id,
    joined.first_order_on,
    joined.last_order_on,
    cast(joined.order_count as integer) as order_count,
    cast(joined.order_day_count as integer) as order_day_count,
    cast(joined.revenue_net as {{ money() }}) as revenue_net,
    cast(joined.margin_net as {{ money() }}) as margin_net,
    cast(joined.order_count_12m as integer) as order_count_12m,
    cast(joined.revenue_net_12m as {{ money() }}) as revenue_net_12m,
    cast(joined.margin_net_12m as {{ money() }}) as margin_net_12m,
    joined.first_period,
    joined.last_lost_period,
    joined.first_period is not null as is_customer,
    joined.active_since_period is not null as is_active,
    case
        when joined.first_period is null then 'prospect'
        when joined.active_since_period is not null and joined.active_spell_number > 1
            and joined.active_since_period > -joined.months_shift - joined.new_months then 'won_back'
        when joined.active_since_period is not null
            and joined.first_period > -joined.months_shift - joined.new_months then 'new'
        when joined.active_since_period is not null
            and not joined.is_one_purchase
            and not joined.is_under_contract
            and joined.last_order_months_back - joined.months_shift >= joined.lapsing_months then 'lapsing'
        when joined.active_since_period is not null then 'active'
        when joined.is_one_purchase and joined.order_count > 0 then 'completed'
        else 'lost'
    end as lifecycle_stage
from joined
inner join runs on joined.months_shift = runs.months_shift
