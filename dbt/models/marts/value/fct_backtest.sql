with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

backtest_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'backtest'
),

forecasts as (
    select
        customer_id,
        component,
        case when component = 'referral' then 'referral' else 'residual' end as kind,
        orders_12m,
        margin_12m
    from {{ source('predictions', 'customer_forecasts') }}
    where run = 'backtest'
),

predicted as (
    select
        kind,
        customer_id,
        sum(orders_12m) as orders_12m,
        count(margin_12m) = count(*) as has_margin
    from forecasts
    group by
        kind,
        customer_id
),

states as (
    select
        customer_id,
        first_order_on
    from {{ ref('int_customer_states_classified') }}
    where run = 'backtest'
),

-- Tenths by what was expected: a model that sees only the average shows here.
ranked as (
    select
        predicted.*,
        coalesce(cast(extract(year from states.first_order_on) as varchar), 'contract only') as cohort,
        ntile(10) over (partition by predicted.kind order by predicted.orders_12m, predicted.customer_id) as decile
    from predicted
    left join states on predicted.customer_id = states.customer_id
),

cuts as (
    select 'total' as breakdown
    union all
    select 'decile' as breakdown
    union all
    select 'cohort' as breakdown
),

members as (
    select
        'backtest' as run,
        ranked.kind,
        cuts.breakdown,
        case cuts.breakdown
            when 'decile' then case when ranked.decile < 10 then '0' else '' end || cast(ranked.decile as varchar)
            when 'cohort' then ranked.cohort
            else ''
        end as breakdown_value,
        ranked.customer_id,
        1 as weight
    from ranked
    cross join cuts
),

expected as (
    {{ forecasts_by_group('members') }}
),

outcomes as (
    select
        outcomes.customer_id,
        case when outcomes.component = 'referral' then 'referral' else 'residual' end as kind,
        outcomes.months_ahead,
        outcomes.orders,
        outcomes.margin_net
    from {{ ref('int_value_outcomes_counted') }} as outcomes
    -- Parts without a forecast are not held against the ones that have one.
    inner join forecasts
        on
            outcomes.customer_id = forecasts.customer_id
            and outcomes.component = forecasts.component
),

actual as (
    select
        members.kind,
        members.breakdown,
        members.breakdown_value,
        coalesce(sum(outcomes.orders), 0) as orders,
        case
            when count(outcomes.margin_net) = count(outcomes.customer_id) then coalesce(sum(outcomes.margin_net), 0)
        end as margin_net
    from members
    left join outcomes
        on
            members.customer_id = outcomes.customer_id
            and members.kind = outcomes.kind
    group by
        members.kind,
        members.breakdown,
        members.breakdown_value
),

-- The tenths and cohorts of those whose margin is known; without any, money is not compared.
has_margin as (
    select
        kind,
        min(case when has_margin then 1 else 0 end) = 1 as is_known
    from predicted
    group by kind
),

by_customers as (
    select
        expected.kind,
        expected.breakdown,
        expected.breakdown_value,
        expected.customers,
        expected.orders_12m,
        expected.orders_variance,
        case when has_margin.is_known then expected.margin_12m end as margin_12m,
        case when has_margin.is_known then expected.margin_variance end as margin_variance,
        actual.orders as orders_actual,
        case when has_margin.is_known then actual.margin_net end as margin_actual
    from expected
    inner join actual
        on
            expected.kind = actual.kind
            and expected.breakdown = actual.breakdown
            and expected.breakdown_value = actual.breakdown_value
    inner join has_margin on expected.kind = has_margin.kind
),

months as (
    select
        case when component = 'referral' then 'referral' else 'residual' end as kind,
        months_ahead,
        sum(orders) as orders,
        sum(variance) as variance
    from {{ ref('int_monthly_orders_seasoned') }}
    where run = 'backtest'
    group by
        case when component = 'referral' then 'referral' else 'residual' end,
        months_ahead
),

months_actual as (
    select
        kind,
        months_ahead,
        sum(orders) as orders
    from outcomes
    group by
        kind,
        months_ahead
),

measured as (
    select
        kind,
        breakdown,
        breakdown_value,
        'orders' as measure,
        customers,
        orders_12m as expected,
        orders_variance as variance,
        cast(orders_actual as double) as actual
    from by_customers

    union all

    select
        kind,
        breakdown,
        breakdown_value,
        'margin' as measure,
        customers,
        margin_12m as expected,
        margin_variance as variance,
        cast(margin_actual as double) as actual
    from by_customers
    where margin_12m is not null and kind = 'residual'

    union all

    select
        months.kind,
        'month' as breakdown,
        case when months.months_ahead < 10 then '0' else '' end || cast(months.months_ahead as varchar)
            as breakdown_value,
        'orders' as measure,
        totals.customers,
        months.orders as expected,
        months.variance,
        cast(coalesce(months_actual.orders, 0) as double) as actual
    from months
    inner join by_customers as totals on months.kind = totals.kind and totals.breakdown = 'total'
    left join months_actual
        on
            months.kind = months_actual.kind
            and months.months_ahead = months_actual.months_ahead
),

bounded as (
    select
        measured.*,
        {{ amount_bound('measured.expected', 'measured.variance', 'low') }} as low,
        {{ amount_bound('measured.expected', 'measured.variance', 'high') }} as high
    from measured
)

select
    bounded.kind,
    bounded.breakdown,
    bounded.breakdown_value,
    bounded.measure,
    backtest_run.as_of_on as forecast_made_on,
    current_run.as_of_on as compared_on,
    cast(bounded.customers as integer) as customers,
    {{ steady('bounded.expected') }} as expected,
    {{ steady('bounded.low') }} as expected_low,
    {{ steady('bounded.high') }} as expected_high,
    {{ steady('bounded.actual') }} as actual,
    {{ steady('(bounded.expected - bounded.actual)') }} as error,
    {{ steady('((bounded.expected - bounded.actual) / nullif(bounded.actual, 0))') }} as error_share,
    bounded.actual >= bounded.low and bounded.actual <= bounded.high as is_covered
from bounded
cross join backtest_run
cross join current_run
