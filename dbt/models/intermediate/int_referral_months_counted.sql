-- Customers brought by customers, by whole months since the bringer's first order, as of each date: each month that had
-- passed, whether he had brought somebody before, and whether he brought somebody in it. Counted over customers.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

referrers as (
    select * from {{ ref('int_referrers_prepared') }}
),

brought as (
    select * from {{ ref('int_referred_customers_prepared') }}
),

horizon as (
    select cast(value as integer) as months
    from {{ ref('int_value_settings_prepared') }}
    where assumption = 'referral_horizon_months'
),

numbers as (
    {{ number_rows(120) }}
),

watched as (
    select
        referrers.run,
        referrers.customer_id,
        referrers.is_referred,
        numbers.n - 1 as months_since,
        {{ add_months('referrers.first_order_on', 'numbers.n - 1') }} as starts_on,
        {{ add_months('referrers.first_order_on', 'numbers.n') }} as ends_before_on
    from referrers
    cross join horizon
    inner join runs on referrers.run = runs.run
    inner join numbers
        on
            horizon.months >= numbers.n
            and runs.cut_on >= {{ add_months('referrers.first_order_on', 'numbers.n') }}
),

marked as (
    select
        watched.run,
        watched.customer_id,
        watched.is_referred,
        watched.months_since,
        max(case when brought.first_order_on >= watched.starts_on then 1 else 0 end) as came_back,
        max(case when brought.first_order_on < watched.starts_on then 1 else 0 end) as had_come_back
    from watched
    left join brought
        on
            watched.customer_id = brought.referrer_customer_id
            and watched.ends_before_on > brought.first_order_on
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
