-- Risk; largest_customer_share comes resampled from int_indicators_bootstrapped, overdue_share from
-- int_indicators_ratios.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

live_contracts as (
    select
        sum(contracts.annual_value) as annual_value,
        sum(
            case
                when contracts.live_until_on < {{ add_months('current_run.cut_on', 12) }} then contracts.annual_value
                else 0
            end
        ) as ending_value,
        count(*) as contracts
    from {{ ref('int_contracts_prepared') }} as contracts
    cross join current_run
    where
        contracts.starts_on < current_run.cut_on
        and (contracts.live_until_on is null or contracts.live_until_on >= current_run.as_of_on)
)

select
    'contract_expiry_12m' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    ending_value / cast(nullif(annual_value, 0) as double) as value,
    cast(ending_value as double) as numerator,
    cast(annual_value as double) as denominator,
    cast(contracts as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from live_contracts
where contracts > 0
