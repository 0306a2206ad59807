with

segmented as (
    select * from {{ ref('int_customers_segmented') }}
    where run = 'current'
),

segmented_prior as (
    select * from {{ ref('int_customers_segmented') }}
    where run = 'prior'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

states_prior as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'prior'
),

care as (
    select * from {{ ref('int_customer_care_aggregated') }}
),

-- Customers by contract alone have no purchase to score: `none`, now as a year ago.
labelled as (
    {% for segmentation in ['rfm_segment', 'value_tier'] %}
    select
        '{{ segmentation }}' as segmentation,
        coalesce(segmented.{{ segmentation }}, 'none') as segment,
        coalesce(segmented_prior.{{ segmentation }}, 'none') as segment_prior,
        customers.customer_id,
        customers.is_active,
        customers.order_count,
        customers.order_count_12m,
        customers.revenue_net,
        customers.revenue_net_12m,
        -- Who never bought has no margin: that is zero, not unknown.
        case when customers.order_count = 0 and customers.revenue_net = 0 then 0 else customers.margin_net_12m end
            as margin_net_12m,
        coalesce(states_prior.revenue_net_12m, 0) as revenue_net_prior_12m,
        coalesce(care.touches_12m, 0) as touches_12m,
        care.touches_12m > 0 as is_touched,
        coalesce(care.tickets_12m, 0) as tickets_12m,
        case when care.customer_id is null then 0 else care.care_cost_12m end as care_cost_12m
    from customers
    left join segmented on customers.customer_id = segmented.customer_id
    left join segmented_prior on customers.customer_id = segmented_prior.customer_id
    left join states_prior on customers.customer_id = states_prior.customer_id
    left join care on customers.customer_id = care.customer_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    segmentation,
    segment,
    segment_prior,
    segment_prior != 'none' and segment = segment_prior as has_stayed,
    cast(count(*) as integer) as customers,
    cast(sum(case when is_active then 1 else 0 end) as integer) as customers_active,
    cast(sum(order_count) as integer) as orders,
    cast(sum(order_count_12m) as integer) as orders_12m,
    cast(sum(revenue_net) as {{ money() }}) as revenue_net,
    cast(sum(revenue_net_12m) as {{ money() }}) as revenue_net_12m,
    cast(sum(revenue_net_prior_12m) as {{ money() }}) as revenue_net_prior_12m,
    cast(case when count(margin_net_12m) = count(*) then sum(margin_net_12m) end as {{ money() }}) as margin_net_12m,
    cast(sum(touches_12m) as integer) as touches_12m,
    cast(sum(case when is_touched then 1 else 0 end) as integer) as customers_touched_12m,
    cast(sum(tickets_12m) as integer) as tickets_12m,
    cast(case when count(care_cost_12m) = count(*) then sum(care_cost_12m) end as {{ money() }}) as care_cost_12m
from labelled
group by
    segmentation,
    segment,
    segment_prior
