-- What each buyer's first day of purchase earned, by customer key; null where a margin of that day is unknown.
with

first_days as (
    select
        customer_key,
        first_purchase_on
    from {{ ref('int_customer_totals_keyed') }}
    where first_purchase_on is not null
)

select
    first_days.customer_key,
    cast(
        case when count(events.margin_net) = count(*) then sum(events.margin_net) end as {{ money() }}
    ) as margin_net
from {{ ref('int_revenue_events_keyed') }} as events
inner join first_days
    on
        events.customer_key = first_days.customer_key
        and events.occurred_on = first_days.first_purchase_on
where not events.is_contractual
group by first_days.customer_key
