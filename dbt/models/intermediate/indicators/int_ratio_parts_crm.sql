-- CRM system and team: what each person or customer adds to the two sides of a mean.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

staff as (
    select * from {{ ref('int_staff_prepared') }}
    where is_there
),

taught as (
    select
        training.staff_id,
        sum(coalesce(training.hours, 0)) as hours
    from {{ ref('stg_crm__training') }} as training
    cross join current_run
    where
        training.removed_on is null
        and training.completed_on >= current_run.window_start_on
        and training.completed_on < current_run.cut_on
    group by training.staff_id
),

accounts as (
    select
        owner_staff_id,
        sum(case when is_active then 1 else 0 end) as customers_active
    from {{ ref('dim_customers') }}
    where is_customer and owner_staff_id is not null
    group by owner_staff_id
),

-- An entry before its sale is a wrong date, which data quality counts; here it would hide slow entries.
entries as (
    select
        prepared.customer_id,
        {{ days_between('orders.ordered_on', 'cast(orders.booked_at as date)') }} as lag_days
    from {{ ref('stg_crm__orders') }} as orders
    cross join current_run
    inner join {{ ref('int_orders_prepared') }} as prepared on orders.order_id = prepared.order_id
    where
        orders.removed_on is null
        and orders.booked_at is not null
        and orders.ordered_on >= current_run.window_start_on
        and orders.ordered_on < current_run.cut_on
)

select
    'training_hours' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    staff.staff_id as unit_id,
    cast(coalesce(taught.hours, 0) as {{ money() }}) as numerator,
    cast(1 as {{ money() }}) as denominator
from staff
left join taught on staff.staff_id = taught.staff_id

union all

select
    'accounts_per_head' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    staff.staff_id as unit_id,
    cast(accounts.customers_active as {{ money() }}) as numerator,
    cast(1 as {{ money() }}) as denominator
from staff
inner join accounts on staff.staff_id = accounts.owner_staff_id
where accounts.customers_active > 0

union all

select
    'entry_lag' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    coalesce(customer_id, 'unknown') as unit_id,
    cast(sum(lag_days) as {{ money() }}) as numerator,
    cast(count(*) as {{ money() }}) as denominator
from entries
where lag_days >= 0
group by coalesce(customer_id, 'unknown')
