-- Customers by the calendar month of their first order, followed month by month, months without an order included.
with

months as (
    select * from {{ ref('int_customer_months_keyed') }}
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

cohorts as (
    select
        customer_key,
        {{ month_of('first_order_on') }} as cohort_month
    from {{ ref('int_customer_totals_keyed') }}
    where first_order_on is not null
),

sizes as (
    select
        cohort_month,
        count(*) as customers
    from cohorts
    group by cohort_month
),

-- Where as-of cuts calendar months in two, somebody may have ordered in both halves: one customer, not two.
split_months as (
    select
        months.customer_key,
        months.month_on
    from months
    inner join current_run on current_run.cut_on != {{ month_of('current_run.cut_on') }}
    where months.orders > 0
    group by
        months.customer_key,
        months.month_on
    having count(*) > 1
),

counted_twice as (
    select
        cohorts.cohort_month,
        split_months.month_on,
        count(*) as customers
    from split_months
    inner join cohorts on split_months.customer_key = cohorts.customer_key
    group by
        cohorts.cohort_month,
        split_months.month_on
),

activity as (
    select
        cohorts.cohort_month,
        months.month_on,
        sum(case when months.orders > 0 then 1 else 0 end) as active_rows,
        sum(months.orders) as orders,
        sum(months.revenue_net) as revenue_net,
        -- One unknown margin makes the sum unknown.
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net
    from months
    inner join cohorts on months.customer_key = cohorts.customer_key
    group by
        cohorts.cohort_month,
        months.month_on
),

numbers as (
    {{ number_rows(1800) }}
),

-- Every month a cohort could be seen in. Returns can precede a first order: they stay in the census, not here.
grid as (
    select
        sizes.cohort_month,
        sizes.customers,
        numbers.n - 1 as months_since,
        {{ add_months('sizes.cohort_month', 'numbers.n - 1') }} as month_on,
        {{ add_months('sizes.cohort_month', 'numbers.n') }} > current_run.cut_on as is_partial
    from sizes
    cross join current_run
    inner join numbers on {{ add_months('sizes.cohort_month', 'numbers.n - 1') }} < current_run.cut_on
)

select
    grid.cohort_month,
    cast(grid.months_since as integer) as months_since,
    grid.is_partial,
    cast(grid.customers as integer) as customers,
    cast(coalesce(activity.active_rows, 0) - coalesce(counted_twice.customers, 0) as integer) as active,
    cast(coalesce(activity.orders, 0) as integer) as orders,
    cast(coalesce(activity.revenue_net, 0) as {{ money() }}) as revenue_net,
    cast(activity.margin_net as {{ money() }}) as margin_net
from grid
left join activity
    on
        grid.cohort_month = activity.cohort_month
        and grid.month_on = activity.month_on
left join counted_twice
    on
        grid.cohort_month = counted_twice.cohort_month
        and grid.month_on = counted_twice.month_on
