-- The company's revenue beside the size of its own market: same region, industry and calendar year, by the newest
-- vintage that was out at as-of. Only years that were over by then; a forecast is no market size.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

sizes as (
    select
        markets.region,
        markets.year,
        markets.market_size,
        markets.vintage,
        coalesce(markets.region = current_run.market_region, false) as is_own_region,
        row_number() over (partition by markets.region, markets.year order by markets.vintage desc, markets.source asc)
            as newest
    from {{ ref('stg_crm__market_reference') }} as markets
    cross join current_run
    where
        markets.removed_on is null
        and markets.kind = 'own market'
        and markets.market_size > 0
        and (current_run.market_industry is null or markets.industry = current_run.market_industry)
        and markets.vintage <= extract(year from current_run.as_of_on)
        and markets.year < extract(year from current_run.cut_on)
),

-- A region no customer lies in is a wider one, such as the country: all revenue is set against it.
regions as (
    select distinct region
    from customers
    where region is not null
),

yearly as (
    select
        extract(year from months.month_on) as year,
        customers.region,
        sum(months.revenue_net) as revenue_net,
        sum(months.orders) as orders
    from months
    inner join customers on months.customer_id = customers.customer_id
    group by
        extract(year from months.month_on),
        customers.region
),

measured as (
    select
        sizes.region,
        sizes.year,
        sizes.vintage,
        sizes.is_own_region,
        sizes.market_size,
        sum(yearly.revenue_net) as revenue_net,
        sum(yearly.orders) as orders
    from sizes
    left join regions on sizes.region = regions.region
    inner join yearly
        on
            sizes.year = yearly.year
            and (regions.region is null or sizes.region = yearly.region)
    where sizes.newest = 1
    group by
        sizes.region,
        sizes.year,
        sizes.vintage,
        sizes.is_own_region,
        sizes.market_size
)

select
    region,
    cast(year as integer) as year,
    cast(vintage as integer) as vintage,
    market_size,
    cast(revenue_net as {{ money() }}) as revenue_net,
    cast(orders as integer) as orders,
    is_own_region,
    year = max(year) over (partition by region) as is_latest_year,
    is_own_region and year = max(year) over (partition by region) as is_headline
from measured
