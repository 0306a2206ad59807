-- The months of a part add up to its year, and the parts to the total. A returned row is a part that does not add up.
with

sums as (
    select
        part,
        sum(case when period = 'month' then expected_orders end) as months,
        sum(case when period = 'year' then expected_orders end) as years
    from {{ ref('fct_demand_forecast') }}
    group by part
),

parts as (
    select sum(years) as years
    from sums
    where part != 'total'
),

predicted as (
    select sum(orders_12m) as orders
    from {{ source('predictions', 'customer_forecasts') }}
    where run = 'current' and component != 'referral'
)

select
    sums.part,
    sums.months,
    sums.years
from sums
cross join parts
cross join predicted
where
    abs(sums.months - sums.years) > 0.001 + 0.000001 * sums.years
    or (sums.part = 'total' and abs(sums.years - parts.years) > 0.001)
    or (sums.part = 'existing_customers' and abs(sums.years - predicted.orders) > 0.001)
