-- Risk; largest_customer_share comes resampled from int_indicators_bootstrapped, overdue_share from
-- int_indicators_ratios.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

live_contracts as (
    select
        sum(contracts.annual_value_in_effect) as annual_value,
        sum(
            case
                when contracts.live_until_on < {{ add_months('current_run.cut_on', 12) }}
                    then contracts.annual_value_in_effect
                else 0
            end
        ) as ending_value,
        count(*) as contracts
    from {{ ref('int_contract_standings') }} as contracts
    cross join current_run
),

book as (
    select
        sum(revenue_net_12m) as revenue_net_12m,
        count(*) as customers
    from {{ ref('dim_customers') }}
    where is_customer and revenue_net_12m != 0
),

-- By kind without an interval: every customer in every kind would cost more than it tells.
disputes as (
    select
        kind,
        sum(amount) as amount
    from {{ ref('fct_legal_exposure') }}
    where is_open and amount is not null
    group by kind
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

union all

select
    'dispute_exposure' as indicator_code,
    'kind' as breakdown,
    disputes.kind as breakdown_value,
    cast(disputes.amount as double) / nullif(cast(book.revenue_net_12m as double), 0) as value,
    cast(disputes.amount as double) as numerator,
    cast(book.revenue_net_12m as double) as denominator,
    book.customers as n,
    null as ci_low,
    null as ci_high
from disputes
cross join book
