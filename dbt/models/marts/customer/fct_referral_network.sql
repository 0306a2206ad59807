with recursive

-- A person who has not bought yet is no customer: a referral of today may turn out one tomorrow.
customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

referrals as (
    select * from {{ ref('int_referrals_prepared') }}
),

-- The first to have referred a customer has the credit.
first_referrals as (
    select
        referrals.referred_customer_id as customer_id,
        referrals.referrer_customer_id,
        referrals.referred_on,
        row_number() over (
            partition by referrals.referred_customer_id
            order by referrals.referred_on asc nulls last, referrals.referrer_customer_id asc
        ) as place
    from referrals
    inner join customers on referrals.referred_customer_id = customers.customer_id
),

edges as (
    select
        customer_id as id,
        referrer_customer_id as target
    from first_referrals
    where place = 1
),

-- By doubling: 2^10 links are enough for any chain of people, and a loop ends.
chains as (
    {{ chain_roots('edges', steps=10) }}
),

sound_edges as (
    select
        edges.id,
        edges.target
    from edges
    inner join chains on edges.id = chains.id
    where not chains.is_cycle
),

-- Everybody under each referrer. Loops are out, and thirty-two levels bound the walk whatever the data hold.
descents as (
    select
        target as ancestor,
        id,
        1 as levels
    from sound_edges
    union all
    select
        descents.ancestor,
        sound_edges.id,
        descents.levels + 1 as levels
    from descents
    inner join sound_edges on descents.id = sound_edges.target
    where descents.levels < 32
),

trees as (
    select
        descents.ancestor as customer_id,
        count(*) as network_customers,
        max(descents.levels) as network_depth,
        sum(customers.revenue_net) as network_revenue_net,
        sum(case when descents.levels = 1 then 1 else 0 end) as referred_customers,
        sum(case when descents.levels = 1 then customers.revenue_net else 0 end) as referred_revenue_net,
        case
            when
                count(case when descents.levels = 1 then 1 end)
                = count(case when descents.levels = 1 then customers.margin_net end)
                then sum(case when descents.levels = 1 then customers.margin_net end)
        end as referred_margin_net
    from descents
    inner join customers on descents.id = customers.customer_id
    group by descents.ancestor
),

given as (
    select
        referrer_customer_id as customer_id,
        count(*) as referrals,
        sum(reward_amount) as reward_amount
    from referrals
    group by referrer_customer_id
),

nodes as (
    select id as customer_id from edges
    union
    select customer_id from given
)

select
    nodes.customer_id,
    first_referrals.referrer_customer_id,
    first_referrals.referred_on,
    case when coalesce(chains.is_cycle, false) then null else coalesce(chains.root, nodes.customer_id) end
        as root_customer_id,
    cast(case when coalesce(chains.is_cycle, false) then null else coalesce(chains.links, 0) end as integer) as depth,
    coalesce(chains.is_cycle, false) as is_cycle,
    customers.customer_id is not null as is_customer,
    cast(coalesce(given.referrals, 0) as integer) as referrals,
    cast(given.reward_amount as {{ money() }}) as reward_amount,
    cast(coalesce(trees.referred_customers, 0) as integer) as referred_customers,
    cast(coalesce(trees.referred_revenue_net, 0) as {{ money() }}) as referred_revenue_net,
    cast(
        case when trees.customer_id is null then 0 else trees.referred_margin_net end as {{ money() }}
    ) as referred_margin_net,
    cast(coalesce(trees.network_customers, 0) as integer) as network_customers,
    cast(coalesce(trees.network_depth, 0) as integer) as network_depth,
    cast(coalesce(trees.network_revenue_net, 0) as {{ money() }}) as network_revenue_net
from nodes
left join first_referrals on nodes.customer_id = first_referrals.customer_id and first_referrals.place = 1
left join chains on nodes.customer_id = chains.id
left join customers on nodes.customer_id = customers.customer_id
left join given on nodes.customer_id = given.customer_id
left join trees on nodes.customer_id = trees.customer_id
