with

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where run in ('current', 'prior') and is_customer
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

growth as (
    select * from {{ ref('int_market_growth_selected') }}
),

revenue as (
    select
        coalesce(customers.industry, 'unknown') as industry,
        sum(case when states.run = 'current' and states.is_active then 1 else 0 end) as customers_active,
        sum(case when states.run = 'current' then states.revenue_net_12m else 0 end) as revenue_net_12m,
        sum(case when states.run = 'prior' then states.revenue_net_12m else 0 end) as revenue_net_prior_12m
    from states
    inner join customers on states.customer_id = customers.customer_id
    group by coalesce(customers.industry, 'unknown')
),

-- The company's own market beside those of its customers: the same revenue, against another yardstick.
markets as (
    select
        'customer industry' as kind,
        revenue.*
    from revenue
    union all
    select
        'own market' as kind,
        growth.industry,
        sum(revenue.customers_active) as customers_active,
        sum(revenue.revenue_net_12m) as revenue_net_12m,
        sum(revenue.revenue_net_prior_12m) as revenue_net_prior_12m
    from revenue
    inner join growth on growth.is_own_market
    group by growth.industry
)

select
    markets.kind,
    markets.industry,
    cast(markets.customers_active as integer) as customers_active,
    cast(markets.revenue_net_12m as {{ money() }}) as revenue_net_12m,
    cast(markets.revenue_net_prior_12m as {{ money() }}) as revenue_net_prior_12m,
    {{ steady(
        'cast(markets.revenue_net_12m as double)'
        ' / nullif(cast(sum(markets.revenue_net_12m) over (partition by markets.kind) as double), 0)'
    ) }} as revenue_share,
    {{ steady(
        'cast(markets.revenue_net_12m as double) / nullif(cast(markets.revenue_net_prior_12m as double), 0) - 1'
    ) }} as own_growth,
    growth.growth_rate as reference_growth,
    {{ steady(
        'cast(markets.revenue_net_12m as double) / nullif(cast(markets.revenue_net_prior_12m as double), 0) - 1'
        ' - growth.growth_rate'
    ) }} as growth_gap,
    growth.growth_rate < 0 as is_shrinking,
    growth.region as reference_region,
    growth.reference_year,
    growth.vintage as reference_vintage,
    cast(growth.market_size as {{ money() }}) as market_size
from markets
left join growth on markets.kind = growth.kind and markets.industry = growth.industry
