-- Market and trend: what each customer or lead adds to the two sides of a quotient.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
),

states as (
    select
        customer_id,
        sum(case when run = 'current' then revenue_net_12m else 0 end) as revenue,
        sum(case when run = 'prior' then revenue_net_12m else 0 end) as revenue_prior,
        sum(case when run = 'current' then order_count_12m else 0 end) as orders,
        sum(case when run = 'prior' then order_count_12m else 0 end) as orders_prior
    from {{ ref('int_customer_states_classified') }}
    where run in ('current', 'prior') and is_customer
    group by customer_id
),

growth as (
    select * from {{ ref('int_market_growth_selected') }}
),

own_market as (
    select growth_rate from growth
    where is_own_market
),

by_industry as (
    select
        states.customer_id,
        states.revenue,
        growth.growth_rate
    from states
    inner join {{ ref('int_customers_unioned') }} as customers on states.customer_id = customers.customer_id
    inner join growth on growth.kind = 'customer industry' and customers.industry = growth.industry
),

-- Where no customer has an industry that is known, all of them are in the company's own market.
matched as (
    select count(*) as customers from by_industry
),

weighed as (
    select
        customer_id,
        revenue,
        growth_rate
    from by_industry
    union all
    select
        states.customer_id,
        states.revenue,
        own_market.growth_rate
    from states
    cross join own_market
    cross join matched
    where matched.customers = 0
),

leads as (
    select
        leads.lead_id,
        runs.run
    from {{ ref('int_leads_prepared') }} as leads
    inner join runs
        on
            runs.run in ('current', 'prior')
            and leads.created_on >= runs.window_start_on
            and leads.created_on < runs.cut_on
)

select
    'industry_growth_weighted' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(revenue * cast(growth_rate as decimal(9, 6)) as {{ money() }}) as numerator,
    cast(revenue as {{ money() }}) as denominator
from weighed
where revenue != 0

union all

-- Growth of the customers' revenue less that of the market: current over prior, less one, less the reference.
select
    'growth_gap' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    states.customer_id as unit_id,
    cast(
        states.revenue - states.revenue_prior * cast(1 + own_market.growth_rate as decimal(9, 6)) as {{ money() }}
    ) as numerator,
    cast(states.revenue_prior as {{ money() }}) as denominator
from states
cross join own_market
where states.revenue != 0 or states.revenue_prior != 0

union all

select
    'demand_trend' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(orders - orders_prior as {{ money() }}) as numerator,
    cast(orders_prior as {{ money() }}) as denominator
from states
where orders != 0 or orders_prior != 0

union all

select
    'demand_trend' as indicator_code,
    'measure' as breakdown,
    'leads' as breakdown_value,
    lead_id as unit_id,
    cast(case when run = 'current' then 1 else -1 end as {{ money() }}) as numerator,
    cast(case when run = 'current' then 0 else 1 end as {{ money() }}) as denominator
from leads
