-- A key for two customers would merge their purchases, and two keys for one would split them, in every model over all
-- customers; an event whose customer has no key would be dropped from all of them.
with

keys as (
    select * from {{ ref('int_customer_keys') }}
),

events as (
    select
        customer_id,
        customer_key
    from {{ ref('int_revenue_events_unioned') }}
    where customer_id is not null
)

select cast(customer_key as varchar) as broken
from keys
group by customer_key
having count(*) > 1

union all

select customer_id as broken
from keys
group by customer_id
having count(*) > 1

union all

select events.customer_id as broken
from events
left join keys on events.customer_id = keys.customer_id
where keys.customer_key is null or events.customer_key != keys.customer_key
