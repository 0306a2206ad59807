-- Customers whom a customer brought: who, by whom, since when they buy, and what their first year earned (known only
-- once it is over).
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

pairs as (
    select
        referred_customer_id as customer_id,
        min(referrer_customer_id) as referrer_customer_id
    from {{ ref('int_referrals_prepared') }}
    where referred_customer_id is not null and referrer_customer_id is not null
    group by referred_customer_id
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

firsts as (
    select
        customer_id,
        min(first_order_on) as first_order_on,
        max(case when orders > 0 then months_back end) as first_months_back
    from months
    where orders > 0
    group by customer_id
)

select
    pairs.customer_id,
    pairs.referrer_customer_id,
    firsts.first_order_on,
    firsts.first_months_back >= 12 as is_first_year_over,
    cast(
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as {{ money() }}
    ) as first_year_margin_net
from pairs
inner join firsts on pairs.customer_id = firsts.customer_id
inner join months
    on
        pairs.customer_id = months.customer_id
        and months.months_back between firsts.first_months_back - 11 and firsts.first_months_back
cross join current_run
where firsts.first_order_on < current_run.cut_on
group by
    pairs.customer_id,
    pairs.referrer_customer_id,
    firsts.first_order_on,
    firsts.first_months_back
