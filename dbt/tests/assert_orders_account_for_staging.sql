{{ config(meta={'dagster': {'ref': {'name': 'fct_orders'}}}) }}
-- No order may vanish or double between staging and the mart: delivered orders are in it, or removed, test or after
-- as-of. Skipped where orders were derived from their lines. A returned row is the difference.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

test_customers as (
    select customer_id
    from {{ ref('int_customers_resolved') }}
    where is_test
),

expected as (
    select count(*) as orders
    from {{ ref('stg_crm__orders') }} as orders
    cross join current_run
    left join test_customers on orders.customer_id = test_customers.customer_id
    where
        orders.removed_on is null
        and not orders.is_test
        and test_customers.customer_id is null
        and orders.ordered_on < current_run.cut_on
),

found as (
    select count(*) as orders
    from {{ ref('fct_orders') }}
    where record_source = 'orders'
)

select
    expected.orders as expected_orders,
    found.orders as found_orders
from expected
cross join found
where expected.orders != found.orders
