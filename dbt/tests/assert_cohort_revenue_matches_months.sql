{{ config(meta={'dagster': {'ref': {'name': 'fct_cohort_revenue'}}}) }}
-- Cohorts carry all the money of customers who ever ordered, from their first month on. A returned row is the
-- difference.
with

cohorts as (
    select coalesce(sum(revenue_net), 0) as revenue
    from {{ ref('fct_cohort_revenue') }}
),

first_months as (
    select
        customer_id,
        {{ month_of('min(first_order_on)') }} as cohort_month
    from {{ ref('fct_customer_months') }}
    where orders > 0
    group by customer_id
),

months as (
    select coalesce(sum(months.revenue_net), 0) as revenue
    from {{ ref('fct_customer_months') }} as months
    inner join first_months
        on
            months.customer_id = first_months.customer_id
            and months.month_on >= first_months.cohort_month
)

select
    cohorts.revenue as cohort_revenue,
    months.revenue as month_revenue
from cohorts
cross join months
where cohorts.revenue != months.revenue
