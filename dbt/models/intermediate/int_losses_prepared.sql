-- Losses the company put on record by as-of, each with the calls to win the customer back: those since, before the next
-- loss. Where nobody wrote a reason it stays empty.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

losses as (
    select
        coalesce(resolved_customers.resolved_customer_id, lost_customers.customer_id) as customer_id,
        lost_customers.lost_on,
        max(lost_customers.reason) as reason,
        max(lost_customers.competitor) as competitor,
        min(case when lost_customers.won_back_on < current_run.cut_on then lost_customers.won_back_on end)
            as won_back_on
    from {{ ref('stg_crm__lost_customers') }} as lost_customers
    cross join current_run
    left join resolved_customers on lost_customers.customer_id = resolved_customers.customer_id
    where
        lost_customers.removed_on is null
        and lost_customers.lost_on < current_run.cut_on
        and not coalesce(resolved_customers.is_test, false)
    group by
        coalesce(resolved_customers.resolved_customer_id, lost_customers.customer_id),
        lost_customers.lost_on
),

numbered as (
    select
        *,
        lead(lost_on) over (partition by customer_id order by lost_on) as lost_again_on
    from losses
),

calls as (
    select
        coalesce(resolved_customers.resolved_customer_id, activities.customer_id) as customer_id,
        activities.occurred_on,
        activities.cost
    from {{ ref('stg_crm__activities') }} as activities
    cross join current_run
    left join resolved_customers on activities.customer_id = resolved_customers.customer_id
    where
        activities.removed_on is null
        and activities.kind = 'win_back'
        and activities.occurred_on < current_run.cut_on
)

select
    numbered.customer_id,
    numbered.lost_on,
    numbered.reason,
    numbered.competitor,
    numbered.won_back_on,
    cast(count(calls.customer_id) as integer) as win_back_calls,
    min(calls.occurred_on) as first_called_on,
    cast(sum(calls.cost) as {{ money() }}) as win_back_cost
from numbered
left join calls
    on
        numbered.customer_id = calls.customer_id
        and numbered.lost_on <= calls.occurred_on
        and coalesce(numbered.lost_again_on > calls.occurred_on, true)
group by
    numbered.customer_id,
    numbered.lost_on,
    numbered.reason,
    numbered.competitor,
    numbered.won_back_on
