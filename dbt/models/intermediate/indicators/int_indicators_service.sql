-- Service and complaints.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

tickets as (
    select tickets.*
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    left join resolved_customers on tickets.customer_id = resolved_customers.customer_id
    where
        tickets.removed_on is null
        and tickets.opened_on < current_run.cut_on
        and not coalesce(resolved_customers.is_test, false)
),

-- With or without a known customer, as the complaints.
placed as (
    select sum(events.orders) as orders
    from {{ ref('int_revenue_events_unioned') }} as events
    cross join current_run
    where events.occurred_on >= current_run.window_start_on and events.occurred_on < current_run.cut_on
),

complaints as (
    select count(*) as complaints
    from tickets
    cross join current_run
    where tickets.kind = 'complaint' and tickets.opened_on >= current_run.window_start_on
),

-- An open ticket past its due time missed it; one not yet due is not judged.
due as (
    select
        count(*) as tickets,
        sum(case when tickets.resolved_at <= tickets.due_at then 1 else 0 end) as in_time
    from tickets
    cross join current_run
    where
        tickets.opened_on >= current_run.window_start_on
        and cast(tickets.due_at as date) < current_run.cut_on
),

unresolved as (
    select count(*) as tickets
    from tickets
    cross join current_run
    where tickets.resolved_on is null or tickets.resolved_on >= current_run.cut_on
),

opened as (
    select count(*) as tickets from tickets
)

select
    'complaints_per_100_orders' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    100.0 * complaints.complaints / nullif(placed.orders, 0) as value,
    cast(complaints.complaints as double) as numerator,
    cast(placed.orders as double) as denominator,
    cast(placed.orders as bigint) as n,
    -- Poisson limits after Byar (Breslow & Day 1987).
    case
        when complaints.complaints > 0
            then
                100.0 * complaints.complaints
                * power(1 - 1 / (9.0 * complaints.complaints) - 1.959964 / (3 * sqrt(complaints.complaints)), 3)
                / nullif(placed.orders, 0)
        else 0
    end as ci_low,
    100.0 * (complaints.complaints + 1)
    * power(1 - 1 / (9.0 * (complaints.complaints + 1)) + 1.959964 / (3 * sqrt(complaints.complaints + 1)), 3)
    / nullif(placed.orders, 0) as ci_high
from complaints
cross join placed

union all

select
    'sla_attainment',
    '',
    '',
    null,
    in_time,
    tickets,
    tickets,
    null,
    null
from due

union all

select
    'backlog',
    '',
    '',
    unresolved.tickets,
    null,
    null,
    opened.tickets,
    null,
    null
from unresolved
cross join opened
