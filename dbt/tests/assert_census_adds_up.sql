{{ config(meta={'dagster': {'ref': {'name': 'fct_customer_census'}}}) }}
-- The book must move to the unit. A returned row is a period whose flows do not carry opening to closing, or whose
-- opening is not the closing of the period before.
with

census as (
    select * from {{ ref('fct_customer_census') }}
),

chained as (
    select
        *,
        lag(closing, 1, 0) over (partition by period_type order by period_end_on) as closing_before
    from census
)

select *
from chained
where
    opening + new + reactivated - lost != closing
    or opening != closing_before
