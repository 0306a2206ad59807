-- The one pass over the facts: everything periodic (states, cohorts, retention, RFM, concentration, value tuples)
-- reads this. Months are counted back from as-of; the calendar month is beside it because cohorts use calendar
-- months.
with

events as (
    select * from {{ ref('int_revenue_events_unioned') }}
    where customer_id is not null
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
)

select
    events.customer_id,
    days.months_back,
    days.month_on,
    days.is_partial_month,
    cast(sum(events.orders) as integer) as orders,
    cast(bit_count(
        bit_or(
            case when events.orders > 0 then 1 << cast(extract(day from events.occurred_on) - 1 as integer) else 0 end
        )
    ) as integer) as order_days,
    min(case when events.orders > 0 then events.occurred_on end) as first_order_on,
    max(case when events.orders > 0 then events.occurred_on end) as last_order_on,
    max(events.event_on) as last_event_on,
    -- Purchases proper: what no contract booked. The value models count days, not documents.
    cast(bit_count(
        bit_or(
            case
                when events.orders > 0 and not coalesce(events.is_contractual, false)
                    then 1 << cast(extract(day from events.occurred_on) - 1 as integer)
                else 0
            end
        )
    ) as integer) as purchase_days,
    min(
        case when events.orders > 0 and not coalesce(events.is_contractual, false) then events.occurred_on end
    ) as first_purchase_on,
    max(
        case when events.orders > 0 and not coalesce(events.is_contractual, false) then events.occurred_on end
    ) as last_purchase_on,
    cast(
        case
            when count(case when not coalesce(events.is_contractual, false) then 1 end)
                = count(case when not coalesce(events.is_contractual, false) then events.margin_net end)
                then coalesce(sum(case when not coalesce(events.is_contractual, false) then events.margin_net end), 0)
        end as {{ money() }}
    ) as purchase_margin_net,
    cast(sum(events.revenue_net) as {{ money() }}) as revenue_net,
    -- One unknown margin makes the sum unknown: a partial margin would pass for a small one.
    cast(case when count(events.margin_net) = count(*) then sum(events.margin_net) end as {{ money() }}) as margin_net
from events
inner join days on events.occurred_on = days.day_on
group by
    events.customer_id,
    days.months_back,
    days.month_on,
    days.is_partial_month
