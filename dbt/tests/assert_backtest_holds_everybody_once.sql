-- Tenths, cohorts and months are the same forecast and the same year, cut differently: each adds up to the total, in
-- what was expected and in what happened. A returned row is a cut that does not.
with

cuts as (
    select
        kind,
        measure,
        breakdown,
        case when breakdown = 'month' then max(customers) else sum(customers) end as customers,
        sum(expected) as expected,
        sum(actual) as actual
    from {{ ref('fct_backtest') }}
    group by
        kind,
        measure,
        breakdown
),

forecast as (
    select
        case when component = 'referral' then 'referral' else 'residual' end as kind,
        count(distinct customer_id) as customers,
        sum(orders_12m) as orders
    from {{ source('predictions', 'customer_forecasts') }}
    where run = 'backtest'
    group by case when component = 'referral' then 'referral' else 'residual' end
)

select
    cuts.kind,
    cuts.measure,
    cuts.breakdown,
    cuts.expected,
    totals.expected as expected_total,
    cuts.actual,
    totals.actual as actual_total
from cuts
inner join cuts as totals
    on
        cuts.kind = totals.kind
        and cuts.measure = totals.measure
        and totals.breakdown = 'total'
inner join forecast on cuts.kind = forecast.kind
where
    cuts.customers != totals.customers
    or cuts.customers != forecast.customers
    or abs(cuts.expected - totals.expected) > 0.001 + 0.000001 * abs(totals.expected)
    or abs(cuts.actual - totals.actual) > 0.001 + 0.000001 * abs(totals.actual)
    or (cuts.measure = 'orders' and abs(totals.expected - forecast.orders) > 0.001)
