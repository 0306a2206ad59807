-- What the book will still bring; transferable_revenue comes resampled from int_indicators_ratios.
with

equity as (
    select * from {{ ref('fct_customer_equity') }}
    where breakdown = 'total'
),

referrers as (
    select
        'current' as run,
        'referral' as kind,
        '' as breakdown,
        '' as breakdown_value,
        customer_id,
        1 as weight
    from {{ ref('fct_customer_value') }}
    where referral_status = 'assessed'
),

referrals as (
    {{ forecasts_by_group('referrers') }}
),

demand as (
    select * from {{ ref('fct_demand_forecast') }}
    where period = 'year' and part = 'total'
),

forecast_customers as (
    select count(distinct customer_id) as customers
    from {{ source('predictions', 'customer_forecasts') }}
    where run = 'current' and component != 'referral'
),

-- Active a year ago and not now; a delivered one-purchase customer is completed, not lost.
lost as (
    select
        'backtest' as run,
        'residual' as kind,
        '' as breakdown,
        '' as breakdown_value,
        states_then.customer_id,
        1 as weight
    from {{ ref('int_customer_states_classified') }} as states_then
    inner join {{ ref('int_customer_states_classified') }} as states_now
        on
            states_then.customer_id = states_now.customer_id
            and states_now.run = 'current'
    where
        states_then.run = 'backtest'
        and states_then.is_active
        and not states_now.is_active
        and states_now.lifecycle_stage != 'completed'
),

-- What was expected of them then, and is not coming now.
lost_value as (
    {{ forecasts_by_group('lost') }}
),

acquisition_cost as (
    select sum(spend) / cast(nullif(sum(customers_new), 0) as double) as cac
    from {{ ref('fct_cac_ltv') }}
    where channel = 'all'
),

was_forecast as (
    select count(*) > 0 as is_known
    from {{ source('predictions', 'customer_forecasts') }}
    where run = 'backtest' and component != 'referral' and residual_value is not null
)

select
    'clv_residual_mean' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(residual_value as double) / nullif(customers_assessed, 0) as value,
    cast(residual_value as double) as numerator,
    cast(customers_assessed as double) as denominator,
    cast(customers_assessed as bigint) as n,
    cast(residual_low as double) / nullif(customers_assessed, 0) as ci_low,
    cast(residual_high as double) / nullif(customers_assessed, 0) as ci_high
from equity
where scenario = 'base'

union all

select
    'clv_referral_mean',
    '',
    '',
    residual_value / nullif(customers, 0),
    residual_value,
    customers,
    customers,
    {{ amount_bound('residual_value', 'residual_variance', 'low') }} / nullif(customers, 0),
    {{ amount_bound('residual_value', 'residual_variance', 'high') }} / nullif(customers, 0)
from referrals

union all

select
    'customer_equity',
    case when scenario = 'base' then '' else 'scenario' end,
    case when scenario = 'base' then '' else scenario end,
    cast(residual_value as double),
    null,
    null,
    customers_assessed,
    cast(residual_low as double),
    cast(residual_high as double)
from equity

union all

select
    'demand_forecast_12m',
    '',
    '',
    demand.expected_orders,
    null,
    null,
    forecast_customers.customers,
    demand.expected_low,
    demand.expected_high
from demand
cross join forecast_customers

union all

-- Without a cost of acquiring, or a forecast made then, half of the cost would pass for all of it.
select
    'churn_cost_12m',
    '',
    '',
    lost_value.residual_value + lost_value.customers * acquisition_cost.cac,
    null,
    null,
    lost_value.customers,
    {{ amount_bound('lost_value.residual_value', 'lost_value.residual_variance', 'low') }}
    + lost_value.customers * acquisition_cost.cac,
    {{ amount_bound('lost_value.residual_value', 'lost_value.residual_variance', 'high') }}
    + lost_value.customers * acquisition_cost.cac
from lost_value
cross join acquisition_cost
cross join was_forecast
where was_forecast.is_known
