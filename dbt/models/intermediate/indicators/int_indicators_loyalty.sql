-- Loyalty and advocacy.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
    where orders > 0
),

orders as (
    select * from {{ ref('int_orders_prepared') }}
    where not is_cancelled and not is_return
),

referrals as (
    select * from {{ ref('int_referrals_prepared') }}
),

repeats as (
    select
        count(*) as customers,
        sum(case when order_count >= 2 then 1 else 0 end) as repeating
    from customers
    where order_count > 0
),

numbered as (
    select
        customer_id,
        first_order_on,
        last_order_on,
        orders,
        row_number() over by_time as month_number,
        lead(first_order_on) over by_time as next_order_on
    from months
    window by_time as (partition by customer_id order by month_on asc, months_back desc)
),

-- Only customers whose two years are over: the others have not had the time.
second_purchases as (
    select
        count(*) as customers,
        sum(
            case
                when numbered.orders >= 2 then 1
                when numbered.next_order_on < {{ add_months('numbered.first_order_on', 24) }} then 1
                else 0
            end
        ) as repeating
    from numbered
    cross join current_run
    where
        numbered.month_number = 1
        and numbered.first_order_on < {{ add_months('current_run.cut_on', -24) }}
),

-- A main order's event opens the window for maternity, baby and anniversary work.
events as (
    select
        customer_id,
        min(event_on) as event_on
    from orders
    where order_kind = 'main' and event_on is not null and customer_id is not null
    group by customer_id
),

followed as (
    select
        events.customer_id,
        max(
            case
                when
                    orders.ordered_on >= events.event_on
                    and orders.ordered_on < {{ add_months('events.event_on', 24) }} then 1
                else 0
            end
        ) as has_follow_on
    from events
    cross join current_run
    left join orders on events.customer_id = orders.customer_id and orders.order_kind = 'follow_on'
    where events.event_on < {{ add_months('current_run.cut_on', -24) }}
    group by events.customer_id
),

referrers as (
    select distinct referrer_customer_id as customer_id
    from referrals
),

advocacy as (
    select
        sum(case when customers.is_active then 1 else 0 end) as active,
        sum(case when customers.is_active and referrers.customer_id is not null then 1 else 0 end) as active_referrers,
        count(*) as customers
    from customers
    left join referrers on customers.customer_id = referrers.customer_id
),

referred as (
    select count(distinct referrals.referred_customer_id) as customers
    from referrals
    inner join customers on referrals.referred_customer_id = customers.customer_id
)

select
    'repeat_rate' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(repeating as double) as numerator,
    cast(customers as double) as denominator,
    cast(customers as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from repeats

union all

select
    'second_purchase_rate_24m',
    '',
    '',
    null,
    repeating,
    customers,
    customers,
    null,
    null
from second_purchases

union all

select
    'follow_on_rate',
    '',
    '',
    null,
    sum(has_follow_on),
    count(*),
    count(*),
    null,
    null
from followed

union all

select
    'referral_rate',
    '',
    '',
    null,
    active_referrers,
    active,
    active,
    null,
    null
from advocacy

union all

-- A ratio, not a share: one customer can bring several.
select
    'k_factor',
    '',
    '',
    referred.customers / cast(nullif(advocacy.customers, 0) as double),
    referred.customers,
    advocacy.customers,
    advocacy.customers,
    null,
    null
from advocacy
cross join referred
