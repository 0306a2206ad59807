-- Customers by month, by customer key: everything periodic (states, cohorts, retention, RFM, concentration) reads this
-- or its sums. Months are counted back from as-of; the calendar month is beside it because cohorts use calendar months.
-- int_customer_months_aggregated is the same with the customer's id.
{% set one_month = 2147483647 %}
{% set unknown_bit = 4611686018427387904 %}
with

-- A day as one bit of its month: the bits of a month say how many days, the first and the last. Bits 0 to 30 are days
-- with an order, 31 to 61 days with a purchase that no contract booked, 62 says that a margin is unknown. There are
-- nearly as many customer months as events, so what is aggregated must be narrow.
events as (
    select
        customer_key,
        months_back,
        month_on,
        orders,
        revenue_net,
        margin_net,
        case when orders > 0 then {{ day_bit('occurred_on') }} else 0 end
        + case when orders > 0 and not is_contractual then {{ day_bit('occurred_on') }} << 31 else 0 end
        + case when margin_net is null then {{ unknown_bit }} else 0 end as bits
    from {{ ref('int_revenue_events_keyed') }}
),

aggregated as (
    select
        customer_key,
        months_back,
        month_on,
        sum(orders) as orders,
        bit_or(bits) as bits,
        sum(revenue_net) as revenue_net,
        sum(margin_net) as margin_net
    from events
    group by
        customer_key,
        months_back,
        month_on
)

select
    customer_key,
    months_back,
    month_on,
    cast(orders as integer) as orders,
    cast(bits & {{ one_month }} as integer) as order_bits,
    cast(bit_count(bits & {{ one_month }}) as integer) as order_days,
    -- The value models count days of purchase, not documents.
    cast(bit_count((bits >> 31) & {{ one_month }}) as integer) as purchase_days,
    cast(revenue_net as {{ money() }}) as revenue_net,
    -- One unknown margin makes the sum unknown: a partial margin would pass for a small one.
    cast(case when bits < {{ unknown_bit }} then margin_net end as {{ money() }}) as margin_net
from aggregated
