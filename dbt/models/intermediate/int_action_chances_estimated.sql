-- How often, in the year that ends at as-of, customers of a stage did what an action hopes for or fears: left, came
-- back, bought for the first time, paid a debt long overdue. Base rates of this book; what an action adds is not known.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

stages as (
    select * from {{ ref('int_customer_stages_spelled') }}
),

years as (
    select
        opening.lifecycle_stage as from_stage,
        closing.lifecycle_stage as to_stage,
        count(*) as customers
    from stages as opening
    inner join stages as closing on opening.customer_id = closing.customer_id
    where
        opening.starts_period <= -12
        and (opening.ends_period is null or opening.ends_period >= -12)
        and closing.ends_period is null
    group by
        opening.lifecycle_stage,
        closing.lifecycle_stage
),

invoices as (
    select
        invoices.amount,
        {{ days_between('invoices.due_on', 'invoices.settled_on') }} as days_late
    from {{ ref('stg_crm__invoices') }} as invoices
    cross join current_run
    left join {{ ref('int_customers_resolved') }} as resolved on invoices.customer_id = resolved.customer_id
    where
        invoices.removed_on is null
        and not coalesce(resolved.is_test, false)
        and {{ dbt.dateadd('day', 455, 'invoices.due_on') }} < current_run.cut_on
),

-- Of what was unpaid 90 days after its due date, a year and more ago: the part paid within the year that followed.
collected as (
    select
        sum(case when days_late <= 455 then amount else 0 end) as paid,
        sum(amount) as overdue
    from invoices
    where days_late is null or days_late > 90
)

select
    'leave' as chance_of,
    from_stage as stage,
    sum(case when to_stage in ('lapsing', 'lost') then customers else 0 end) / cast(sum(customers) as double) as chance,
    cast(sum(customers) as integer) as n
from years
where from_stage in ('new', 'active', 'won_back', 'lapsing')
group by from_stage

union all

select
    'return' as chance_of,
    from_stage as stage,
    sum(case when to_stage in ('new', 'active', 'won_back') then customers else 0 end) / cast(sum(customers) as double)
        as chance,
    cast(sum(customers) as integer) as n
from years
where from_stage in ('completed', 'lost')
group by from_stage

union all

select
    'buy' as chance_of,
    from_stage as stage,
    sum(case when to_stage != 'prospect' then customers else 0 end) / cast(sum(customers) as double) as chance,
    cast(sum(customers) as integer) as n
from years
where from_stage = 'prospect'
group by from_stage

union all

select
    'pay' as chance_of,
    'any' as stage,
    cast(paid as double) / nullif(cast(overdue as double), 0) as chance,
    null as n
from collected
where overdue > 0
