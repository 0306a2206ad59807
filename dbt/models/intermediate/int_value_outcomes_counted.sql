-- What those who were in the book a year ago did in the year since, by month: the measure of every forecast made then.
-- Only what the forecasts are of counts: purchases of former buyers, renewals of contracts then live, follow-on work of
-- those with an event, customers brought by those who could bring one.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'backtest'
),

days as (
    select
        day_on,
        12 - months_back as months_ahead
    from {{ ref('int_calendar_days_spined') }}
    where months_back between 0 and 11
),

orders as (
    select * from {{ ref('int_orders_prepared') }}
    where not is_cancelled and not is_return and customer_id is not null
),

purchases as (
    select
        keys.customer_id,
        'purchases' as component,
        12 - events.months_back as months_ahead,
        -- Days of purchase, not documents.
        count(distinct case when events.orders > 0 then events.occurred_on end) as orders,
        case when count(events.margin_net) = count(*) then sum(events.margin_net) end as margin_net
    from {{ ref('int_revenue_events_keyed') }} as events
    inner join {{ ref('int_customer_totals_keyed') }} as totals on events.customer_key = totals.customer_key
    inner join {{ ref('int_customer_keys') }} as keys on events.customer_key = keys.customer_key
    where
        not events.is_contractual
        and events.months_back between 0 and 11
        and totals.last_purchase_past_on is not null
    group by
        keys.customer_id,
        12 - events.months_back
),

live_then as (
    select
        contract_id,
        chain_id,
        customer_id
    from {{ ref('int_renewals_prepared') }}
    where run = 'backtest' and state = 'live'
),

renewed_since as (
    select
        contracts.contract_id,
        contracts.customer_id,
        contracts.starts_on
    from {{ ref('int_renewals_prepared') }} as contracts
    inner join live_then
        on
            contracts.chain_id = live_then.chain_id
            and contracts.contract_id != live_then.contract_id
    cross join runs
    where contracts.run = 'current' and contracts.starts_on >= runs.cut_on
),

followed as (
    select
        contract_id,
        customer_id
    from live_then
    union
    select
        contract_id,
        customer_id
    from renewed_since
),

-- Money of the contracts then live and of their renewals, in whichever form the book carries it.
contract_money as (
    select
        followed.customer_id,
        days.months_ahead,
        events.margin_net
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join days on events.occurred_on = days.day_on
    inner join followed on events.document_id = followed.contract_id
    where events.event_kind = 'contract_month'

    union all

    select
        renewed_since.customer_id,
        days.months_ahead,
        events.margin_net
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join days on events.occurred_on = days.day_on
    inner join {{ ref('int_orders_prepared') }} as documents on events.document_id = documents.order_id
    inner join renewed_since on documents.contract_id = renewed_since.contract_id
    where events.event_kind in ('order', 'refund') and events.is_contractual
),

contract_events as (
    select
        renewed_since.customer_id,
        days.months_ahead,
        1 as orders,
        0 as margin_net
    from renewed_since
    inner join days on renewed_since.starts_on = days.day_on

    union all

    select
        customer_id,
        months_ahead,
        0 as orders,
        margin_net
    from contract_money
),

renewals as (
    select
        customer_id,
        'renewals' as component,
        months_ahead,
        sum(orders) as orders,
        case when count(margin_net) = count(*) then sum(margin_net) end as margin_net
    from contract_events
    group by
        customer_id,
        months_ahead
),

follow_ons as (
    select
        orders.customer_id,
        'follow_on' as component,
        days.months_ahead,
        count(distinct orders.ordered_on) as orders,
        case when count(orders.margin_net) = count(*) then sum(orders.margin_net) end as margin_net
    from orders
    inner join days on orders.ordered_on = days.day_on
    inner join {{ ref('int_customer_events_prepared') }} as events
        on
            orders.customer_id = events.customer_id
            and events.run = 'backtest'
    where orders.order_kind = 'follow_on'
    group by
        orders.customer_id,
        days.months_ahead
),

-- What a referred customer's first year earns is not over yet.
referred as (
    select
        brought.referrer_customer_id as customer_id,
        'referral' as component,
        days.months_ahead,
        count(*) as orders,
        cast(null as {{ money() }}) as margin_net
    from {{ ref('int_referred_customers_prepared') }} as brought
    inner join days on brought.first_order_on = days.day_on
    inner join {{ ref('int_referrers_prepared') }} as referrers
        on
            brought.referrer_customer_id = referrers.customer_id
            and referrers.run = 'backtest'
    group by
        brought.referrer_customer_id,
        days.months_ahead
),

unioned as (
    select * from purchases
    union all
    select * from renewals
    union all
    select * from follow_ons
    union all
    select * from referred
)

select
    customer_id,
    component,
    cast(months_ahead as integer) as months_ahead,
    cast(orders as integer) as orders,
    cast(margin_net as {{ money() }}) as margin_net
from unioned
