-- What like peers buy and a customer never did. Peers are active customers of one type and value tier, ten at least; a
-- category is theirs if a tenth of them bought it. What it may bring is what it brought per peer in the last twelve
-- months, buyers and others alike: a customer who takes it up is taken for an average peer, not for a buyer.
with

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'current' and is_active
),

segments as (
    select * from {{ ref('int_customers_segmented') }}
    where run = 'current'
),

customers as (
    select
        states.customer_id,
        coalesce(customers.customer_type, 'unknown') || ' ' || segments.value_tier as peer_group
    from states
    inner join segments on states.customer_id = segments.customer_id
    inner join {{ ref('int_customers_unioned') }} as customers on states.customer_id = customers.customer_id
),

bought as (
    select
        customers.peer_group,
        categories.*
    from {{ ref('int_customer_categories_aggregated') }} as categories
    inner join customers on categories.customer_id = customers.customer_id
),

groups as (
    select
        peer_group,
        count(*) as peers
    from customers
    group by peer_group
),

offers as (
    select
        bought.peer_group,
        bought.category,
        groups.peers,
        count(*) as buyers,
        count(case when bought.last_months_back < 12 then 1 end) as buyers_12m,
        sum(bought.revenue_net_12m) as revenue_net_12m,
        case when count(bought.margin_net_12m) = count(*) then sum(bought.margin_net_12m) end as margin_net_12m
    from bought
    inner join groups on bought.peer_group = groups.peer_group
    group by
        bought.peer_group,
        bought.category,
        groups.peers
    having groups.peers >= 10 and count(*) >= 0.1 * groups.peers
)

select
    customers.customer_id,
    customers.peer_group,
    offers.category,
    cast(offers.peers as integer) as peers,
    cast(offers.buyers as integer) as buyers,
    cast(offers.buyers_12m as integer) as buyers_12m,
    offers.buyers / cast(offers.peers as double) as penetration,
    cast(offers.revenue_net_12m / cast(offers.peers as double) as {{ money() }}) as expected_revenue,
    cast(offers.margin_net_12m / cast(offers.peers as double) as {{ money() }}) as expected_margin,
    cast(offers.margin_net_12m / nullif(cast(offers.buyers_12m as double), 0) as {{ money() }}) as buyer_margin
from customers
inner join offers on customers.peer_group = offers.peer_group
left join bought
    on
        customers.customer_id = bought.customer_id
        and offers.category = bought.category
where bought.customer_id is null and offers.revenue_net_12m > 0
