-- Contracts of customers that count, each with the day it ends: its term, or its termination if that comes first.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
)

select
    contracts.contract_id,
    coalesce(resolved_customers.resolved_customer_id, contracts.customer_id) as customer_id,
    resolved_customers.customer_key,
    contracts.signed_on,
    contracts.starts_on,
    contracts.ends_on,
    case when contracts.terminated_on < current_run.cut_on then contracts.terminated_on end as terminated_on,
    -- Null: runs on. `least` skips nulls, which is what an open end needs. A later termination is not known yet.
    least(
        contracts.ends_on,
        case when contracts.terminated_on < current_run.cut_on then contracts.terminated_on end
    ) as live_until_on,
    contracts.annual_value,
    contracts.renewal,
    contracts.assignment_clause,
    contracts.change_of_control_clause,
    contracts.renews_contract_id
from {{ ref('stg_crm__contracts') }} as contracts
cross join current_run
left join resolved_customers on contracts.customer_id = resolved_customers.customer_id
where
    contracts.removed_on is null
    and coalesce(contracts.signed_on, contracts.starts_on) < current_run.cut_on
    and not coalesce(resolved_customers.is_test, false)
