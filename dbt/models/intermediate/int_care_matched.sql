-- Customers active a year ago, touched by a person in the 180 days before that day or not, and whether they ordered
-- in the year since. Matched on stage of life, spend to date and time since the last order, as they stood then:
-- touched customers are compared with untouched ones of the same kind only. Who is touched is still the company's
-- choice, so what remains is an association. One row per stratum.
with

prior_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'prior'
),

customers as (
    select states.*
    from {{ ref('int_customer_states_classified') }} as states
    where states.run = 'prior' and states.is_active
),

thresholds as (
    select
        {{ quantile('revenue_net', 1 / 3) }} as revenue_33,
        {{ quantile('revenue_net', 2 / 3) }} as revenue_67
    from customers
),

touched as (
    select distinct touches.customer_id
    from {{ ref('int_touches_prepared') }} as touches
    cross join prior_run
    where
        touches.is_human
        and touches.occurred_on < prior_run.cut_on
        and {{ days_between('touches.occurred_on', 'prior_run.as_of_on') }} < 180
),

ordered as (
    select distinct months.customer_id
    from {{ ref('int_customer_months_aggregated') }} as months
    cross join prior_run
    where months.orders > 0 and months.months_back >= 0 and months.months_back < prior_run.months_shift
),

placed as (
    select
        customers.lifecycle_stage,
        case
            when customers.revenue_net <= thresholds.revenue_33 then 'low'
            when customers.revenue_net <= thresholds.revenue_67 then 'middle'
            else 'high'
        end as spend_third,
        case
            when customers.last_order_on is null then 'none'
            when {{ days_between('customers.last_order_on', 'prior_run.as_of_on') }} < 90 then 'quarter'
            when {{ days_between('customers.last_order_on', 'prior_run.as_of_on') }} < 180 then 'half'
            when {{ days_between('customers.last_order_on', 'prior_run.as_of_on') }} < 365 then 'year'
            else 'older'
        end as recency,
        touched.customer_id is not null as is_touched,
        case when ordered.customer_id is not null then 1 else 0 end as has_ordered
    from customers
    cross join prior_run
    cross join thresholds
    left join touched on customers.customer_id = touched.customer_id
    left join ordered on customers.customer_id = ordered.customer_id
)

select
    lifecycle_stage,
    spend_third,
    recency,
    sum(case when is_touched then 1 else 0 end) as touched,
    sum(case when is_touched then has_ordered else 0 end) as touched_ordered,
    sum(case when is_touched then 0 else 1 end) as untouched,
    sum(case when is_touched then 0 else has_ordered end) as untouched_ordered
from placed
group by
    lifecycle_stage,
    spend_third,
    recency
