-- Market share, and structure beyond the shares of types: ages and genders, the twenty largest, the bridge from year to
-- year, and concentrations as effective numbers.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

market as (
    select * from {{ ref('int_market_shares_measured') }}
),

target_ages as (
    select profiles.*
    from {{ ref('profiles') }} as profiles
    inner join current_run on profiles.profile = current_run.profile
),

-- Known and plausible ages only: a placeholder birthday is no age.
ages as (
    select
        sum(
            case
                when ages.age_years between target_ages.target_age_from and target_ages.target_age_to then 1
                else 0
            end
        ) as in_target,
        count(*) as customers
    from {{ ref('int_customer_ages_computed') }} as ages
    cross join target_ages
    inner join customers on ages.customer_id = customers.customer_id
    where customers.is_active and ages.age_years between 18 and 100 and target_ages.target_age_from is not null
),

genders as (
    select
        gender,
        count(*) as customers,
        count(*) / cast(sum(count(*)) over () as double) as share,
        sum(count(*)) over () as all_customers,
        count(*) over () as kinds
    from customers
    where is_active and gender is not null
    group by gender
),

-- 1: as many of each; 0: all of one. The interval is that of the entropy's own variance.
balance as (
    select
        abs(sum(share * ln(share))) / ln(greatest(max(kinds), 2)) as value,
        sqrt(
            greatest(sum(share * power(ln(share), 2)) - power(sum(share * ln(share)), 2), 0) / max(all_customers)
        ) / ln(greatest(max(kinds), 2)) as standard_error,
        max(all_customers) as customers
    from genders
),

concentrations as (
    select * from {{ ref('int_indicators_bootstrapped') }}
    where
        breakdown = ''
        and indicator_code in (
            'source_concentration',
            'region_concentration',
            'type_concentration',
            'industry_concentration',
            'customer_hhi'
        )
),

top_customers as (
    select * from {{ ref('fct_top_customers') }}
),

year_revenue as (
    select
        sum(case when months_back between 12 and 23 then revenue_net else 0 end) as prior,
        sum(case when months_back between 24 and 35 then revenue_net else 0 end) as two_years_ago
    from {{ ref('int_customer_months_aggregated') }}
    where months_back between 12 and 35
),

top_shares as (
    select
        'prior' as year,
        sum(top_customers.revenue_net_prior_12m) as revenue_net,
        max(year_revenue.prior) as all_revenue,
        count(*) as groups
    from top_customers
    cross join year_revenue
    union all
    select
        'two_years_ago' as year,
        sum(top_customers.revenue_net_two_years_ago) as revenue_net,
        max(year_revenue.two_years_ago) as all_revenue,
        count(*) as groups
    from top_customers
    cross join year_revenue
),

-- A trade whose customers buy once has no new and lost ones to speak of: there the products tell the change.
bridge as (
    select bridges.*
    from {{ ref('fct_price_volume_mix') }} as bridges
    cross join current_run
    where
        bridges.years_back = 0
        and bridges.bridge = case when current_run.is_one_purchase then 'product' else 'customer' end
),

bridge_buyers as (
    select count(distinct customer_id) as customers
    from {{ ref('int_customer_months_aggregated') }}
    where months_back between 0 and 23
)

select
    'target_age_fit' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(in_target as double) as numerator,
    cast(customers as double) as denominator,
    cast(customers as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from ages

union all

select
    'gender_balance' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    value,
    null as numerator,
    null as denominator,
    customers as n,
    case when value - 1.959964 * standard_error < 0 then 0 else value - 1.959964 * standard_error end as ci_low,
    case when value + 1.959964 * standard_error > 1 then 1 else value + 1.959964 * standard_error end as ci_high
from balance

union all

select
    'gender_balance' as indicator_code,
    'gender' as breakdown,
    gender as breakdown_value,
    share as value,
    customers as numerator,
    all_customers as denominator,
    all_customers as n,
    {{ wilson_bound('customers', 'all_customers', 'low') }} as ci_low,
    {{ wilson_bound('customers', 'all_customers', 'high') }} as ci_high
from genders

union all

-- How many equal buckets would be as concentrated.
select
    indicator_code,
    'measure' as breakdown,
    'effective_number' as breakdown_value,
    1 / nullif(value, 0) as value,
    null as numerator,
    null as denominator,
    n,
    1 / nullif(ci_high, 0) as ci_low,
    1 / nullif(ci_low, 0) as ci_high
from concentrations

union all

-- What today's twenty largest were to the book before.
select
    'top_customers' as indicator_code,
    'year' as breakdown,
    year as breakdown_value,
    revenue_net / nullif(cast(all_revenue as double), 0) as value,
    cast(revenue_net as double) as numerator,
    cast(all_revenue as double) as denominator,
    groups as n,
    null as ci_low,
    null as ci_high
from top_shares

union all

select
    'price_volume_mix' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(sum(bridge.amount) as double) / nullif(cast(max(bridge.revenue_from) as double), 0) as value,
    cast(sum(bridge.amount) as double) as numerator,
    cast(max(bridge.revenue_from) as double) as denominator,
    max(bridge_buyers.customers) as n,
    null as ci_low,
    null as ci_high
from bridge
cross join bridge_buyers

union all

select
    'price_volume_mix' as indicator_code,
    'component' as breakdown,
    bridge.component as breakdown_value,
    cast(sum(bridge.amount) as double) / nullif(cast(max(bridge.revenue_from) as double), 0) as value,
    cast(sum(bridge.amount) as double) as numerator,
    cast(max(bridge.revenue_from) as double) as denominator,
    max(bridge_buyers.customers) as n,
    null as ci_low,
    null as ci_high
from bridge
cross join bridge_buyers
group by bridge.component

union all

-- Another region, or another year, stands beside the company's own market.
select
    'market_share' as indicator_code,
    case when is_headline then '' when is_own_region then 'year' else 'region' end as breakdown,
    case when is_headline then '' when is_own_region then cast(year as varchar) else region end as breakdown_value,
    cast(revenue_net as double) / market_size as value,
    cast(revenue_net as double) as numerator,
    cast(market_size as double) as denominator,
    cast(orders as bigint) as n,
    null as ci_low,
    null as ci_high
from market
where is_headline or is_own_region or is_latest_year
