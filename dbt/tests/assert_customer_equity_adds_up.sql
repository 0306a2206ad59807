-- Equity is the sum of assessed residual values, whichever way the book is cut, and lies inside its interval. A
-- returned row is a cut that does not add up.
with

valued as (
    select
        count(*) as customers,
        sum(case when status = 'assessed' then residual_value end) as residual_value
    from {{ ref('fct_customer_value') }}
),

cuts as (
    select
        breakdown,
        scenario,
        sum(customers) as customers,
        sum(residual_value) as residual_value,
        count(case when residual_value < residual_low or residual_value > residual_high then 1 end) as outside
    from {{ ref('fct_customer_equity') }}
    group by
        breakdown,
        scenario
),

totals as (
    select
        scenario,
        residual_value
    from cuts
    where breakdown = 'total'
)

select
    cuts.breakdown,
    cuts.scenario,
    cuts.residual_value,
    totals.residual_value as total_value,
    valued.residual_value as customers_value
from cuts
inner join totals on cuts.scenario = totals.scenario
cross join valued
where
    cuts.outside > 0
    or cuts.customers != valued.customers
    or abs(coalesce(cuts.residual_value, 0) - coalesce(totals.residual_value, 0)) > 1
    or (
        cuts.scenario = 'base'
        and abs(coalesce(cuts.residual_value, 0) - coalesce(valued.residual_value, 0))
        > 1 + 0.000001 * abs(coalesce(valued.residual_value, 0))
    )
