-- Which customer each delivered customer id stands for, after merges, and whether it is a test account. `customer_key`
-- is that customer as a whole number, which costs far less to group and join by than an id of 22 characters.
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

-- A survivor that was not delivered is stood in for by the least of the records merged into it.
survivors as (
    select
        roots.id,
        roots.is_cycle,
        case
            when delivered.customer_id is not null then roots.root
            else min(roots.id) over (partition by roots.root)
        end as root
    from roots
    left join customers as delivered on roots.root = delivered.customer_id
),

resolved as (
    select
        customers.customer_id,
        coalesce(survivors.root, customers.customer_id) as resolved_customer_id,
        coalesce(not survivors.is_cycle and survivors.root != customers.customer_id, false) as is_merged,
        coalesce(survivors.is_cycle, false) as is_merge_cycle,
        customers.is_test,
        row_number() over (order by customers.customer_id) as own_key
    from customers
    left join survivors on customers.customer_id = survivors.id
),

-- Few records are merged: only what they were merged into is looked up.
standing as (
    select
        customer_id,
        own_key,
        is_test
    from resolved
    where customer_id in (select survivors.root from survivors)
)

select
    resolved.customer_id,
    resolved.resolved_customer_id,
    resolved.is_merged,
    resolved.is_merge_cycle,
    resolved.is_test or coalesce(standing.is_test, false) as is_test,
    cast(coalesce(standing.own_key, resolved.own_key) as integer) as customer_key
from resolved
left join standing on resolved.resolved_customer_id = standing.customer_id
