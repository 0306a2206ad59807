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
),

groups as (
    select
        group_customer_id,
        sum(revenue_net_12m) as spend,
        sum(margin_net_12m) as margin,
        sum(order_count_12m) as orders,
        sum(margin_net) as margin_to_date
    from measured
    group by group_customer_id
),

-- Sorting the whole book in every replicate is most of what intervals cost, and no share of the largest reaches beyond
-- a tenth of it. Of a large book the largest fifth is enough: draws never leave less than half of a thousand groups.
heads as (
    select
        {% for measure in ['spend', 'margin'] %}
        case
            when sum(case when {{ measure }} > 0 then 1 else 0 end) >= {{ large_book() }}
                then {{ quantile('case when ' ~ measure ~ ' > 0 then ' ~ measure ~ ' end', 0.8) }}
            else 0
        end as {{ measure }} {{- ',' if not loop.last }}
        {% endfor %}
    from groups
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
    coalesce(industry, 'unknown') as industry,
    false as is_head_by_spend,
    false as is_head_by_margin
from measured

union all

select
    'group' as unit_kind,
    groups.group_customer_id as unit_id,
    cast(groups.spend as double) as spend,
    cast(groups.margin as double) as margin,
    groups.orders,
    cast(groups.margin_to_date as double) as margin_to_date,
    true as is_customer,
    '' as source,
    '' as region,
    '' as customer_type,
    '' as industry,
    coalesce(groups.spend > 0 and groups.spend >= heads.spend, false) as is_head_by_spend,
    coalesce(groups.margin > 0 and groups.margin >= heads.margin, false) as is_head_by_margin
from groups
cross join heads
