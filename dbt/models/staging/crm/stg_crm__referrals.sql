select
    referral_id,
    referrer_customer_id,
    referred_customer_id,
    referred_lead_id,
    referred_at,
    cast(referred_at as date) as referred_on,
    reward_amount,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'referrals') }}
