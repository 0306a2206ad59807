-- Follow-on work by whole months since the event, as of each date: for every customer with a dated event, each month
-- that had passed, whether he had come back before, and whether he came back in it. Counted over customers.
with

events as (
    select
        run,
        customer_id,
        is_referred,
        event_on as starts_on
    from {{ ref('int_customer_events_prepared') }}
    where run in ('current', 'backtest')
),

follow_ons as (
    select
        customer_id,
        ordered_on as happened_on
    from {{ ref('int_orders_prepared') }}
    where not is_cancelled and not is_return and customer_id is not null and order_kind = 'follow_on'
),

{{ hazard_months('events', 'follow_ons', 'event_horizon_months') }}
