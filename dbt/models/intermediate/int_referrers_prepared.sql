-- Everybody who could bring a customer as of each date: buyers, since their first order, and whom they brought.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where first_order_on is not null
),

brought as (
    select * from {{ ref('int_referred_customers_prepared') }}
),

-- Without referrals on record nobody is known to have brought anybody, which is not the same as nobody did.
referral_inputs as (
    select count(*) > 0 as is_delivered
    from {{ source('evidence', 'inputs') }}
    where
        delivered
        and non_null_count > 0
        and (
            (entity = 'referrals' and column_name = 'referred_customer_id')
            or (entity = 'customers' and column_name = 'referrer_customer_id')
        )
)

select
    runs.run,
    states.customer_id,
    states.first_order_on,
    cast({{ days_between('states.first_order_on', 'runs.as_of_on') }} as integer) as days_since_first_order,
    max(case when own.customer_id is not null then 1 else 0 end) = 1 as is_referred,
    cast(count(distinct case when brought.first_order_on < runs.cut_on then brought.customer_id end) as integer)
        as brought,
    cast(
        count(distinct case
            when runs.months_shift > 0 and brought.first_order_on >= runs.cut_on then brought.customer_id
        end) as integer
    ) as later_brought
from states
inner join runs on states.run = runs.run
cross join referral_inputs
left join brought on states.customer_id = brought.referrer_customer_id
left join brought as own on states.customer_id = own.customer_id
where referral_inputs.is_delivered
group by
    runs.run,
    states.customer_id,
    states.first_order_on,
    runs.as_of_on
