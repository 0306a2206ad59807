{{ config(meta={'dagster': {'ref': {'name': 'fct_key_people'}}}) }}
-- Every customer and every unit of revenue hangs on exactly one holder. A returned row is a difference: a customer of
-- two holders, or one whose holder is not in the staff list and was dropped.
with

people as (
    select
        sum(customers) as customers,
        sum(customers_active) as customers_active,
        sum(revenue_net_12m) as revenue
    from {{ ref('fct_key_people') }}
),

book as (
    select
        count(*) as customers,
        sum(case when is_active then 1 else 0 end) as customers_active,
        sum(revenue_net_12m) as revenue
    from {{ ref('dim_customers') }}
    where is_customer
)

select
    book.customers as expected,
    people.customers
from book
cross join people
where
    book.customers != coalesce(people.customers, 0)
    or coalesce(book.customers_active, 0) != coalesce(people.customers_active, 0)
    or coalesce(book.revenue, 0) != coalesce(people.revenue, 0)
