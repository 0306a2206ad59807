-- Movements of points known by as-of, each with its resolved member and its month counted back from as-of.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
)

select
    entries.entry_id,
    coalesce(resolved_customers.resolved_customer_id, entries.customer_id) as customer_id,
    entries.occurred_on,
    days.months_back,
    entries.points_delta,
    coalesce(entries.tier, 'none') as tier,
    coalesce(entries.reason, 'adjust') as reason
from {{ ref('stg_crm__loyalty_ledger') }} as entries
cross join current_run
inner join {{ ref('int_calendar_days_spined') }} as days on entries.occurred_on = days.day_on
left join resolved_customers on entries.customer_id = resolved_customers.customer_id
where
    entries.removed_on is null
    and entries.occurred_on < current_run.cut_on
    and not coalesce(resolved_customers.is_test, false)
