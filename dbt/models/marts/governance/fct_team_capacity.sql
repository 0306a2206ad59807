with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

staff as (
    select
        staff.*,
        {{ days_between('staff.hired_on', 'current_run.as_of_on') }} / 365.25 as tenure_years
    from {{ ref('int_staff_prepared') }} as staff
    cross join current_run
),

accounts as (
    select
        owner_staff_id as staff_id,
        sum(case when is_active then 1 else 0 end) as customers_active
    from {{ ref('dim_customers') }}
    where is_customer and owner_staff_id is not null
    group by owner_staff_id
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

tickets as (
    select
        tickets.assignee_staff_id as staff_id,
        count(*) as tickets
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    left join {{ ref('int_customers_resolved') }} as resolved on tickets.customer_id = resolved.customer_id
    where
        tickets.removed_on is null
        and not coalesce(resolved.is_test, false)
        and tickets.opened_on >= current_run.window_start_on
        and tickets.opened_on < current_run.cut_on
    group by tickets.assignee_staff_id
)

select
    staff.team,
    cast(sum(case when staff.is_there then 1 else 0 end) as integer) as people,
    cast(sum(case when staff.was_there then 1 else 0 end) as integer) as people_year_before,
    cast(sum(case when staff.is_there and not staff.was_there then 1 else 0 end) as integer) as joined_12m,
    cast(sum(case when staff.left_in_window then 1 else 0 end) as integer) as left_12m,
    {{ steady(quantile('case when staff.is_there then staff.tenure_years end', 0.5)) }} as tenure_median_years,
    cast(sum(case when staff.is_there then staff.annual_cost end) as {{ money() }}) as annual_cost,
    cast(sum(case when staff.is_there and staff.incentive_plan is not null then 1 else 0 end) as integer)
        as people_on_incentive,
    cast(sum(case when staff.is_there and staff.has_crm_seat then 1 else 0 end) as integer) as people_with_crm_seat,
    cast(sum(case when staff.is_there then coalesce(taught.hours, 0) else 0 end) as double) as training_hours_12m,
    cast(sum(case when staff.is_there then coalesce(accounts.customers_active, 0) else 0 end) as integer)
        as customers_active,
    cast(sum(case when staff.is_there and accounts.customers_active > 0 then 1 else 0 end) as integer)
        as people_with_accounts,
    cast(sum(coalesce(tickets.tickets, 0)) as integer) as tickets_12m
from staff
left join accounts on staff.staff_id = accounts.staff_id
left join taught on staff.staff_id = taught.staff_id
left join tickets on staff.staff_id = tickets.staff_id
group by staff.team
