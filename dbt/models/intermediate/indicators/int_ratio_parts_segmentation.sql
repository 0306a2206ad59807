-- Segmentation and fit: what each customer adds to the two sides of a quotient of sums.
with

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

tiers_prior as (
    select
        customer_id,
        value_tier
    from {{ ref('int_customers_segmented') }}
    where run = 'prior'
),

care as (
    select * from {{ ref('int_customer_care_aggregated') }}
),

affinity as (
    select * from {{ ref('fct_category_affinity') }}
    where segmentation = 'peer_group'
),

-- A sale counts with how much more than the book its buyer's peers like the category.
fitted as (
    select
        customers.customer_id,
        affinity.segment,
        sum(categories.revenue_net_12m * affinity.lift) as weighted,
        sum(categories.revenue_net_12m) as revenue
    from {{ ref('int_customer_categories_aggregated') }} as categories
    inner join customers on categories.customer_id = customers.customer_id
    inner join affinity
        on
            categories.category = affinity.category
            and coalesce(customers.customer_type, 'unknown') || ' ' || coalesce(customers.value_tier, 'none')
            = affinity.segment
    where categories.revenue_net_12m > 0
    group by
        customers.customer_id,
        affinity.segment
),

-- Orders carry the partner who brought them; where none does, the customer's own partner speaks.
partner_orders as (
    select
        orders.customer_id,
        sum(case when orders.partner_id is not null then orders.margin_net else 0 end) as partner_margin,
        sum(orders.margin_net) as margin
    from {{ ref('int_orders_prepared') }} as orders
    cross join {{ ref('int_runs_prepared') }} as runs
    where
        runs.run = 'current'
        and not orders.is_cancelled
        and orders.customer_id is not null
        and orders.ordered_on >= runs.window_start_on
        and orders.ordered_on < runs.cut_on
    group by orders.customer_id
    having count(orders.margin_net) = count(*)
),

sourced as (
    select
        partner_orders.customer_id,
        case when customers.partner_id is not null then partner_orders.margin else partner_orders.partner_margin end
            as partner_margin,
        partner_orders.margin
    from partner_orders
    inner join customers on partner_orders.customer_id = customers.customer_id
),

served as (
    select
        customers.customer_id,
        coalesce(customers.value_tier, 'none') as value_tier,
        case when care.customer_id is null then 0 else care.care_cost_12m end as care_cost,
        coalesce(care.touches_12m, 0) as touches,
        customers.revenue_net_12m
    from customers
    left join care on customers.customer_id = care.customer_id
),

tiered as (
    select
        customers.customer_id,
        tiers_prior.value_tier as tier_before,
        customers.is_active,
        case
            when customers.value_tier < tiers_prior.value_tier then 1
            when customers.value_tier > tiers_prior.value_tier then -1
            else 0
        end as step
    from customers
    inner join tiers_prior on customers.customer_id = tiers_prior.customer_id
)

select
    'segment_offer_fit' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(weighted as {{ money() }}) as numerator,
    cast(revenue as {{ money() }}) as denominator
from fitted

union all

select
    'segment_offer_fit' as indicator_code,
    'peer_group' as breakdown,
    segment as breakdown_value,
    customer_id as unit_id,
    cast(weighted as {{ money() }}) as numerator,
    revenue as denominator
from fitted

union all

select
    'partner_opportunity' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    partner_margin as numerator,
    margin as denominator
from sourced

union all

-- Upgrades less downgrades of the customers who had a tier a year ago.
select
    'integration_effect' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    step as numerator,
    1 as denominator
from tiered

union all

select
    'cost_to_serve' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    care_cost as numerator,
    revenue_net_12m as denominator
from served

union all

select
    'cost_to_serve' as indicator_code,
    'value_tier' as breakdown,
    value_tier as breakdown_value,
    customer_id as unit_id,
    care_cost as numerator,
    revenue_net_12m as denominator
from served
