-- Which customer each delivered customer id stands for, after merges, and whether it is a test account.
with

customers as (
    select * from {{ ref('stg_crm__customers') }}
),

merge_links as (
    select
        customer_id as id,
        merged_into_customer_id as target
    from customers
    where
        merged_into_customer_id is not null
        and merged_into_customer_id != customer_id
),

roots as (
    {{ chain_roots('merge_links') }}
),

resolved as (
    select
        customers.customer_id,
        coalesce(roots.root, customers.customer_id) as resolved_customer_id,
        coalesce(not roots.is_cycle, false) as is_merged,
        coalesce(roots.is_cycle, false) as is_merge_cycle,
        customers.is_test
    from customers
    left join roots on customers.customer_id = roots.id
)

select
    resolved.customer_id,
    resolved.resolved_customer_id,
    resolved.is_merged,
    resolved.is_merge_cycle,
    resolved.is_test or coalesce(survivors.is_test, false) as is_test
from resolved
left join customers as survivors on resolved.resolved_customer_id = survivors.customer_id
