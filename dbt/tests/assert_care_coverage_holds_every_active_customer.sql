{{ config(meta={'dagster': {'ref': {'name': 'fct_care_coverage'}}}) }}
-- Each active customer stands in one tier and once in all. A returned row is a tiering that loses or doubles
-- customers or touches.
with

book as (
    select
        count(*) as customers_active,
        coalesce(sum(touches.human_touches_12m), 0) as human_touches_12m
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('int_customer_touches_aggregated') }} as touches on customers.customer_id = touches.customer_id
    where customers.is_active
),

care as (
    select
        case when value_tier = 'all' then 'all' else 'each' end as tiers,
        sum(customers_active) as customers_active,
        sum(human_touches_12m) as human_touches_12m
    from {{ ref('fct_care_coverage') }}
    group by case when value_tier = 'all' then 'all' else 'each' end
)

select
    care.*,
    book.customers_active as book_active,
    book.human_touches_12m as book_touches
from care
cross join book
where
    care.customers_active != book.customers_active
    or care.human_touches_12m != book.human_touches_12m
