-- A whole number for every customer the deliveries name, after merges: the models over all customers and months group,
-- join and sort by it, and come back to the id only where they are published.
{{ config(materialized='view') }}

select
    customer_key,
    customer_id,
    false as is_stranger
from {{ ref('int_customers_resolved') }}
where customer_id = resolved_customer_id

union all

select
    customer_key,
    customer_id,
    true as is_stranger
from {{ ref('int_customer_strangers_keyed') }}
