-- What is resampled for the intervals of means, medians, money shares and concentrations: customers, and for
-- concentration the groups under one parent, because a group is one decision.
with

customers as (
    select * from {{ ref('dim_customers') }}
),

order_regions as (
    select
        customer_id,
        min(region) as region
    from {{ ref('int_orders_prepared') }}
    where region is not null
    group by customer_id
),

measured as (
    select
        customers.*,
        coalesce(customers.region, customers.region_code, order_regions.region) as bucket_region
    from customers
    left join order_regions on customers.customer_id = order_regions.customer_id
    where customers.is_customer
)

select
    'customer' as unit_kind,
    customer_id as unit_id,
    cast(revenue_net_12m as double) as spend,
    cast(margin_net_12m as double) as margin,
    order_count_12m as orders,
    cast(margin_net as double) as margin_to_date,
    is_customer,
    coalesce(acquisition_channel, 'unknown') as source,
    coalesce(bucket_region, 'unknown') as region,
    coalesce(customer_type, 'unknown') as customer_type,
    coalesce(industry, 'unknown') as industry
from measured

union all

select
    'group' as unit_kind,
    group_customer_id as unit_id,
    cast(sum(revenue_net_12m) as double) as spend,
    cast(sum(margin_net_12m) as double) as margin,
    sum(order_count_12m) as orders,
    cast(sum(margin_net) as double) as margin_to_date,
    true as is_customer,
    '' as source,
    '' as region,
    '' as customer_type,
    '' as industry
from measured
group by group_customer_id
