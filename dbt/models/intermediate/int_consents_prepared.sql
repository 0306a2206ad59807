-- Each customer's standing on each purpose at as-of: whether a consent is in force, and whether one was withdrawn. A
-- later grant or withdrawal is not known yet; after a merge any live consent of the person counts.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
)

select
    coalesce(resolved_customers.resolved_customer_id, consents.customer_id) as customer_id,
    coalesce(consents.purpose, 'unknown') as purpose,
    max(case when coalesce(consents.withdrawn_on < current_run.cut_on, false) then 0 else 1 end) = 1 as is_live,
    max(case when coalesce(consents.withdrawn_on < current_run.cut_on, false) then 1 else 0 end) = 1 as is_withdrawn,
    min(consents.granted_on) as granted_on
from {{ ref('stg_crm__consents') }} as consents
cross join current_run
left join resolved_customers on consents.customer_id = resolved_customers.customer_id
where
    consents.removed_on is null
    and consents.granted_on < current_run.cut_on
    and not coalesce(resolved_customers.is_test, false)
group by
    coalesce(resolved_customers.resolved_customer_id, consents.customer_id),
    coalesce(consents.purpose, 'unknown')
