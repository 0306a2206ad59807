with

entries as (
    select * from {{ ref('int_loyalty_entries_prepared') }}
),

-- No extract says which tier is the higher one: the one whose purchases earn more is.
tiers as (
    select
        tier,
        row_number() over (order by avg(cast(points_delta as double)) asc, tier asc) as tier_rank
    from entries
    where reason = 'earn'
    group by tier
),

totals as (
    select
        customer_id,
        min(occurred_on) as joined_on,
        sum(points_delta) as balance,
        sum(case when reason = 'earn' and months_back < 12 then points_delta else 0 end) as earned_12m,
        sum(case when reason = 'redeem' and months_back < 12 then -points_delta else 0 end) as redeemed_12m,
        sum(case when reason = 'expire' and months_back < 12 then -points_delta else 0 end) as expired_12m
    from entries
    group by customer_id
),

-- A purchase says which tier its member has reached; what is redeemed or expires still carries the tier of old.
placed as (
    select
        customer_id,
        months_back,
        tier,
        row_number() over (
            partition by customer_id
            order by months_back asc, occurred_on desc, entry_id desc
        ) as place,
        row_number() over (
            partition by customer_id, case when months_back >= 12 then 1 else 0 end
            order by months_back asc, occurred_on desc, entry_id desc
        ) as place_by_year
    from entries
    where reason = 'earn'
),

current_tiers as (
    select * from placed
    where place = 1
),

prior_tiers as (
    select * from placed
    where place_by_year = 1 and months_back >= 12
),

customers as (
    select * from {{ ref('dim_customers') }}
)

select
    totals.customer_id,
    totals.joined_on,
    coalesce(customers.is_active, false) as is_active,
    current_tiers.tier,
    cast(tiers.tier_rank as integer) as tier_rank,
    prior_tiers.tier as prior_tier,
    cast(older.tier_rank as integer) as prior_tier_rank,
    cast(case
        when tiers.tier_rank > older.tier_rank then 'up'
        when tiers.tier_rank < older.tier_rank then 'down'
        when older.tier_rank is not null then 'same'
    end as varchar) as tier_move,
    cast(totals.earned_12m as {{ money() }}) as earned_12m,
    cast(totals.redeemed_12m as {{ money() }}) as redeemed_12m,
    cast(totals.expired_12m as {{ money() }}) as expired_12m,
    cast(totals.balance as {{ money() }}) as balance
from totals
left join customers on totals.customer_id = customers.customer_id
left join current_tiers on totals.customer_id = current_tiers.customer_id
left join tiers on current_tiers.tier = tiers.tier
left join prior_tiers on totals.customer_id = prior_tiers.customer_id
left join tiers as older on prior_tiers.tier = older.tier
