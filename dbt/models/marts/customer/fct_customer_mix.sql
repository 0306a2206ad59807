with

order_regions as (
    select
        customer_id,
        min(region) as region
    from {{ ref('int_orders_prepared') }}
    where region is not null
    group by customer_id
),

customers as (
    select
        customers.*,
        coalesce(customers.region, customers.region_code, order_regions.region) as best_region
    from {{ ref('dim_customers') }} as customers
    left join order_regions on customers.customer_id = order_regions.customer_id
    where customers.is_customer
),

-- Each customer once per way of cutting the book; what is not known is a bucket of its own, never left out.
labelled as (
    {% for breakdown, expression in [
        ('customer_type', 'customer_type'),
        ('acquisition_channel', 'acquisition_channel'),
        ('region', 'best_region'),
        ('industry', 'industry'),
        ('gender', 'gender'),
        ('age_band', 'age_band'),
        ('lifecycle_stage', 'lifecycle_stage'),
        ('rfm_segment', 'rfm_segment'),
        ('value_tier', 'value_tier'),
    ] %}
    select
        '{{ breakdown }}' as breakdown,
        coalesce({{ expression }}, 'unknown') as breakdown_value,
        customers.*
    from customers
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
)

select
    labelled.breakdown,
    labelled.breakdown_value,
    cast(count(*) as integer) as customers,
    cast(sum(case when labelled.is_active then 1 else 0 end) as integer) as customers_active,
    cast(sum(case when labelled.acquired_on >= current_run.window_start_on then 1 else 0 end) as integer)
        as customers_new_12m,
    cast(sum(labelled.revenue_net_12m) as {{ money() }}) as revenue_net_12m,
    cast(sum(labelled.margin_net_12m) as {{ money() }}) as margin_net_12m,
    count(*) / cast(sum(count(*)) over (partition by labelled.breakdown) as double) as customer_share,
    cast(sum(labelled.revenue_net_12m) as double)
    / nullif(cast(sum(sum(labelled.revenue_net_12m)) over (partition by labelled.breakdown) as double), 0)
        as revenue_share
from labelled
cross join current_run
group by
    labelled.breakdown,
    labelled.breakdown_value
