with

judged as (
    select
        *,
        reason is null as is_assessed,
        referral_reason is null as is_referral_assessed
    from {{ ref('int_customer_values_judged') }}
)

select
    customer_id,
    case when is_assessed then model end as model,
    cast(margin_historic as {{ money() }}) as margin_historic,
    case when is_assessed then {{ steady('p_alive') }} end as p_alive,
    case when is_assessed then {{ steady('orders_12m') }} end as expected_orders_12m,
    case when is_assessed then cast(margin_per_order as {{ money() }}) end as margin_per_order,
    case
        when is_assessed then cast({{ amount_bound('residual_value', 'residual_variance', 'low') }} as {{ money() }})
    end as residual_low,
    case when is_assessed then cast(residual_value as {{ money() }}) end as residual_value,
    case
        when is_assessed then cast({{ amount_bound('residual_value', 'residual_variance', 'high') }} as {{ money() }})
    end as residual_high,
    case when is_referral_assessed then {{ steady('referrals_12m') }} end as expected_referrals_12m,
    case
        when is_referral_assessed
            then cast({{ amount_bound('referral_value', 'referral_variance', 'low') }} as {{ money() }})
    end as referral_low,
    case when is_referral_assessed then cast(referral_value as {{ money() }}) end as referral_value,
    case
        when is_referral_assessed
            then cast({{ amount_bound('referral_value', 'referral_variance', 'high') }} as {{ money() }})
    end as referral_high,
    case when is_assessed then 'assessed' else 'not_assessed' end as status,
    reason,
    case when is_referral_assessed then 'assessed' else 'not_assessed' end as referral_status,
    referral_reason
from judged
