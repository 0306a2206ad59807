with

customers as (
    select
        customers.customer_id,
        coalesce(customers.value_tier, 'none') as value_tier,
        customers.owner_staff_id,
        touches.last_touch_on,
        touches.days_since_human_touch,
        coalesce(touches.human_touches_180d, 0) as human_touches_180d,
        coalesce(touches.human_touches_12m, 0) as human_touches_12m,
        coalesce(touches.automated_touches_12m, 0) as automated_touches_12m,
        touches.minutes_12m,
        touches.cost_12m
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('int_customer_touches_aggregated') }} as touches on customers.customer_id = touches.customer_id
    where customers.is_active
),

cut_by as (
    select * from customers
    union all
    select
        customer_id,
        'all' as value_tier,
        owner_staff_id,
        last_touch_on,
        days_since_human_touch,
        human_touches_180d,
        human_touches_12m,
        automated_touches_12m,
        minutes_12m,
        cost_12m
    from customers
),

-- Who was never touched ranks behind everybody who was: leaving them out would make neglect look like care.
ranked as (
    select
        *,
        row_number() over (partition by value_tier order by days_since_human_touch asc nulls last, customer_id asc)
            as touch_rank,
        count(*) over (partition by value_tier) as tier_size
    from cut_by
),

counted as (
    select
        value_tier,
        count(*) as customers_active,
        sum(case when human_touches_180d > 0 then 1 else 0 end) as touched_180d,
        sum(case when last_touch_on is null then 1 else 0 end) as never_touched,
        sum(human_touches_12m) as human_touches_12m,
        sum(automated_touches_12m) as automated_touches_12m,
        sum(case when touch_rank = ceil(tier_size * 0.5) then days_since_human_touch end) as days_since_touch_median,
        -- The ranks between which the true median lies 19 times of 20 (binomial, normal approximation).
        sum(
            case
                when touch_rank = floor(tier_size * 0.5 - 0.979982 * sqrt(tier_size)) + 1 then days_since_human_touch
            end
        ) as days_since_touch_ci_low,
        sum(
            case when touch_rank = ceil(tier_size * 0.5 + 0.979982 * sqrt(tier_size)) then days_since_human_touch end
        ) as days_since_touch_ci_high,
        sum(minutes_12m) as minutes_12m,
        sum(cost_12m) as cost_12m
    from ranked
    group by value_tier
)

select
    value_tier,
    cast(customers_active as integer) as customers_active,
    cast(touched_180d as integer) as touched_180d,
    {{ steady('touched_180d / cast(customers_active as double)') }} as care_coverage,
    {{ steady(wilson_bound('touched_180d', 'customers_active', 'low')) }} as care_coverage_ci_low,
    {{ steady(wilson_bound('touched_180d', 'customers_active', 'high')) }} as care_coverage_ci_high,
    cast(never_touched as integer) as never_touched,
    cast(human_touches_12m as integer) as human_touches_12m,
    cast(automated_touches_12m as integer) as automated_touches_12m,
    {{ steady('human_touches_12m / cast(customers_active as double)') }} as human_touches_per_customer,
    {{ steady('automated_touches_12m / cast(customers_active as double)') }} as automated_touches_per_customer,
    cast(days_since_touch_median as integer) as days_since_touch_median,
    cast(days_since_touch_ci_low as integer) as days_since_touch_ci_low,
    cast(days_since_touch_ci_high as integer) as days_since_touch_ci_high,
    cast(minutes_12m as bigint) as minutes_12m,
    cast(cost_12m as {{ money() }}) as cost_12m
from counted
