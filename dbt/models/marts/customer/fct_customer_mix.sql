with

-- Each customer once per way of cutting the book; what is not known is a bucket of its own, never left out.
customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

order_regions as (
    select
        customer_id,
        min(region) as region
    from {{ ref('int_orders_prepared') }}
    where region is not null
    group by customer_id
),

labelled as (
    {% for breakdown, expression in [
        ('customer_type', 'customers.customer_type'),
        ('acquisition_channel', 'customers.acquisition_channel'),
        ('region', 'coalesce(customers.region, customers.region_code, order_regions.region)'),
        ('industry', 'customers.industry'),
        ('gender', 'customers.gender'),
        ('age_band', 'customers.age_band'),
        ('lifecycle_stage', 'customers.lifecycle_stage'),
        ('rfm_segment', 'customers.rfm_segment'),
        ('value_tier', 'customers.value_tier'),
    ] %}
    select
        '{{ breakdown }}' as breakdown,
        coalesce({{ expression }}, 'unknown') as breakdown_value,
        customers.*
    from customers
    left join order_regions on customers.customer_id = order_regions.customer_id
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
