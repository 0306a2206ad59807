with

customers as (
    select * from {{ ref('dim_customers') }}
),

months as (
    select
        customer_id,
        months_back,
        sum(orders) as orders,
        sum(revenue_net) as revenue_net,
        case when count(margin_net) = count(*) then sum(margin_net) end as margin_net
    from {{ ref('fct_customer_months') }}
    group by
        customer_id,
        months_back
),

products as (
    select * from {{ ref('int_product_months_aggregated') }}
    where customer_id is not null
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

categories as (
    select
        products.customer_id,
        products.months_back,
        products.category,
        sum(products.quantity) as quantity,
        sum(products.sales - products.refunds) as revenue_net,
        case when count(products.margin) = count(*) then sum(products.margin - products.refunds) end as margin_net
    from products
    cross join current_run
    where current_run.revenue_source = 'orders'
    group by
        products.customer_id,
        products.months_back,
        products.category
),

-- Orders are counted on the row without a category; it also carries what no product explains (the months less their
-- products), so that the cube adds up to the months.
cells as (
    select
        customer_id,
        months_back,
        category,
        1 as customers,
        0 as orders,
        quantity,
        revenue_net,
        margin_net
    from categories

    union all

    select
        customer_id,
        months_back,
        '' as category,
        1 as customers,
        orders,
        0 as quantity,
        revenue_net,
        margin_net
    from months

    union all

    select
        customer_id,
        months_back,
        '' as category,
        0 as customers,
        0 as orders,
        0 as quantity,
        -revenue_net as revenue_net,
        -margin_net as margin_net
    from categories
)

select
    cells.months_back,
    coalesce(customers.rfm_segment, 'none') as rfm_segment,
    coalesce(customers.value_tier, 'none') as value_tier,
    coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
    coalesce(customers.customer_type, 'unknown') as customer_type,
    cells.category,
    cast(sum(cells.customers) as integer) as customers,
    cast(sum(cells.orders) as integer) as orders,
    cast(sum(cells.quantity) as decimal(18, 6)) as quantity,
    cast(sum(cells.revenue_net) as {{ money() }}) as revenue_net,
    cast(case when count(cells.margin_net) = count(*) then sum(cells.margin_net) end as {{ money() }}) as margin_net
from cells
inner join customers on cells.customer_id = customers.customer_id
group by
    cells.months_back,
    coalesce(customers.rfm_segment, 'none'),
    coalesce(customers.value_tier, 'none'),
    coalesce(customers.acquisition_channel, 'unknown'),
    coalesce(customers.customer_type, 'unknown'),
    cells.category
