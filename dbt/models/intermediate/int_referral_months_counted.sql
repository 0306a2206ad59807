-- Customers brought by customers, by whole months since the bringer's first order, as of each date: each month that had
-- passed, whether he had brought somebody before, and whether he brought somebody in it. Counted over customers.
with

referrers as (
    select
        run,
        customer_id,
        is_referred,
        first_order_on as starts_on
    from {{ ref('int_referrers_prepared') }}
    where run in ('current', 'backtest')
),

brought as (
    select
        referrer_customer_id as customer_id,
        first_order_on as happened_on
    from {{ ref('int_referred_customers_prepared') }}
),

{{ hazard_months('referrers', 'brought', 'referral_horizon_months') }}
