{{ config(meta={'dagster': {'ref': {'name': 'fct_market_exposure'}}}) }}
-- Each kind of market carries the revenue of all customers once, an unknown industry among them. A returned row does
-- not.
with

exposure as (
    select
        kind,
        sum(revenue_net_12m) as revenue,
        sum(revenue_net_prior_12m) as revenue_prior
    from {{ ref('fct_market_exposure') }}
    group by kind
),

book as (
    select
        sum(case when run = 'current' then revenue_net_12m else 0 end) as revenue,
        sum(case when run = 'prior' then revenue_net_12m else 0 end) as revenue_prior
    from {{ ref('int_customer_states_classified') }}
    where is_customer
)

select
    exposure.kind,
    exposure.revenue,
    book.revenue as expected
from exposure
cross join book
where exposure.revenue != book.revenue or exposure.revenue_prior != book.revenue_prior
