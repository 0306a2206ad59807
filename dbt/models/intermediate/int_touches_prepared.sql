-- Touches known by as-of, each with its resolved customer and whether a person or a system made it.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
)

select
    activities.activity_id,
    coalesce(resolved_customers.resolved_customer_id, activities.customer_id) as customer_id,
    activities.staff_id,
    activities.kind,
    activities.channel,
    -- Where nobody says, a touch with a member of staff is a person's.
    coalesce(not activities.is_automated, activities.staff_id is not null) as is_human,
    activities.occurred_on,
    {{ days_between('activities.occurred_on', 'current_run.as_of_on') }} as days_ago,
    activities.occurred_on >= current_run.window_start_on as is_in_window,
    activities.minutes,
    activities.cost
from {{ ref('stg_crm__activities') }} as activities
cross join current_run
left join resolved_customers on activities.customer_id = resolved_customers.customer_id
where
    activities.removed_on is null
    and activities.occurred_on < current_run.cut_on
    and not coalesce(resolved_customers.is_test, false)
