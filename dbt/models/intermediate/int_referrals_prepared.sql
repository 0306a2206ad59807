-- Who referred whom, after merges: from the referral extract and from the customers' own record. Nobody refers
-- himself, and test accounts neither refer nor are referred.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

delivered as (
    select
        coalesce(givers.resolved_customer_id, referrals.referrer_customer_id) as referrer_customer_id,
        coalesce(takers.resolved_customer_id, referrals.referred_customer_id) as referred_customer_id,
        referrals.referred_on,
        referrals.reward_amount
    from {{ ref('stg_crm__referrals') }} as referrals
    cross join current_run
    left join resolved_customers as givers on referrals.referrer_customer_id = givers.customer_id
    left join resolved_customers as takers on referrals.referred_customer_id = takers.customer_id
    where
        referrals.removed_on is null
        and referrals.referred_on < current_run.cut_on
        and not coalesce(givers.is_test, false)
        and not coalesce(takers.is_test, false)
        and coalesce(takers.resolved_customer_id, referrals.referred_customer_id, '')
        != coalesce(givers.resolved_customer_id, referrals.referrer_customer_id)
),

recorded as (
    select
        customers.referrer_customer_id,
        customers.customer_id as referred_customer_id,
        coalesce(customers.acquired_on, customers.created_on) as referred_on,
        cast(null as {{ money() }}) as reward_amount
    from customers
    cross join current_run
    left join delivered on customers.customer_id = delivered.referred_customer_id
    left join resolved_customers as givers on customers.referrer_customer_id = givers.customer_id
    where
        customers.referrer_customer_id != customers.customer_id
        and delivered.referred_customer_id is null
        and coalesce(coalesce(customers.acquired_on, customers.created_on) < current_run.cut_on, true)
        and not coalesce(givers.is_test, false)
)

select * from delivered
union all
select * from recorded
