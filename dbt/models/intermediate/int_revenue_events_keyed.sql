-- Every event of a customer by his whole-number key, with the month it falls in: what each pass over the facts reads.
-- Narrow, so that a pass reads little; who asks for documents or ids reads int_revenue_events_unioned.
with

keys as (
    select * from {{ ref('int_customer_keys') }}
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
),

events as (
    select
        customer_key,
        occurred_on,
        event_on,
        is_contractual,
        orders,
        revenue_net,
        margin_net
    from {{ ref('int_revenue_events_unioned') }}
    where customer_key is not null
    union all
    select
        keys.customer_key,
        unioned_events.occurred_on,
        unioned_events.event_on,
        unioned_events.is_contractual,
        unioned_events.orders,
        unioned_events.revenue_net,
        unioned_events.margin_net
    from {{ ref('int_revenue_events_unioned') }} as unioned_events
    inner join keys on unioned_events.customer_id = keys.customer_id
    where unioned_events.customer_key is null and keys.is_stranger
)

select
    events.customer_key,
    events.occurred_on,
    days.months_back,
    days.month_on,
    events.event_on,
    -- Purchases proper are what no contract booked.
    coalesce(events.is_contractual, false) as is_contractual,
    cast(events.orders as integer) as orders,
    events.revenue_net,
    events.margin_net
from events
inner join days on events.occurred_on = days.day_on
-- A customer's events lie together: grouping them by customer takes half the time.
order by events.customer_key
