-- The one pass over the facts: everything periodic (states, cohorts, retention, RFM, concentration, value tuples)
-- reads this, by customer key. Months are counted back from as-of; the calendar month is beside it because cohorts use
-- calendar months. int_customer_months_aggregated is the same with the customer's id.
{% set unknown_bit = 2147483648 %}
with

keys as (
    select * from {{ ref('int_customer_keys') }}
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
),

-- A day as one bit of its month: the bits of a month say how many days, the first and the last.
days as (
    select
        day_on,
        months_back,
        month_on,
        cast(1 as bigint) << cast(extract(day from day_on) - 1 as integer) as day_bit
    from {{ ref('int_calendar_days_spined') }}
),

dated as (
    select
        events.customer_key,
        days.months_back,
        days.month_on,
        events.orders,
        events.event_on,
        events.revenue_net,
        events.margin_net,
        -- Purchases proper: what no contract booked. The value models count days, not documents.
        not coalesce(events.is_contractual, false) as is_purchase,
        -- Beside the days' 31 bits, one that says a margin is unknown.
        case when events.orders > 0 then days.day_bit else 0 end
        + case when events.margin_net is null then {{ unknown_bit }} else 0 end as bits
    from events
    inner join days on events.occurred_on = days.day_on
),

aggregated as (
    select
        customer_key,
        months_back,
        month_on,
        sum(orders) as orders,
        bit_or(bits) as order_bits,
        bit_or(case when is_purchase then bits else 0 end) as purchase_bits,
        max(event_on) as last_event_on,
        sum(revenue_net) as revenue_net,
        sum(margin_net) as margin_net,
        sum(case when is_purchase then margin_net end) as purchase_margin_net
    from dated
    group by
        customer_key,
        months_back,
        month_on
),

unpacked as (
    select
        customer_key,
        months_back,
        month_on,
        orders,
        last_event_on,
        revenue_net,
        margin_net,
        purchase_margin_net,
        order_bits & {{ unknown_bit - 1 }} as order_bits,
        purchase_bits & {{ unknown_bit - 1 }} as purchase_bits,
        order_bits >= {{ unknown_bit }} as has_unknown_margin,
        purchase_bits >= {{ unknown_bit }} as has_unknown_purchase_margin
    from aggregated
)

select
    customer_key,
    months_back,
    month_on,
    cast(orders as integer) as orders,
    cast(bit_count(order_bits) as integer) as order_days,
    {{ lowest_day('month_on', 'order_bits') }} as first_order_on,
    {{ highest_day('month_on', 'order_bits') }} as last_order_on,
    last_event_on,
    cast(bit_count(purchase_bits) as integer) as purchase_days,
    {{ lowest_day('month_on', 'purchase_bits') }} as first_purchase_on,
    {{ highest_day('month_on', 'purchase_bits') }} as last_purchase_on,
    cast(
        case when not has_unknown_purchase_margin then coalesce(purchase_margin_net, 0) end as {{ money() }}
    ) as purchase_margin_net,
    cast(revenue_net as {{ money() }}) as revenue_net,
    -- One unknown margin makes the sum unknown: a partial margin would pass for a small one.
    cast(case when not has_unknown_margin then margin_net end as {{ money() }}) as margin_net
from unpacked
