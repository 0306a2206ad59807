{{ config(meta={'dagster': {'ref': {'name': 'fct_customer_census'}}}) }}
-- The census and the customer list are built apart from the same spells. A returned row means they count different
-- books.
with

closing as (
    select
        period_type,
        closing
    from {{ ref('fct_customer_census') }}
    where months_back = 0
),

active as (
    select count(*) as customers
    from {{ ref('dim_customers') }}
    where is_active
)

select
    closing.period_type,
    closing.closing,
    active.customers
from closing
cross join active
where closing.closing != active.customers
