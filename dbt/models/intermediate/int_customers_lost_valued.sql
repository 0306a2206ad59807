-- Customers lost in the twelve months that end at as-of, and the margin of their last twelve months of buying: lost on
-- record and not won back, or active a year ago and lost now. A completed purchase is no loss unless it is on record.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

states as (
    select * from {{ ref('int_customer_states_classified') }}
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

recorded as (
    select
        coalesce(resolved_customers.resolved_customer_id, losses.customer_id) as customer_id,
        losses.reason,
        row_number() over (
            partition by coalesce(resolved_customers.resolved_customer_id, losses.customer_id)
            order by losses.lost_on desc, losses.reason asc
        ) as place
    from {{ ref('stg_crm__lost_customers') }} as losses
    cross join current_run
    left join resolved_customers on losses.customer_id = resolved_customers.customer_id
    where
        losses.removed_on is null
        and losses.lost_on >= current_run.window_start_on
        and losses.lost_on < current_run.cut_on
        and not coalesce(losses.won_back_on < current_run.cut_on, false)
        and not coalesce(resolved_customers.is_test, false)
),

lost as (
    select
        now.customer_id,
        recorded.reason,
        recorded.customer_id is not null as is_on_record
    from states as now
    left join states as before on now.customer_id = before.customer_id and before.run = 'prior'
    left join recorded on now.customer_id = recorded.customer_id and recorded.place = 1
    where
        now.run = 'current'
        and now.is_customer
        and (
            recorded.customer_id is not null
            or (before.is_active and now.lifecycle_stage = 'lost')
        )
),

last_orders as (
    select
        months.customer_id,
        min(months.months_back) as months_back
    from months
    inner join lost on months.customer_id = lost.customer_id
    where months.orders > 0
    group by months.customer_id
),

last_years as (
    select
        months.customer_id,
        sum(months.revenue_net) as revenue_net,
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net
    from months
    inner join last_orders on months.customer_id = last_orders.customer_id
    where months.months_back < last_orders.months_back + 12
    group by months.customer_id
)

select
    lost.customer_id,
    lost.reason,
    lost.is_on_record,
    cast(coalesce(last_years.revenue_net, 0) as {{ money() }}) as revenue_lost,
    cast(case when last_years.customer_id is null then 0 else last_years.margin_net end as {{ money() }}) as margin_lost
from lost
left join last_years on lost.customer_id = last_years.customer_id
