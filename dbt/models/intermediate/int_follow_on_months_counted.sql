-- Follow-on work by whole months since the event, as of each date: for every customer with a dated event, each month
-- that had passed, whether he had come back before, and whether he came back in it. Counted over customers.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

orders as (
    select * from {{ ref('int_orders_prepared') }}
    where not is_cancelled and not is_return and customer_id is not null
),

events as (
    select * from {{ ref('int_customer_events_prepared') }}
),

horizon as (
    select cast(value as integer) as months
    from {{ ref('int_value_settings_prepared') }}
    where assumption = 'event_horizon_months'
),

numbers as (
    {{ number_rows(120) }}
),

watched as (
    select
        events.run,
        events.customer_id,
        events.is_referred,
        numbers.n - 1 as months_since,
        {{ add_months('events.event_on', 'numbers.n - 1') }} as starts_on,
        {{ add_months('events.event_on', 'numbers.n') }} as ends_before_on
    from events
    cross join horizon
    inner join runs on events.run = runs.run
    inner join numbers
        on
            horizon.months >= numbers.n
            and runs.cut_on >= {{ add_months('events.event_on', 'numbers.n') }}
),

marked as (
    select
        watched.run,
        watched.customer_id,
        watched.is_referred,
        watched.months_since,
        max(case when orders.ordered_on >= watched.starts_on then 1 else 0 end) as came_back,
        max(case when orders.ordered_on < watched.starts_on then 1 else 0 end) as had_come_back
    from watched
    left join orders
        on
            watched.customer_id = orders.customer_id
            and orders.order_kind = 'follow_on'
            and watched.ends_before_on > orders.ordered_on
    group by
        watched.run,
        watched.customer_id,
        watched.is_referred,
        watched.months_since
)

select
    run,
    cast(months_since as integer) as months_since,
    had_come_back = 1 as had_come_back,
    is_referred,
    cast(count(*) as integer) as customers,
    cast(sum(came_back) as integer) as came_back
from marked
group by
    run,
    months_since,
    had_come_back = 1,
    is_referred
