-- What was done for each customer in the twelve months that end at as-of: touches by people, tickets, and what both
-- cost. Time is priced at the pay of whoever spent it over 2,088 paid hours a year (21.75 paid days a month of eight
-- hours); somebody without a known cost at the mean.
{% set paid_minutes = 2088 * 60 %}
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

staff as (
    select
        staff_id,
        annual_cost / {{ paid_minutes }} as minute_cost,
        avg(annual_cost) over () / {{ paid_minutes }} as mean_minute_cost
    from {{ ref('stg_crm__staff') }}
    where removed_on is null
),

mean_cost as (
    select max(mean_minute_cost) as minute_cost
    from staff
),

events as (
    select
        customer_id,
        staff_id,
        occurred_on,
        case when coalesce(is_automated, false) then 0 else 1 end as touches,
        0 as tickets,
        minutes,
        cost
    from {{ ref('stg_crm__activities') }}
    where removed_on is null

    union all

    select
        tickets.customer_id,
        tickets.assignee_staff_id as staff_id,
        tickets.opened_on as occurred_on,
        0 as touches,
        1 as tickets,
        -- The time a ticket took is known when it is resolved.
        case when tickets.resolved_on >= current_run.cut_on then null else tickets.handling_minutes end as minutes,
        null as cost
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    where tickets.removed_on is null
),

priced as (
    select
        coalesce(resolved_customers.resolved_customer_id, events.customer_id) as customer_id,
        events.occurred_on,
        events.touches,
        events.tickets,
        coalesce(events.cost, 0) + case
            when coalesce(events.minutes, 0) = 0 then 0
            else events.minutes * coalesce(staff.minute_cost, mean_cost.minute_cost)
        end as care_cost
    from events
    cross join current_run
    cross join mean_cost
    left join staff on events.staff_id = staff.staff_id
    left join resolved_customers on events.customer_id = resolved_customers.customer_id
    where
        events.customer_id is not null
        and events.occurred_on >= current_run.window_start_on
        and events.occurred_on < current_run.cut_on
        and not coalesce(resolved_customers.is_test, false)
)

select
    customer_id,
    cast(sum(touches) as integer) as touches_12m,
    max(case when touches > 0 then occurred_on end) as last_touch_on,
    cast(sum(tickets) as integer) as tickets_12m,
    -- Time that nobody can price makes the sum unknown: it was not free.
    cast(case when count(care_cost) = count(*) then sum(care_cost) end as {{ money() }}) as care_cost_12m
from priced
group by customer_id
