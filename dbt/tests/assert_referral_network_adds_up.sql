{{ config(meta={'dagster': {'ref': {'name': 'fct_referral_network'}}}) }}
-- Every referred customer hangs below one referrer, a level deeper, and each tree holds what its branches hold. A
-- returned row is a node where that does not hold, or a referred customer who is not in the network.
with

network as (
    select * from {{ ref('fct_referral_network') }}
),

branches as (
    select
        referrer_customer_id as customer_id,
        count(*) as referred_customers,
        sum(network_customers + 1) as network_customers
    from network
    where referrer_customer_id is not null and not is_cycle
    group by referrer_customer_id
)

select
    network.customer_id,
    'not a level below its referrer' as fault
from network
inner join network as referrers on network.referrer_customer_id = referrers.customer_id
where not network.is_cycle and network.depth != referrers.depth + 1

union all

select
    network.customer_id,
    'does not hold its branches' as fault
from network
left join branches on network.customer_id = branches.customer_id
where
    network.referred_customers != coalesce(branches.referred_customers, 0)
    or network.network_customers != coalesce(branches.network_customers, 0)

union all

select
    customers.customer_id,
    'referred and not in the network' as fault
from {{ ref('dim_customers') }} as customers
inner join {{ ref('int_referrals_prepared') }} as referrals on customers.customer_id = referrals.referred_customer_id
left join network on customers.customer_id = network.customer_id
where customers.is_customer and network.referrer_customer_id is null
