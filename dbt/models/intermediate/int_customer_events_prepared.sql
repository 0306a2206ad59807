-- The dated main event (the wedding) of each customer as of each date, what he did since, and what a return earned.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

orders as (
    select * from {{ ref('int_orders_prepared') }}
    where not is_cancelled and not is_return and customer_id is not null
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

referrals as (
    select distinct referred_customer_id as customer_id
    from {{ ref('int_referrals_prepared') }}
    where referred_customer_id is not null
),

events as (
    select
        runs.run,
        runs.as_of_on,
        runs.cut_on,
        runs.months_shift,
        orders.customer_id,
        min(orders.event_on) as event_on
    from orders
    inner join runs on orders.ordered_on < runs.cut_on
    where coalesce(orders.order_kind, 'main') = 'main'
    group by
        runs.run,
        runs.as_of_on,
        runs.cut_on,
        runs.months_shift,
        orders.customer_id
)

select
    events.run,
    events.customer_id,
    events.event_on,
    -- Negative: the event is still ahead.
    cast({{ days_between('events.event_on', 'events.as_of_on') }} as integer) as days_since_event,
    referrals.customer_id is not null as is_referred,
    cast(count(case when orders.ordered_on < events.cut_on then 1 end) as integer) as follow_ons,
    cast(sum(case when orders.ordered_on < events.cut_on then orders.margin_net end) as {{ money() }})
        as follow_on_margin_net,
    cast(
        count(distinct case
            when events.months_shift > 0 and orders.ordered_on >= events.cut_on then orders.ordered_on
        end) as integer
    ) as later_follow_ons
from events
inner join customers on events.customer_id = customers.customer_id
left join orders
    on
        events.customer_id = orders.customer_id
        and orders.order_kind = 'follow_on'
left join referrals on events.customer_id = referrals.customer_id
where events.event_on is not null
group by
    events.run,
    events.customer_id,
    events.event_on,
    events.as_of_on,
    referrals.customer_id
