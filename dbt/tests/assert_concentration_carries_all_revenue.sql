{{ config(meta={'dagster': {'ref': {'name': 'fct_concentration'}}}) }}
-- Every cut by customers or orders has to carry the revenue of its twelve months to the cent: a bucket lost in a join
-- would make the book look more concentrated than it is. A returned row is a cut that does not.
with

concentration as (
    select * from {{ ref('fct_concentration') }}
),

by_customer as (
    select
        run,
        sum(revenue_net_12m) as revenue
    from {{ ref('int_customer_states_classified') }}
    where is_customer
    group by run
),

events as (
    select
        runs.run,
        sum(events.revenue_net) as revenue
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join {{ ref('int_runs_prepared') }} as runs
        on
            events.occurred_on >= runs.window_start_on
            and events.occurred_on < runs.cut_on
    group by runs.run
)

select
    concentration.cut,
    concentration.run,
    concentration.revenue,
    by_customer.revenue as expected
from concentration
inner join by_customer on concentration.run = by_customer.run
where
    concentration.cut in ('customer', 'customer_type', 'region', 'industry', 'source')
    and concentration.revenue != by_customer.revenue

union all

select
    concentration.cut,
    concentration.run,
    concentration.revenue,
    coalesce(events.revenue, 0) as expected
from concentration
left join events on concentration.run = events.run
where
    concentration.cut in ('channel', 'salesperson', 'partner')
    and concentration.revenue != coalesce(events.revenue, 0)

union all

-- A share of a whole, whichever way it is cut.
select
    cut,
    run,
    hhi as revenue,
    1 as expected
from concentration
where
    hhi > 1 + 1e-9
    or hhi < 1.0 / buckets - 1e-9
    or top1_share > top5_share + 1e-9
    or top5_share > top10_share + 1e-9
