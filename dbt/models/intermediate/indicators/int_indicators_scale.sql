-- Scale and growth.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

census as (
    select * from {{ ref('fct_customer_census') }}
    where period_type = 'year'
),

last_year as (
    select * from census
    where months_back = 0
),

leads as (
    select * from {{ ref('int_leads_prepared') }}
),

standing as (
    select
        sum(case when is_customer then 1 else 0 end) as customers_total,
        sum(case when is_active then 1 else 0 end) as customers_active,
        sum(case when lifecycle_stage = 'lost' then 1 else 0 end) as customers_lost,
        sum(order_count_12m) as orders_12m,
        sum(revenue_net_12m) as customer_revenue_12m
    from customers
),

-- Revenue and orders of the window with or without a known customer.
window_events as (
    select
        sum(events.revenue_net) as revenue_net_12m,
        case when count(events.margin_net) = count(*) then sum(events.margin_net) end as margin_net_12m,
        sum(events.orders) as orders_12m,
        count(*) as event_count
    from {{ ref('int_revenue_events_unioned') }} as events
    cross join current_run
    where events.occurred_on >= current_run.window_start_on and events.occurred_on < current_run.cut_on
),

-- Closing against the closing a year before; only years that began with a book.
growth as (
    select
        months_back,
        closing,
        opening,
        closing / cast(nullif(opening, 0) as double) - 1 as growth
    from census
    where opening > 0
),

three_years as (
    select
        max(case when months_back = 0 then closing end) as closing,
        max(case when months_back = 36 then closing end) as opening
    from census
),

stability as (
    select
        1 - stddev_samp(growth) / nullif(abs(avg(growth)), 0) as value,
        count(*) as years
    from growth
    where months_back < 60
),

exits as (
    select 'completed' as breakdown_value
    union all
    select 'churned' as breakdown_value
),

measured as (
    select
        'customers_total' as indicator_code,
        cast(customers_total as double) as value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        customers_total as n
    from standing
    union all
    select
        'customers_active',
        customers_active,
        null,
        null,
        customers_total
    from standing
    union all
    select
        'customers_lost',
        customers_lost,
        null,
        null,
        customers_total
    from standing
    union all
    select
        'customers_potential',
        count(*),
        null,
        null,
        count(*)
    from leads
    where is_open and customer_id is null
    union all
    select
        'customers_new_12m',
        new,
        null,
        null,
        closing
    from last_year
    union all
    select
        'customers_lost_12m',
        lost,
        null,
        null,
        opening
    from last_year
    union all
    select
        'customers_reactivated_12m',
        reactivated,
        null,
        null,
        closing
    from last_year
    union all
    select
        'customer_growth_yoy',
        growth,
        closing,
        opening,
        opening
    from growth
    where months_back = 0
    union all
    select
        'customer_cagr_3y',
        power(closing / cast(nullif(opening, 0) as double), 1 / 3.0) - 1,
        closing,
        opening,
        opening
    from three_years
    union all
    select
        'growth_stability',
        case when years >= 3 then value end,
        null,
        null,
        years
    from stability
    union all
    select
        'revenue_net_12m',
        cast(revenue_net_12m as double),
        null,
        null,
        event_count
    from window_events
    union all
    select
        'margin_net_12m',
        cast(margin_net_12m as double),
        null,
        null,
        event_count
    from window_events
    union all
    select
        'orders_12m',
        orders_12m,
        null,
        null,
        orders_12m
    from window_events
)

select
    indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    value,
    numerator,
    denominator,
    cast(n as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from measured

union all

-- Who left because the work was done, and who was lost: both left the active book.
select
    'customers_lost_12m' as indicator_code,
    'exit' as breakdown,
    exits.breakdown_value,
    case exits.breakdown_value
        when 'completed' then last_year.lost_completed
        else last_year.lost - last_year.lost_completed
    end as value,
    null as numerator,
    null as denominator,
    last_year.opening as n,
    null as ci_low,
    null as ci_high
from last_year
cross join exits
