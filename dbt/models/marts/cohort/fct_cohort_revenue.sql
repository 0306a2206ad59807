with

cohort_months as (
    select * from {{ ref('int_cohort_months_aggregated') }}
)

select
    cohort_month,
    months_since,
    is_partial,
    customers,
    orders,
    revenue_net,
    margin_net,
    cast(sum(revenue_net) over so_far as {{ money() }}) as revenue_net_to_date,
    cast(sum(revenue_net) over so_far as double) / customers as revenue_net_to_date_per_customer
from cohort_months
window so_far as (
    partition by cohort_month
    order by months_since
    rows between unbounded preceding and current row
)
