-- Customers that only an order, a contract or an invoice names, each with a whole-number key above those of records.
with

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

strangers as (
    select customer_id from {{ ref('int_orders_prepared') }}
    where customer_key is null and customer_id is not null
    union
    select customer_id from {{ ref('int_contracts_prepared') }}
    where customer_key is null and customer_id is not null
    union
    select invoices.customer_id
    from {{ ref('stg_crm__invoices') }} as invoices
    left join resolved_customers on invoices.customer_id = resolved_customers.customer_id
    where resolved_customers.customer_id is null and invoices.customer_id is not null
),

records as (
    select count(*) as customers from resolved_customers
)

select
    cast(records.customers + row_number() over (order by strangers.customer_id) as integer) as customer_key,
    strangers.customer_id
from strangers
cross join records
