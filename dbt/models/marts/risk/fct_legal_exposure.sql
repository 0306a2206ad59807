with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

contracts as (
    select * from {{ ref('int_contract_standings') }}
)

select
    events.event_id,
    coalesce(resolved_customers.resolved_customer_id, events.customer_id) as customer_id,
    events.contract_id,
    coalesce(events.kind, 'unknown') as kind,
    events.opened_on,
    -- What is closed later is open at as-of, and its outcome not known.
    case when events.closed_on < current_run.cut_on then events.closed_on end as closed_on,
    not coalesce(events.closed_on < current_run.cut_on, false) as is_open,
    cast(
        {{ days_between(
            'events.opened_on',
            'case when events.closed_on < current_run.cut_on then events.closed_on else current_run.as_of_on end'
        ) }} as integer
    ) as days_running,
    cast(events.amount as {{ money() }}) as amount,
    case when events.closed_on < current_run.cut_on then events.outcome end as outcome,
    cast(coalesce(customers.revenue_net_12m, 0) as {{ money() }}) as customer_revenue_net_12m,
    cast(contracts.annual_value_in_effect as {{ money() }}) as contract_annual_value
from {{ ref('stg_crm__legal_events') }} as events
cross join current_run
left join resolved_customers on events.customer_id = resolved_customers.customer_id
left join customers on coalesce(resolved_customers.resolved_customer_id, events.customer_id) = customers.customer_id
left join contracts on events.contract_id = contracts.contract_id
where
    events.removed_on is null
    and events.opened_on < current_run.cut_on
    and not coalesce(resolved_customers.is_test, false)
