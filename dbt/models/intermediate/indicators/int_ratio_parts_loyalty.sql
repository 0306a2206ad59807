-- Loyalty: what each member or referred customer adds to the two sides of a quotient of sums.
with

members as (
    select * from {{ ref('fct_loyalty_members') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

rewarded as (
    select
        referred_customer_id as customer_id,
        sum(reward_amount) as reward_amount
    from {{ ref('int_referrals_prepared') }}
    where reward_amount > 0 and referred_customer_id is not null
    group by referred_customer_id
)

select
    'points_redemption_rate' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(redeemed_12m as {{ money() }}) as numerator,
    cast(earned_12m as {{ money() }}) as denominator
from members
where earned_12m != 0 or redeemed_12m != 0

union all

select
    'tier_migration',
    '',
    '',
    customer_id,
    case tier_move when 'up' then 1 when 'down' then -1 else 0 end,
    1
from members
where tier_move is not null

union all

select
    'tier_migration',
    'prior_tier',
    prior_tier,
    customer_id,
    case tier_move when 'up' then 1 when 'down' then -1 else 0 end,
    1
from members
where tier_move is not null

union all

-- A reward paid for somebody who has not bought has brought nothing yet; an unknown margin is not nothing.
select
    'referral_reward_roi',
    '',
    '',
    rewarded.customer_id,
    case when customers.customer_id is null then 0 else customers.margin_net end,
    rewarded.reward_amount
from rewarded
left join customers on rewarded.customer_id = customers.customer_id
