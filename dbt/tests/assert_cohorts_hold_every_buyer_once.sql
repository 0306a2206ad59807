{{ config(meta={'dagster': {'ref': {'name': 'fct_cohort_retention'}}}) }}
-- Each buyer belongs to one cohort and is active in its first month. A returned row is a cohort that starts below its
-- size, or cohorts that do not add up to the buyers.
with

starts as (
    select *
    from {{ ref('fct_cohort_retention') }}
    where months_since = 0
),

buyers as (
    select count(*) as customers
    from {{ ref('dim_customers') }}
    where order_count > 0
)

select
    cohort_month,
    customers,
    active
from starts
where active != customers

union all

select
    cast(null as date) as cohort_month,
    sum(starts.customers) as customers,
    max(buyers.customers) as active
from starts
cross join buyers
having sum(starts.customers) != max(buyers.customers)
