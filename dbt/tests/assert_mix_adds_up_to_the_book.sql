{{ config(meta={'dagster': {'ref': {'name': 'fct_customer_mix'}}}) }}
-- Every way of cutting the book cuts the same book. A returned row is a breakdown that loses or doubles customers or
-- money.
with

book as (
    select
        count(*) as customers,
        coalesce(sum(revenue_net_12m), 0) as revenue
    from {{ ref('dim_customers') }}
    where is_customer
)

select
    mix.breakdown,
    sum(mix.customers) as customers,
    sum(mix.revenue_net_12m) as revenue
from {{ ref('fct_customer_mix') }} as mix
cross join book
group by
    mix.breakdown,
    book.customers,
    book.revenue
having sum(mix.customers) != book.customers or sum(mix.revenue_net_12m) != book.revenue
